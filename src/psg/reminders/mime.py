"""A message as bytes for the wire: two forms of one text, perhaps a calendar file. Headers are folded by the library.

The library's own messages cost several times what everything else about a reminder costs, for parts that never differ.
"""

import base64
import binascii
from collections.abc import Iterable
from email import policy
from functools import lru_cache

_POLICY = policy.SMTP.clone(cte_type="7bit")
_LONGEST_LINE = 990
"""A mail server may refuse lines of 1,000 bytes and more."""


@lru_cache(maxsize=512)
def header(name: str, value: str) -> bytes:
    """A header line, folded and encoded by the library; remembered, for most are the same in every message."""
    return str(_POLICY.header_factory(name, value).fold(policy=_POLICY)).encode("ascii")


def plain_header(name: str, value: str) -> bytes:
    """A header line of printable ASCII without spaces to fold at, such as an address that has been checked."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"{name} cannot stand in a header as it is")
    return f"{name}: {value}\r\n".encode("ascii")


def message(headers: Iterable[bytes], mark: str, text: str, html: str, calendar: bytes | None = None) -> bytes:
    """The whole message. mark: unlike anything in the texts, to set the parts apart."""
    inner, alternatives = f"=_{mark}_a", [_part("plain", text), _part("html", html)]
    kind = "alternative"
    body = _joined(inner, alternatives)
    if calendar is not None:
        both = [_multipart(kind, inner) + b"\r\n" + body, _calendar(calendar)]
        kind, inner = "mixed", f"=_{mark}_m"
        body = _joined(inner, both)
    return b"".join((*headers, b"MIME-Version: 1.0\r\n", _multipart(kind, inner), b"\r\n", body))


def _multipart(kind: str, boundary: str) -> bytes:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n'.encode("ascii")


def _joined(boundary: str, parts: Iterable[bytes]) -> bytes:
    line = f"--{boundary}".encode("ascii")
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _part(subtype: str, text: str) -> bytes:
    way, body = _encoded(text)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {way}\r\n\r\n'
    return head.encode("ascii") + body


def _encoded(text: str) -> tuple[str, bytes]:
    """How a text travels: as it stands where it is ASCII in lines of bearable length, else quoted."""
    if text.isascii() and all(len(line) <= _LONGEST_LINE for line in text.split("\n")):
        return "7bit", text.encode("ascii").replace(b"\n", b"\r\n")
    return "quoted-printable", binascii.b2a_qp(text.encode("utf-8"), istext=True).replace(b"\n", b"\r\n")


def _calendar(data: bytes) -> bytes:
    lines = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        b'Content-Type: text/calendar; charset="utf-8"; method="PUBLISH"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="meeting.ics"\r\n\r\n'
    ) + lines
