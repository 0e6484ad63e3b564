"""The standard lists as they are today, beside a partnership's own copies of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psg import clock, reference
from psg.partnerships.models import Term

COPIED_LISTS = (
    "themes",
    "event-kinds",
    "person-roles",
    "lawful-bases",
    "purposes",
    "handling",
    "close-reasons",
    "decline-reasons",
)
"""Lists that a partnership gets its own copy of and may then word differently."""


@dataclass(frozen=True)
class Words:
    """What an entry says."""

    label: str
    hint: str


def standard_entries(name: str) -> Sequence[Mapping[str, Any]]:
    """The entries of a list as it ships, in order."""
    source, key = ("lawful-bases", "purposes") if name == "purposes" else (name, "entries")
    entries: Sequence[Mapping[str, Any]] = reference.load(source)[key]
    return entries


def standard_words(entry: Mapping[str, Any]) -> Words:
    """What a shipped entry says."""
    return Words(entry["label"], entry.get("hint") or entry.get("meaning") or "")


def newer_words(term: Term) -> Words | None:
    """The standard words of an entry where they have changed since the partnership copied it.

    None for an entry that the partnership has reworded, has retired, or has added: those words are its own.
    """
    if term.reworded or (term.valid_until and term.valid_until < clock.today()):
        return None
    words = standard_words_of(term)
    return words if words != Words(term.label, term.hint) else None


def standard_words_of(term: Term) -> Words | None:
    """What the standard list says today for an entry of a partnership; None for one of its own."""
    if term.list not in COPIED_LISTS:
        return None
    found = (entry for entry in standard_entries(term.list) if entry["code"] == term.code)
    return next((standard_words(entry) for entry in found), None)
