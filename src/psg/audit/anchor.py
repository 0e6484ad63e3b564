"""The anchor file: one signed line for each seal, kept outside the database.

Whoever rolls the database back, or rebuilds its tail, would have to change this file as well. It is only ever appended
to. A line is written after its seal is committed, so every line has its seal; a crash in between leaves the newest seal
without its line, and the next run of the sealer writes it first.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TAIL = 4096


@dataclass(frozen=True)
class Line:
    """One line as read: its place in the file and what it says, or None where it cannot be understood."""

    place: int
    text: str
    seal: int | None
    ended: bool
    """Whether it ends with a line end; an interrupted write does not."""


def line_for(seal: Any) -> str:
    """The line of a seal. Always the same text for the same seal, so that it can be written again after a crash."""
    return json.dumps(
        {
            "seal": seal.number,
            "events": seal.count,
            "sealed_at": seal.sealed_at.isoformat(),
            "head": seal.head.hex(),
            "signature": seal.signature.hex(),
        },
        separators=(",", ":"),
    )


@contextmanager
def held(path: Path) -> Iterator[int | None]:
    """The file open for appending and locked for this process; None when another process holds it.

    It is created readable by its owner only. The lock ends with the process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield handle
    finally:
        os.close(handle)


def last_number(handle: int) -> int:
    """The number in the last complete line; 0 for an empty file."""
    size = os.fstat(handle).st_size
    complete = os.pread(handle, _TAIL, max(0, size - _TAIL)).rpartition(b"\n")[0]
    for text in reversed(complete.decode("utf-8", "replace").splitlines()):
        if (number := _seal_number(text)) is not None:
            return number
    return 0


def append(handle: int, texts: list[str]) -> None:
    """Append lines and wait until they are on the disk. What an interrupted write left is closed with a line end."""
    size = os.fstat(handle).st_size
    broken = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    data = ("\n" if broken else "") + "".join(text + "\n" for text in texts)
    left = memoryview(data.encode())
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def size(path: Path) -> int:
    """How long the file is now; 0 when it does not exist."""
    return path.stat().st_size if path.exists() else 0


def lines(path: Path, start: int, end: int | None) -> Iterator[Line]:
    """The lines between two offsets, one at a time."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(start)
        place = 0
        while end is None or file.tell() < end:
            raw = file.readline(_TAIL)
            if not raw:
                return
            place += 1
            text = raw.decode("utf-8", "replace").rstrip("\n")
            yield Line(place, text, _seal_number(text), raw.endswith(b"\n"))


def _seal_number(text: str) -> int | None:
    try:
        number = json.loads(text)["seal"]
    except (ValueError, TypeError, KeyError):
        return None
    return number if isinstance(number, int) else None
