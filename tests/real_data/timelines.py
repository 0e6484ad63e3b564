"""The published timelines as the tests read them, and how their words are put into the product's lists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from psg.cases.rules import SubjectKind, When

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FIRST_MONTH = {"summer": 6, "autumn": 9, "early": 1}
"""First month that a season or a part of a year can mean, for whoever enters it."""

AGENCIES = {
    # key: (name, short name, kind)
    "police": ("Cambridgeshire Constabulary", "Constabulary", "police"),
    "district": ("East Cambridgeshire District Council", "ECDC", "district-council"),
    "housing": ("Lodebridge Homes", "Lodebridge", "housing-provider"),
    "care": ("County Adult Social Care", "ASC", "adult-social-care"),
    "fire": ("Cambridgeshire Fire and Rescue", "CFRS", "fire"),
    "schools": ("Isle Secondary Academies", "Academies", "education"),
    "commissioner": ("Commissioner's Office", "OPCC", "commissioner"),
}
UNSIGNED = "commissioner"
"""The agency whose lead has not signed the agreement."""

_KINDS = (
    # the first word found decides; an agency that sits at no table of the partnership is entered by the council
    ("commissioner", "commissioner"),
    ("social care", "care"),
    ("fire", "fire"),
    ("school", "schools"),
    ("landlord", "housing"),
    ("housing association", "housing"),
    ("tenant management", "housing"),
    ("policing", "police"),
    ("police", "police"),
    ("agencies", "police"),
    ("", "district"),
)

ROLES = {
    "alleged perpetrator": "concern",
    "victim": "harmed",
    "complainant": "reporting",
    "group of concern": "concern",
}
PLACES = ("location", "licensed premises")
_THEMES = (
    ("noise", "noise"),
    ("drug", "drugs-alcohol"),
    ("drinking", "drugs-alcohol"),
    ("begging", "street-community"),
    ("cuckooing", "cuckooing"),
    ("county lines", "exploitation"),
    ("harassment", "harassment"),
    ("intimidation", "harassment"),
    ("arson", "deliberate-fire"),
    ("weapons", "violence-knife"),
)


@dataclass(frozen=True)
class Happening:
    """One event of a timeline, with where it stands in its file."""

    number: int
    given: dict[str, Any]

    @property
    def what(self) -> str:
        """What happened, with a span of time where the source gives one."""
        span = self.given.get("time")
        return f"{self.given['what']} ({span})" if span else str(self.given["what"])

    @property
    def by(self) -> str:
        """The source's words for who."""
        return str(self.given["by"])

    @property
    def kind(self) -> str:
        """A code of the product's list."""
        return str(self.given["kind"])

    @property
    def agency(self) -> str:
        """Whose information it is."""
        return agency_of(self.by)

    @property
    def at_time(self) -> str:
        """HH:MM of its beginning, "" when the source has none."""
        return str(self.given.get("time", ""))[:5]

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Year, month and day as far as they are known, else 0."""
        year, month, day = [*(int(part) for part in str(self.given["date"]).split("-")), 0, 0][:3]
        if self.given["precision"] == "period":
            month = month or next((n for word, n in _FIRST_MONTH.items() if word in self.given["period"]), 1)
            day = 1
        return year, month, day

    @property
    def when(self) -> When:
        """As an operation takes it."""
        year, month, day = self.numbers
        match self.given["precision"]:
            case "day":
                return When.day(date(year, month, day), self.at_time)
            case "month":
                return When.month(year, month)
            case "year":
                return When.year(year)
            case "period":
                return When.period(date(year, month, 1), self.given["period"])
        raise ValueError(self.given["precision"])

    @property
    def boxes(self) -> dict[str, str]:
        """As a person fills the form."""
        year, month, day = self.numbers
        if self.given["precision"] == "period":
            day = 0
        boxes = {"date-year": str(year), "date-month": str(month or ""), "date-day": str(day or "")}
        return boxes | {"date-words": self.given.get("period", ""), "at_time": self.at_time}

    @property
    def words(self) -> str:
        """When it happened, as a reader must be told: never more exactly than it is known."""
        year, month, day = self.numbers
        match self.given["precision"]:
            case "day":
                return f"{day} {MONTHS[month - 1]} {year}{self._clock_words()}"
            case "month":
                return f"{MONTHS[month - 1]} {year}, day not known"
            case "year":
                return f"{year}, month not known"
            case "period":
                return f"{self.given['period']} (placed at {MONTHS[month - 1]} {year})"
        raise ValueError(self.given["precision"])

    def _clock_words(self) -> str:
        if not self.at_time:
            return ""
        hour = int(self.at_time[:2])
        return f" at {hour % 12 or 12}{'am' if hour < 12 else 'pm'}"


@dataclass(frozen=True)
class Timeline:
    """One case of the published ones."""

    given: dict[str, Any]
    events: list[Happening] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Such as SCN-01."""
        return str(self.given["id"])

    @property
    def in_order(self) -> list[Happening]:
        """Oldest first: a year before its months, a month before its days, and otherwise as the source tells it."""
        return sorted(self.events, key=lambda event: (*event.numbers, event.number))

    @property
    def subject_kind(self) -> SubjectKind:
        """What the product is told the case is about."""
        return SubjectKind.PLACE if self.given["subject_type"] == "place" else SubjectKind.PERSON

    @property
    def agencies(self) -> list[str]:
        """Agencies at the table, in the source's order, each once."""
        return list(dict.fromkeys(agency_of(words) for words in self.given["agencies"]))

    @property
    def people(self) -> list[tuple[str, dict[str, str]]]:
        """Role in the product, and the party; somebody on both sides comes twice."""
        found = []
        for party in self.given["parties"]:
            codes = [code for word, code in ROLES.items() if word in party["role"]]
            found += [(code, party) for code in codes]
        return found

    @property
    def places(self) -> list[str]:
        """What the places are."""
        found = [party["type"] for party in self.given["parties"] if party["role"] in PLACES]
        return found or ([self.given["setting"]] if self.subject_kind is SubjectKind.PLACE else [])

    @property
    def themes(self) -> list[str]:
        """Codes of the product's list."""
        words = " ".join(self.given["themes"])
        return ["asb", *dict.fromkeys(code for word, code in _THEMES if word in words)]

    @property
    def narrative(self) -> str:
        """What a referrer would write: the setting and what nobody knows."""
        return f"{self.given['setting']}\n\nNot known: {'; '.join(self.given['not_known'])}"

    def to_do(self, interventions: dict[str, str]) -> list[str]:
        """Actions a meeting could agree: what was done in the end, and what the collectors thought of."""
        first = [interventions[one["type"]] for one in self.given["interventions"][:1]]
        return [*first, *[_plain(idea) for idea in self.given["exercises"][:1]]]

    def texts(self) -> Iterator[str]:
        """Every text of the file that a person typed into the product, or might have."""
        yield from _texts({key: value for key, value in self.given.items() if key != "source"})


def read(folder: Path) -> list[Timeline]:
    """Every published timeline, by its file's name."""
    found = []
    for path in sorted((folder / "scenarios").glob("*.yaml")):
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.append(Timeline(given, [Happening(n, event) for n, event in enumerate(given["timeline"])]))
    return found


def interventions(folder: Path) -> dict[str, str]:
    """Labels of the vocabulary of actions, by code."""
    lists = yaml.safe_load((folder / "reference" / "interventions.yaml").read_text(encoding="utf-8"))
    return {one["code"]: one["label"] for entries in lists.values() for one in entries if "code" in one}


def agency_of(words: str) -> str:
    """Which agency of the partnership the source's words mean."""
    return next(key for word, key in _KINDS if word in words.casefold())


def words_of(text: str) -> list[str]:
    """A text as its words, for comparing."""
    return re.findall(r"[a-z0-9']+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Every run of so many words."""
    words = words_of(text)
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


def _plain(idea: Any) -> str:
    return idea if isinstance(idea, str) else "; ".join(f"{key}: {value}" for key, value in idea.items())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
