"""Reads `matrix.txt`."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.worlds import PEOPLE

TABLE = Path(__file__).with_name("matrix.txt")
EVERYBODY = ("anonymous", *PEOPLE)


@dataclass
class Pattern:
    """A kind of page: who gets it for which record."""

    allowed: dict[str, set[str]] = field(default_factory=dict)
    agreement: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Page:
    """One address of the application."""

    endpoint: str
    methods: tuple[str, ...]
    pattern: Pattern
    shows: tuple[str, ...]

    def expected(self, person: str, record: str) -> str:
        """ok, sign-in, agreement or 404."""
        if person in self.pattern.allowed[record]:
            return "ok"
        if person == "anonymous":
            return "404" if self.is_public else "sign-in"
        return "agreement" if person in self.pattern.agreement and record not in _ELSEWHERE else "404"

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to sign in."""
        return any("anonymous" in people or "nobody" in people for people in self.pattern.allowed.values())


_ELSEWHERE = frozenset({"city", "citywide", "citymeeting", "city-group"})
"""Records under the other partnership's address, where nobody without a signature belongs."""


def read() -> list[Page]:
    """Every page of the table."""
    circles: dict[str, set[str]] = {}
    patterns: dict[str, Pattern] = {}
    pages: list[Page] = []
    current = Pattern()
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "circle":
            circles[words[1]] = _people(words[3:], circles)
        elif words[0] == "pattern":
            current = patterns[words[1]] = Pattern()
        elif words[0] == "page":
            shows = tuple(words[5:]) if words[4:5] == ["shows"] else ()
            pages.append(Page(words[1], tuple(words[2].split(",")), patterns[words[3]], shows))
        else:
            _cell(current, line, circles)
    return pages


def _cell(pattern: Pattern, line: str, circles: dict[str, set[str]]) -> None:
    record, _, people = line.partition(":")
    named = _people(people.split(), circles)
    if record.strip() == "agreement":
        pattern.agreement = named
    else:
        pattern.allowed[record.strip()] = named


def _people(words: list[str], circles: dict[str, set[str]]) -> set[str]:
    named: set[str] = set()
    for word in words:
        if word not in circles and word not in EVERYBODY and word != "nobody":
            raise ValueError(f"matrix.txt names {word}, who is nobody")
        named |= circles.get(word, {word})
    return named
