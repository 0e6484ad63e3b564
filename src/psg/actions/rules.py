"""Words and decisions of actions, in plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from psg import clock
from psg.reminders.rules import Rhythm, escalation_rhythm, owner_rhythm


class ActionState(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DONE = "done"
    NOT_DONE = "not-done"
    CANCELLED = "cancelled"


class UpdateKind(StrEnum):
    """What one entry of an action's history says."""

    SET = "set"
    PROGRESS = "progress"
    MOVED = "moved"
    GIVEN = "given"
    DONE = "done"
    NOT_DONE = "not-done"
    CANCELLED = "cancelled"
    UNDONE = "undone"


STATE_WORDS = {
    ActionState.OPEN: "Open",
    ActionState.DONE: "Done",
    ActionState.NOT_DONE: "Not done",
    ActionState.CANCELLED: "Cancelled",
}
UPDATE_WORDS = {
    UpdateKind.SET: "Agreed",
    UpdateKind.PROGRESS: "How it is going",
    UpdateKind.MOVED: "Date changed",
    UpdateKind.GIVEN: "Given to somebody else",
    UpdateKind.DONE: "Done",
    UpdateKind.NOT_DONE: "Not done",
    UpdateKind.CANCELLED: "Cancelled",
    UpdateKind.UNDONE: "Undone",
}
ENDINGS = {
    UpdateKind.DONE: ActionState.DONE,
    UpdateKind.NOT_DONE: ActionState.NOT_DONE,
    UpdateKind.CANCELLED: ActionState.CANCELLED,
}
"""Entries that end an action, and the state they leave it in."""

UNDO_WINDOW = timedelta(minutes=10)
"""How long a press of Done, or a moved date, can be taken back by whoever pressed."""

_UNDOABLE = frozenset({*ENDINGS, UpdateKind.MOVED})


def is_overdue(state: ActionState, due_on: date, today: date) -> bool:
    """Whether it should have been done by now. On its day it is due, not overdue."""
    return state is ActionState.OPEN and due_on < today


def may_undo(kind: UpdateKind, at: datetime, now: datetime) -> bool:
    """Whether the last entry of an action's history can still be taken back."""
    return kind in _UNDOABLE and timedelta(0) <= now - at < UNDO_WINDOW


def name_of(number: int, reference: str) -> str:
    """What a message may call an action: its number and its case's reference, never its text."""
    return f"action {number} of {reference}"


def sentence_start(name: str) -> str:
    """The same at the beginning of a sentence; the reference keeps its capitals."""
    return name[:1].upper() + name[1:]


# Dates offered


@dataclass(frozen=True)
class DueOffer:
    """A due date worked out for the person, with the reason it is what it is."""

    day: date
    label: str
    reason: str = ""
    preferred: bool = False


_WEEKS = ((7, "In 1 week"), (14, "In 2 weeks"), (28, "In 4 weeks"))


def due_offers(today: date, next_meeting: date | None, *, days: int = 28) -> list[DueOffer]:
    """Due dates to choose from, earliest first and each once; none falls on a weekend or a bank holiday.

    The working day before the group's next meeting is preferred; without a meeting in time it is the offer that
    comes nearest to `days`, which is what the priority asks for.
    """
    offers = [DueOffer(_working(today + timedelta(days=ahead)), label, _moved(today, ahead)) for ahead, label in _WEEKS]
    before = clock.add_working_days(next_meeting, -1) if next_meeting is not None and next_meeting > today else None
    if before is not None and next_meeting is not None and before >= today:
        offers = [offer for offer in offers if offer.day != before]
        reason = f"The last working day before the meeting on {next_meeting.day} {next_meeting:%B}"
        offers.append(DueOffer(before, "Before the next meeting", reason, preferred=True))
    else:
        nearest = min(offers, key=lambda offer: abs((offer.day - today).days - days))
        offers = [DueOffer(o.day, o.label, o.reason, preferred=o is nearest) for o in offers]
    return sorted(offers, key=lambda offer: offer.day)


def _working(day: date) -> date:
    return clock.working_day_on_or_after(day)


def _moved(today: date, ahead: int) -> str:
    day = today + timedelta(days=ahead)
    return "" if clock.is_working_day(day) else "The first working day from then"


# Reminders


@dataclass(frozen=True)
class ReminderPlan:
    """When the owner and their agency's lead are reminded: days before the date, days between repeats, days late."""

    due_in: int
    repeat: int
    escalate_after: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "ReminderPlan":
        """From a group's settings over reference/reminder-defaults.yaml."""
        return cls(int(settings["due-in"]), int(settings["overdue-repeat"]), int(settings["escalate-after"]))

    @property
    def to_owner(self) -> Rhythm:
        """Some days before, on the day, the day after, then again and again while it is overdue."""
        return owner_rhythm(self.due_in, self.repeat)

    @property
    def to_lead(self) -> Rhythm:
        """Once it has been overdue for long, then again and again."""
        return escalation_rhythm(self.escalate_after, self.repeat)

    def first_to_owner(self, due_on: date, today: date) -> date | None:
        """The first day on which its owner hears of it."""
        return self.to_owner.on_or_after(due_on, today)

    def first_to_lead(self, due_on: date, today: date) -> date | None:
        """The first day on which the lead of the owner's agency hears of it."""
        return self.to_lead.on_or_after(due_on, today)
