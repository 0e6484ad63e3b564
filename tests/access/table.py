"""Reads `matrix.txt`."""

import os
from copy import deepcopy
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
    not_there: set[str] = field(default_factory=set)
    """Records that have no such page (yet): those who would get it are told so."""


@dataclass(frozen=True)
class Page:
    """One address of the application."""

    endpoint: str
    kind: str
    methods: tuple[str, ...]
    pattern: Pattern
    shows: tuple[str, ...]

    def expected(self, person: str, record: str) -> str:
        """ok, absent, sign-in, agreement or 404."""
        if person in self.pattern.allowed[record]:
            return "absent" if record in self.pattern.not_there else "ok"
        if person == "anonymous":
            return "404" if self.is_public else "sign-in"
        return "agreement" if person in self.pattern.agreement and record not in _ELSEWHERE else "404"

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to sign in."""
        return any("anonymous" in people or "nobody" in people for people in self.pattern.allowed.values())


_ELSEWHERE = frozenset({"city", "citywide", "citymeeting", "city-group", "city-guest"})
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
            current = patterns[words[1]] = deepcopy(patterns[words[3]]) if words[2:3] == ["like"] else Pattern()
        elif words[0] == "page":
            shows = tuple(words[5:]) if words[4:5] == ["shows"] else ()
            pages.append(Page(words[1], words[3], tuple(words[2].split(",")), patterns[words[3]], shows))
        else:
            _cell(current, line, circles)
    return pages


def _cell(pattern: Pattern, line: str, circles: dict[str, set[str]]) -> None:
    name, _, people = line.partition(":")
    record, named = name.strip().rstrip("?"), _people(people.split(), circles)
    if record == "agreement":
        pattern.agreement = named
        return
    pattern.allowed[record] = named
    pattern.not_there.discard(record)
    if name.strip().endswith("?"):
        pattern.not_there.add(record)


def _people(words: list[str], circles: dict[str, set[str]]) -> set[str]:
    named: set[str] = set()
    for word in words:
        if word not in circles and word not in EVERYBODY and word != "nobody":
            raise ValueError(f"matrix.txt names {word}, who is nobody")
        named |= circles.get(word, {word})
    return named


# Which cells are asked

ALL = os.environ.get("PSG_MATRIX") == "all"
"""Whether every cell of the table is asked, which takes some ten minutes; otherwise a selection that covers it."""


def choose(page: Page, pages: list[Page]) -> list[tuple[str, str, str]]:
    """The (method, record, person) cells to ask of a page.

    Always: everybody, for the pattern's first record; every allowed person by every method; every part of somebody
    else's record by those who own the record it is asked under. Of the other cells of a pattern each is asked on one
    of the pattern's pages: one gate answers for all of them.
    """
    records = list(page.pattern.allowed)
    everything = [(method, record, person) for method in page.methods for record in records for person in EVERYBODY]
    if ALL:
        return everything
    same_kind = [other.endpoint for other in pages if other.kind == page.kind]
    turn = same_kind.index(page.endpoint)
    return [cell for cell in everything if _wanted(page, cell, turn, len(same_kind))]


def _wanted(page: Page, cell: tuple[str, str, str], turn: int, of: int) -> bool:
    method, record, person = cell
    at = list(page.pattern.allowed).index(record)
    own_method = page.methods[(EVERYBODY.index(person) + turn) % len(page.methods)] == method
    if at == 0:
        return own_method or person in page.pattern.allowed[record]
    if "/" in record:
        return person in page.pattern.allowed.get(record.split("/")[0], set()) and own_method
    return own_method and (at * len(EVERYBODY) + EVERYBODY.index(person)) % of == turn
