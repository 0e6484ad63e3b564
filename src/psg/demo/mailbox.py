"""The demonstration's mailbox: every mail as it was received, read from the files that mail lands in."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

PAGE = 50
_OWN_LINK = re.compile(r"https?://localhost(?::\d+)?(/[^\s]*)")
_SHOWN = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID")


@dataclass(frozen=True)
class Received:
    """One mail in the list."""

    id: uuid.UUID
    to: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class Opened:
    """One mail to read."""

    received: Received
    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[str, ...]

    def paragraphs(self) -> list[list[list[tuple[str, str]]]]:
        """The text as paragraphs of lines of pieces, each piece with the page it leads to ("" for none).

        A link keeps its words and leads to the same page here: the port may have changed since it was sent.
        """
        blocks = re.split(r"\n\s*\n", self.text.strip())
        return [[list(_pieces(line)) for line in block.splitlines()] for block in blocks]


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    done = 0
    for found in _OWN_LINK.finditer(line):
        yield line[done : found.start()], ""
        yield found.group(0), found.group(1)
        done = found.end()
    yield line[done:], ""


def folder_of(mail_url: str) -> Path:
    """Where mail lands."""
    return Path(unquote(urlsplit(mail_url).path))


def received(folder: Path) -> list[Received]:
    """Every mail, newest first."""
    found = [_received(file, file.stat().st_mtime_ns) for file in folder.glob("*.eml")]
    return sorted((mail for mail in found if mail is not None), key=lambda mail: (mail.at, mail.id), reverse=True)


def opened(folder: Path, mail_id: uuid.UUID) -> Opened | None:
    """One mail, None when there is none."""
    file = folder / f"{mail_id}.eml"
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return None
    first = _received(file, file.stat().st_mtime_ns)
    if first is None:
        return None
    mail = _parsed(raw)
    body = mail.get_body(preferencelist=("plain",))
    return Opened(
        received=first,
        headers=tuple((name, str(mail[name])) for name in _SHOWN if mail[name]),
        text=body.get_content() if isinstance(body, EmailMessage) else "",
        attachments=tuple(part.get_filename() or part.get_content_type() for part in mail.iter_attachments()),
    )


@lru_cache(maxsize=5_000)
def _received(file: Path, _changed: int) -> Received | None:
    """A file's mail; read once as long as the file does not change. None for a file that is no mail of ours."""
    mail = _parsed(file.read_bytes())
    try:
        return Received(
            uuid.UUID(file.stem), str(mail["To"]), str(mail["Subject"]), parsedate_to_datetime(str(mail["Date"]))
        )
    except ValueError:
        return None


def _parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        raise TypeError("the e-mail package gave another kind of message than its policy asks for")
    return mail
