"""Building an agenda: the group's standing items, what the chair has arranged, and the cases as they stand today.

Plain Python: values in, a value out. The chair's order and take-offs are kept and never re-sorted; what has come up
since stands at its natural place and is marked new; what has gone or changed is listed for decision. Every open case
of the group ends up in exactly one of: the agenda, could be added, taken off, parked.

The orders, each of them total. Sections: as the group has them. Cases in a section: the chair's positions; what the
chair has not placed by band (highest first), then by date (a referral's sending, an open case's review, none last),
then by the moment it was sent, then by its reference. What could be added, and what was taken off: referrals that came
too late, then by review date, then as before. Parked: by the date until which, then as before.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from psg.meetings.reasons import (
    NOT_NOTED,
    LiveCase,
    Point,
    Why,
    calls_for,
    codes,
    natural_order,
    reasons_for,
    review_order,
    section_for,
)
from psg.meetings.rules import CASE_SECTIONS, SECTION_TITLES, ItemState, Reason, Section

CASE_MINUTES = 5


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A section of the agenda: a standing item of the group, or its copy on a published agenda."""

    section: Section
    title: str
    minutes: int
    """Of the item, or of each case where the section holds cases."""
    standing_id: uuid.UUID | None = None
    item_id: uuid.UUID | None = None
    """The copy's id, once there is one: notes are kept under it."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A case as the chair left it on this agenda."""

    item_id: uuid.UUID
    case_id: uuid.UUID
    section: Section
    position: int
    """0: asked for, not placed by the chair."""
    minutes: int
    state: ItemState
    reasons: tuple[Why, ...] = ()
    off_reason: str = ""
    parked_until: date | None = None
    in_version: int = 0

    @property
    def noted(self) -> bool:
        """Whether the chair has taken note of it; a case that came on by itself may have a place before."""
        return NOT_NOTED not in self.reasons

    @property
    def placed(self) -> bool:
        """Whether the chair has given it a place."""
        return self.state is ItemState.ON and self.position > 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """A case on the agenda."""

    number: str
    case: LiveCase
    section: Section
    minutes: int
    reasons: tuple[Why, ...]
    new: bool = False
    """Came up after the chair arranged the agenda."""
    stored: Stored | None = None

    @property
    def case_id(self) -> uuid.UUID:
        """The case's id."""
        return self.case.case_id


@dataclass(frozen=True, kw_only=True)
class Part:
    """A numbered section with its cases."""

    number: str
    slot: Slot
    lines: tuple[Line, ...] = ()

    @property
    def holds_cases(self) -> bool:
        """Whether cases stand in it."""
        return self.slot.section in CASE_SECTIONS

    @property
    def minutes(self) -> int:
        """Planned minutes of the section."""
        return sum(line.minutes for line in self.lines) if self.holds_cases else self.slot.minutes


@dataclass(frozen=True, kw_only=True)
class Aside:
    """A case that is not on the agenda: left off or parked."""

    case_id: uuid.UUID
    reference: str
    case: LiveCase | None
    """None when it is no longer open in this group."""
    off_reason: str = ""
    """A code of OFF_REASONS, or words for a case that has gone; "" when nothing calls for it."""
    until: date | None = None
    closed: str = ""
    """Of a referral that came too late: the day on which referrals closed, as its reason has it."""

    @property
    def order(self) -> tuple[Any, ...]:
        """Its place among others that are not on: by date, those that are gone at the end."""
        known = (0, not self.closed, *review_order(self.case)) if self.case else (1, self.reference)
        return (self.until or date.max, *known)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that differs from what the chair arranged."""

    kind: str
    """new, gone, or why (its reasons changed)"""
    case_id: uuid.UUID
    reference: str
    added: tuple[Why, ...] = ()
    ended: frozenset[str] = frozenset()
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Agenda:
    """An agenda with everything beside it."""

    parts: tuple[Part, ...]
    left_off: tuple[Aside, ...] = ()
    """Everything that is neither on nor parked; `could_be_added` and `taken_off` are its two halves."""
    parked: tuple[Aside, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """Its cases in order."""
        return [line for part in self.parts for line in part.lines]

    @property
    def could_be_added(self) -> tuple[Aside, ...]:
        """What nothing calls for: new referrals that came too late, then open cases, the next review first."""
        return tuple(aside for aside in self.left_off if not aside.off_reason and aside.case is not None)

    @property
    def taken_off(self) -> tuple[Aside, ...]:
        """Cases that the chair took off, and those that are gone since they were on."""
        return tuple(aside for aside in self.left_off if aside.off_reason or aside.case is None)

    @property
    def minutes(self) -> int:
        """Planned minutes altogether."""
        return sum(part.minutes for part in self.parts)

    def line(self, case_id: uuid.UUID) -> Line | None:
        """The line of a case, if it is on."""
        return next((line for line in self.lines if line.case_id == case_id), None)

    def order(self) -> dict[Section, list[uuid.UUID]]:
        """Case ids by section, as they stand."""
        return {part.slot.section: [line.case_id for line in part.lines] for part in self.parts if part.holds_cases}


@dataclass
class _Sorting:
    """Lines and asides while they are being sorted out."""

    placed: dict[Section, list[Line]] = field(default_factory=dict)
    fresh: dict[Section, list[Line]] = field(default_factory=dict)
    left_off: list[Aside] = field(default_factory=list)
    parked: list[Aside] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def build(
    slots: Sequence[Slot],
    stored: Iterable[Stored],
    cases: Iterable[LiveCase],
    meeting: Point,
    *,
    parked: Mapping[uuid.UUID, date] | None = None,
    gone: Mapping[uuid.UUID, tuple[str, str]] | None = None,
) -> Agenda:
    """The agenda of a meeting as of today.

    slots: the group's sections in order. stored: what the chair placed, took off or parked, and what was asked for.
    cases: every open case and waiting referral of the group. parked: cases parked earlier, with the date.
    gone: stored cases that are no longer the group's to discuss: (reference, words why).
    """
    kept = {row.case_id: row for row in stored}
    arranged = any(row.placed or row.state is not ItemState.ON for row in kept.values())
    minutes = {slot.section: slot.minutes for slot in reversed(slots)}
    sorting = _Sorting()
    known = set()
    for case in sorted(cases, key=natural_order):
        known.add(case.case_id)
        row = kept.get(case.case_id)
        why = reasons_for(case, meeting)
        if row is not None and _set_aside(row, case, why, meeting, sorting):
            continue
        if row is not None and row.placed:
            line = Line(
                number="",
                case=case,
                section=row.section,
                minutes=row.minutes,
                reasons=why,
                new=not row.noted,
                stored=row,
            )
            sorting.placed.setdefault(row.section, []).append(line)
            if row.noted:
                _note_changed_reasons(row, case, why, sorting)
            else:
                sorting.changes.append(_new(case, why))
            continue
        _sort_candidate(case, why, row, arranged, minutes, meeting, (parked or {}).get(case.case_id), sorting)
    for case_id, (reference, words) in (gone or {}).items():
        if case_id in kept and case_id not in known and kept[case_id].state is ItemState.ON:
            sorting.left_off.append(Aside(case_id=case_id, reference=reference, case=None, off_reason=words))
            sorting.changes.append(Change(kind="gone", case_id=case_id, reference=reference, words=words))
    lines = {section: _merge(sorting, section) for section in CASE_SECTIONS}
    return Agenda(
        parts=number_parts(slots, lines),
        left_off=tuple(sorted(sorting.left_off, key=lambda aside: aside.order)),
        parked=tuple(sorted(sorting.parked, key=lambda aside: aside.order)),
        changes=tuple(sorting.changes),
    )


def number_parts(slots: Sequence[Slot], lines: Mapping[Section, Sequence[Line]]) -> tuple[Part, ...]:
    """Number sections and lines. A section that cases need and the group's list lacks follows the last such section."""
    slots = list(slots)
    have = {slot.section for slot in slots}
    for section in CASE_SECTIONS:
        if lines.get(section) and section not in have:
            last = max((n for n, slot in enumerate(slots) if slot.section in CASE_SECTIONS), default=len(slots) - 1)
            slots.insert(last + 1, Slot(section=section, title=SECTION_TITLES[section], minutes=CASE_MINUTES))
    parts: list[Part] = []
    taken: set[Section] = set()
    for number, slot in enumerate(slots, start=1):
        here = () if slot.section in taken else lines.get(slot.section, ())
        taken.add(slot.section)
        numbered = tuple(replace(line, number=f"{number}.{n}") for n, line in enumerate(here, start=1))
        parts.append(Part(number=str(number), slot=slot, lines=numbered))
    return tuple(parts)


def moved(agenda: Agenda, case_id: uuid.UUID, step: int) -> dict[Section, list[uuid.UUID]]:
    """The order with one case moved up (-1) or down (+1) in its section; at the end of a section it stays."""
    order = agenda.order()
    for ids in order.values():
        if case_id in ids:
            at = ids.index(case_id)
            to = min(max(at + step, 0), len(ids) - 1)
            ids.insert(to, ids.pop(at))
    return order


def moved_to(agenda: Agenda, case_id: uuid.UUID, section: Section, position: int) -> dict[Section, list[uuid.UUID]]:
    """The order with one case at a position (from 1) of a section; beyond the end means the end."""
    order = agenda.order()
    for ids in order.values():
        if case_id in ids:
            ids.remove(case_id)
    order.setdefault(section, []).insert(max(position, 1) - 1, case_id)
    return order


def _set_aside(row: Stored, case: LiveCase, why: tuple[Why, ...], meeting: Point, sorting: _Sorting) -> bool:
    aside = Aside(case_id=case.case_id, reference=case.reference, case=case, off_reason=row.off_reason)
    if row.state is ItemState.OFF:
        sorting.left_off.append(aside)
    elif row.state is ItemState.PARKED and row.parked_until and row.parked_until > meeting.held_on:
        sorting.parked.append(replace(aside, until=row.parked_until))
    else:
        return False
    _note_changed_reasons(row, case, why, sorting, only_added=True)
    return True


def _note_changed_reasons(
    row: Stored, case: LiveCase, why: tuple[Why, ...], sorting: _Sorting, *, only_added: bool = False
) -> None:
    before, now = codes(row.reasons), codes(why)
    added = tuple(reason for reason in why if reason["code"] not in before)
    ended = frozenset() if only_added else before - now
    if added or ended:
        sorting.changes.append(
            Change(kind="why", case_id=case.case_id, reference=case.reference, added=added, ended=ended)
        )


def _sort_candidate(
    case: LiveCase,
    why: tuple[Why, ...],
    row: Stored | None,
    arranged: bool,
    minutes: Mapping[Section, int],
    meeting: Point,
    parked_until: date | None,
    sorting: _Sorting,
) -> None:
    urgent = codes(why) & {Reason.RISK_RISE.value, Reason.ASKED_FOR.value, Reason.FOR_CLOSURE.value}
    if parked_until and parked_until > meeting.held_on and not urgent:
        sorting.parked.append(Aside(case_id=case.case_id, reference=case.reference, case=case, until=parked_until))
        return
    if not calls_for(why):
        closed = "".join(reason["closed"] for reason in why)
        sorting.left_off.append(Aside(case_id=case.case_id, reference=case.reference, case=case, closed=closed))
        return
    section = section_for(case)
    line = Line(
        number="",
        case=case,
        section=section,
        minutes=minutes.get(section, CASE_MINUTES),
        reasons=why,
        new=arranged,
        stored=row,
    )
    sorting.fresh.setdefault(section, []).append(line)
    if arranged:
        sorting.changes.append(_new(case, why))


def _new(case: LiveCase, why: tuple[Why, ...]) -> Change:
    return Change(kind="new", case_id=case.case_id, reference=case.reference, added=why)


def _merge(sorting: _Sorting, section: Section) -> list[Line]:
    """The chair's lines in the chair's order, each new one before the first that comes after it by nature."""
    placed = sorted(
        sorting.placed.get(section, []),
        key=lambda line: (line.stored.position if line.stored else 0, line.case.reference),
    )
    merged: list[Line] = []
    fresh = sorted(sorting.fresh.get(section, []), key=lambda line: natural_order(line.case))
    for line in placed:
        while fresh and natural_order(fresh[0].case) < natural_order(line.case):
            merged.append(fresh.pop(0))
        merged.append(line)
    return merged + fresh
