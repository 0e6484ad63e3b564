"""One way to write values down as bytes, so that a digest made today can be made again in ten years.

Every value is a tag, a length and a body: no two lists of values share an encoding, and the text "1", the number 1 and
True are three different things. The same value gives the same bytes whichever database it came back from.
"""

import json
import struct
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = struct.Struct(">cI")


def encode(values: Iterable[object]) -> bytes:
    """Bytes that stand for exactly this list of values."""
    return b"".join([encode_one(value) for value in values])


def encode_one(value: object) -> bytes:
    """Bytes that stand for one value; those of a list are these, one behind the other."""
    tag, body = _tagged(value)
    return _LENGTH.pack(tag, len(body)) + body


def _tagged(value: object) -> tuple[bytes, bytes]:
    # The common kinds first: this runs for every column of every record that changes.
    if value is None:
        return b"0", b""
    if type(value) is str:
        return b"s", value.encode()
    if type(value) is uuid.UUID:
        return b"u", value.bytes
    return _less_common(value)


def _less_common(value: object) -> tuple[bytes, bytes]:
    if isinstance(value, Enum):
        return _tagged(value.value)
    for kinds, tag, body in _KINDS:
        if isinstance(value, kinds):
            return tag, body(value)
    raise TypeError(f"a {type(value).__name__} has no place in a digest")


def _microseconds(value: datetime) -> bytes:
    return str((value - _EPOCH) // _MICROSECOND).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _plain_decimal(value: Decimal) -> bytes:
    """The number without trailing zeros: 1.50 and 1.5 are one amount, and databases differ in which they give back."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return b"0" if text in ("-0", "") else text.encode()


_KINDS: tuple[tuple[type | tuple[type, ...], bytes, Callable[[Any], bytes]], ...] = (
    # A bool is an int and a datetime is a date to Python, so these stand first.
    (bool, b"b", lambda value: b"1" if value else b"0"),
    (int, b"i", lambda value: str(int(value)).encode()),
    (str, b"s", lambda value: str(value).encode()),
    ((bytes, bytearray, memoryview), b"y", bytes),
    (datetime, b"t", _microseconds),
    ((date, time), b"d", lambda value: value.isoformat().encode()),
    (Decimal, b"n", _plain_decimal),
    (float, b"f", struct.Struct(">d").pack),
    (timedelta, b"p", lambda value: str(value // _MICROSECOND).encode()),
    (uuid.UUID, b"u", lambda value: value.bytes),
    ((dict, list, tuple), b"j", _json),
)
