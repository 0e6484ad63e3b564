"""A case's timeline for people: its notes, what was decided about it, corrections under what they correct, by month."""

import uuid
from calendar import month_name
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from psg import clock
from psg.cases.contents import DecisionView
from psg.cases.happened import EventView, words_of
from psg.cases.models import Case
from psg.cases.rules import DecisionKind, Precision, When, passes_elsewhere
from psg.partnerships.queries import Directory
from psg.web.words import date_and_time, plural

DECISION = "case-decision"
"""The kind of entries made from decisions, for the filter."""
_DECIDED = {
    DecisionKind.ACCEPTED: "Referral accepted",
    DecisionKind.PASSED_ON: "Passed on",
    DecisionKind.DECLINED: "Referral declined",
    DecisionKind.CLOSED: "Case closed",
    DecisionKind.REOPENED: "Case re-opened",
}


@dataclass
class Entry:
    """One entry, in words."""

    id: uuid.UUID
    title: str
    icon: str
    kind: str
    when: When
    when_words: str
    who: str
    """In the source's words."""
    agency: str
    agency_id: uuid.UUID | None
    author: str
    author_id: uuid.UUID
    entered_at: datetime
    late: str
    text: str
    is_note: bool = True
    changed_at: datetime | None = None
    corrected: int = 0
    """How many corrections there are, even where they are not shown."""
    corrections: list["Entry"] = field(default_factory=list)

    @property
    def datetime(self) -> str:
        """For the `time` element; "" when the day is not known."""
        if self.when.precision is not Precision.DAY or self.when.sort_on is None:
            return ""
        return self.when.sort_on.isoformat() + (f"T{self.when.at_time}" if self.when.at_time else "")

    @property
    def order(self) -> tuple[Any, ...]:
        """Oldest first."""
        return (*self.when.order, self.entered_at, self.id)


@dataclass(frozen=True)
class Month:
    """A heading of the timeline with its entries."""

    title: str
    entries: list[Entry]


def entries(
    events: Iterable[EventView],
    names: Directory,
    labels: Mapping[tuple[str, str], str],
    icons: Mapping[str, str],
) -> list[Entry]:
    """Notes as entries, newest first, each with its corrections under it, oldest first."""
    made = {event.id: _note(event, names, labels, icons) for event in events}
    tops: list[Entry] = []
    for event in events:
        entry = made[event.id]
        original = made.get(event.corrects_id) if event.corrects_id else None
        if original is not None:
            original.corrections.append(entry)
        else:
            tops.append(entry)
    for entry in tops:
        entry.corrections.sort(key=lambda correction: (correction.entered_at, correction.id))
    return sorted(tops, key=lambda entry: entry.order, reverse=True)


def _note(event: EventView, names: Directory, labels: Mapping[tuple[str, str], str], icons: Mapping[str, str]) -> Entry:
    late = event.when.entered_late(clock.local(event.entered_at).date())
    return Entry(
        id=event.id,
        title=labels.get(("event-kinds", event.kind), event.kind.replace("-", " ").capitalize()),
        icon=icons.get(event.kind) or "note",
        kind=event.kind,
        when=event.when,
        when_words=words_of(event.when),
        who=event.who,
        agency=names.agency(event.agency_id),
        agency_id=event.agency_id,
        author=names.user(event.entered_by),
        author_id=event.entered_by,
        entered_at=event.entered_at,
        late=f"entered {plural(late, 'day')} later" if late else "",
        text=event.what,
        changed_at=event.changed_at,
        corrected=event.corrections,
    )


def decided(
    case: Case, decisions: Iterable[DecisionView], names: Directory, labels: Mapping[tuple[str, str], str]
) -> list[Entry]:
    """The sending of the referral and every decision about the case, as entries."""
    found = []
    if case.sent_at is not None:
        to = f" to {names.group_name(case.group_id)}" if case.group_id else " to the coordinator"
        found.append(_fact(case.id, "Referral sent", "person", case.sent_at, case.referrer_id, names, f"Sent{to}."))
    for decision in decisions:
        title = _DECIDED[decision.kind]
        if decision.kind is DecisionKind.PASSED_ON:
            title += f" to {names.group_name(decision.to_group_id)}"
        if decision.kind is DecisionKind.DECLINED and passes_elsewhere(decision.reason_code):
            title += " and passed on elsewhere"
        code = _reason_label(decision, labels)
        text = f"{code}. {decision.reason}" if code else decision.reason
        if decision.changed_for_person:
            text += f"\n\nWhat changed for the person harmed: {decision.changed_for_person}"
        found.append(_fact(decision.id, title, "decision", decision.at, decision.by, names, text))
    return found


def _reason_label(decision: DecisionView, labels: Mapping[tuple[str, str], str]) -> str:
    for name in ("close-reasons", "decline-reasons"):
        if (name, decision.reason_code) in labels:
            return labels[name, decision.reason_code]
    return ""


def _fact(
    record_id: uuid.UUID, title: str, icon: str, at: datetime, by: uuid.UUID, names: Directory, text: str
) -> Entry:
    local = clock.local(at)
    member = names.member(by)
    return Entry(
        id=record_id,
        title=title,
        icon=icon,
        kind=DECISION,
        when=When.day(local.date(), f"{local:%H:%M}"),
        when_words=date_and_time(at),
        who="",
        agency=names.agency(member.agency_id) if member else "",
        agency_id=member.agency_id if member else None,
        author=names.user(by),
        author_id=by,
        entered_at=at,
        late="",
        text=text,
        is_note=False,
    )


def by_month(found: Iterable[Entry], *, oldest_first: bool = False) -> list[Month]:
    """Entries under their months: a year alone stands under the year, what has no date at the far end."""
    ordered = sorted(found, key=lambda entry: entry.order, reverse=not oldest_first)
    return [Month(title, list(group)) for title, group in groupby(ordered, key=_heading)]


def _heading(entry: Entry) -> str:
    day: date | None = entry.when.sort_on
    if day is None:
        return "Date not known"
    if entry.when.precision is Precision.YEAR:
        return f"{day.year}, month not known"
    return f"{month_name[day.month]} {day.year}"


def kept(found: Iterable[Entry], wanted: Callable[[Entry], bool]) -> list[Entry]:
    """The entries for which, or for a correction of which, something holds."""
    return [entry for entry in found if wanted(entry) or any(wanted(correction) for correction in entry.corrections)]
