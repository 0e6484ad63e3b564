"""What a referral consists of, as plain values: what forms, the demo and tests hand to the operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psg.cases.rules import SubjectKind
from psg.people.rules import Born, Names

PERSON_DETAILS = (
    "address",
    "postcode",
    "phone",
    "email",
    "safe_contact",
    "vulnerabilities",
    "how_we_know",
    "note",
)
PLACE_DETAILS = ("description", "address", "postcode", "note")
REFERRAL = ("since", "last_time", "at_risk_now", "tried", "why_agencies", "wants")


@dataclass(frozen=True, kw_only=True)
class PersonValues:
    """A person to put on a case."""

    names: Names
    role: str
    born: Born = field(default_factory=Born)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CaseValues:
    """A whole referral. Codes are those of the partnership's lists."""

    title: str
    narrative: str
    subject_kind: SubjectKind
    themes: Sequence[str] = ()
    lawful_basis: Sequence[str] = ()
    purpose: Sequence[str] = ()
    handling: Sequence[str] = ()
    referral: Mapping[str, Any] = field(default_factory=dict)
    """Of REFERRAL: since and last_time as psg.cases.rules.When or None, at_risk_now as bool, the rest as text."""
    people: Sequence[PersonValues] = ()
    places: Sequence[Mapping[str, Any]] = ()
    """Details of each place (PLACE_DETAILS)."""
    references: Sequence[tuple[Any, str, str]] = ()
    """Agency id, number, and what kind of number it is."""


def details_of(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """The details there are, each as text; anything else given is a mistake."""
    if strange := set(given) - set(names):
        raise ValueError(f"no such details: {', '.join(sorted(strange))}")
    return {name: str(given.get(name) or "") for name in names}


def codes(text: str) -> list[str]:
    """The codes of a plain column that holds several."""
    return text.split()
