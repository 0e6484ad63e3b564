"""Plain values that people type: cleaned text, dates known only in part. No web, no database."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Unreadable(ValueError):
    """A character stands in the text that no store or page can carry; the message goes beside the field."""


# Control characters are refused rather than dropped: a dropped character would change what somebody wrote.
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)
_SPACED = re.compile("[\t\n\x0b\x0c]")
_BIDI = {
    "\u061c": "ALM",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
_BIDI_PATTERN = re.compile("[" + "".join(_BIDI) + "]")
_UNSAFE_IN_FILE_NAME = re.compile(r'[<>:"/\\|?*]')


def clean(text: str, *, multiline: bool) -> str:
    """Return the text as it is kept: NFC, one kind of line end, no space around it.

    One-line text has its tabs and line ends turned into spaces (a paste from a spreadsheet). Raises Unreadable
    with words that follow a field's label.
    """
    text = _LINE_END.sub("\n", text)
    refused = _REFUSED.search(text)
    if refused:
        before = text[: refused.start()].split()
        place = f"after \u201c{before[-1][-20:]}\u201d" if before else "at the beginning"
        raise Unreadable(f"has a character that cannot be read, {place}. Delete it and type it again")
    text = unicodedata.normalize("NFC", text)
    if not multiline:
        text = _SPACED.sub(" ", text)
    return text.strip()


def showable(text: str) -> str:
    """The text with every character that cannot stand in a page replaced by the replacement mark."""
    return _REFUSED.sub("\ufffd", text)


def with_marks(text: str) -> list[tuple[str, bool]]:
    """Cut the text into pieces: (words, False) and (name of a hidden direction mark, True)."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for found in _BIDI_PATTERN.finditer(text):
        if found.start() > at:
            pieces.append((text[at : found.start()], False))
        pieces.append((_BIDI[found.group()], True))
        at = found.end()
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def has_marks(text: str) -> bool:
    """True when the text holds a hidden direction mark."""
    return _BIDI_PATTERN.search(text) is not None


def opening(text: str, most: int = 400) -> str:
    """The first line, cut after a word when it is longer than `most` characters; what was cut shows as "…".

    Long enough for a few sentences: "Do not call at the house" must not lose its end in a list.
    """
    line = text.split("\n", 1)[0]
    if len(line) <= most:
        return line
    cut = line[:most]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip(" ,;:.") + "…"


def clean_file_name(name: str) -> str:
    """A file name fit to be shown: no path, no control or direction characters, at most 120 characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = _BIDI_PATTERN.sub("", _REFUSED.sub("", _LINE_END.sub("", name))).replace("\t", " ").replace("\n", "")
    name = _UNSAFE_IN_FILE_NAME.sub("", unicodedata.normalize("NFC", name)).strip(" .")
    if len(name) > 120:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 119 - len(ending)]}.{ending}" if dot and len(ending) < 10 else name[:120]
    return name or "file"


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    PERIOD = "period"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as it is known.

    `sort_on` is where it stands among others (the first day of the month, year or period; None when nothing is
    known); `words` are the writer's own for a period ("the summer holidays of 2025") or an unknown date.
    """

    sort_on: date | None
    precision: Precision
    words: str = ""

    @classmethod
    def day(cls, value: date) -> PartialDate:
        return cls(value, Precision.DAY)

    @classmethod
    def month(cls, year: int, month: int) -> PartialDate:
        return cls(date(year, month, 1), Precision.MONTH)

    @classmethod
    def year(cls, year: int) -> PartialDate:
        return cls(date(year, 1, 1), Precision.YEAR)

    @classmethod
    def period(cls, sort_on: date, words: str) -> PartialDate:
        return cls(sort_on, Precision.PERIOD, words)

    @classmethod
    def unknown(cls, words: str = "") -> PartialDate:
        return cls(None, Precision.UNKNOWN, words)

    @property
    def latest(self) -> date | None:
        """The last day it can mean; None for a period or an unknown date."""
        if self.sort_on is None or self.precision is Precision.PERIOD:
            return None
        if self.precision is Precision.MONTH:
            last = calendar.monthrange(self.sort_on.year, self.sort_on.month)[1]
            return self.sort_on.replace(day=last)
        if self.precision is Precision.YEAR:
            return self.sort_on.replace(month=12, day=31)
        return self.sort_on

    def __str__(self) -> str:
        """In words, without a weekday: "9 November 2026", "November 2026", "2026", the period, "not known"."""
        if self.precision is Precision.PERIOD:
            return self.words
        if self.sort_on is None:
            return self.words or "not known"
        month = calendar.month_name[self.sort_on.month]
        if self.precision is Precision.DAY:
            return f"{self.sort_on.day} {month} {self.sort_on.year}"
        if self.precision is Precision.MONTH:
            return f"{month} {self.sort_on.year}"
        return str(self.sort_on.year)
