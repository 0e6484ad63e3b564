"""Words and decisions of cases, in plain Python."""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from psg import clock, reference
from psg.text import PartialDate
from psg.text import Precision as Precision  # a word of this feature too


class CaseState(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    """Being written by its referrer."""
    SENT = "sent"
    """A referral that waits for the chair's or the coordinator's decision."""
    OPEN = "open"
    DECLINED = "declined"
    CLOSED = "closed"
    ERASED = "erased"
    """Its key was destroyed; only the row and its dates are left."""


class SubjectKind(StrEnum):
    """What a case is about."""

    PERSON = "person"
    PLACE = "place"
    BOTH = "both"


class DecisionKind(StrEnum):
    """A dated decision about the case as a whole."""

    ACCEPTED = "accepted"
    PASSED_ON = "passed-on"
    DECLINED = "declined"
    CLOSED = "closed"
    REOPENED = "reopened"


class NamedAs(StrEnum):
    """Why a person is named on a case and may therefore see it."""

    LEAD_OFFICER = "lead-officer"
    ACTION_OWNER = "action-owner"


class Tone(StrEnum):
    """How a risk band is drawn; a scheme maps its bands to these five."""

    HIGHEST = "highest"
    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"
    NONE = "none"


TONE_ORDER = {Tone.HIGHEST: 4, Tone.HIGH: 3, Tone.MIDDLE: 2, Tone.LOW: 1, Tone.NONE: 0}
"""For sorting lists by band."""

TONE_WORDS = {
    Tone.HIGHEST: "Highest band",
    Tone.HIGH: "High band",
    Tone.MIDDLE: "Middle band",
    Tone.LOW: "Low band",
    Tone.NONE: "Not assessed",
}
"""Tones where no scheme has a word for them; lists show the words of the schemes."""


def tone_words(labels: Mapping[Tone, Sequence[str]]) -> dict[Tone, str]:
    """The tones that schemes have bands of, in the schemes' own words, and "not assessed"; highest first.

    One word that two schemes use for different tones gets the tone beside it: "High (highest band)".
    """
    used = [label for tone in labels for label in labels[tone]]
    words = {}
    for tone, usual in TONE_WORDS.items():
        own = [*([usual] if tone is Tone.NONE else []), *labels.get(tone, ())]
        shared = any(used.count(label) > 1 for label in own)
        words[tone] = " or ".join(own) + (f" ({usual.lower()})" if shared else "") if own else usual
    return {tone: said for tone, said in words.items() if labels.get(tone) or tone is Tone.NONE or not labels}


class Move(StrEnum):
    """A step of a case from one state to another, or one that needs a state."""

    SEND = "send"
    DECIDE = "decide"
    """Accept or decline."""
    PASS_ON = "pass-on"  # noqa: S105 - a step of a case, no password
    WRITE = "write"
    """Add a note, person, place or reference."""
    LEAD = "lead"
    """Set lead agency, lead officer or review date."""
    PROPOSE_CLOSURE = "propose-closure"
    CLOSE = "close"
    REOPEN = "reopen"


_FROM: dict[Move, frozenset[CaseState]] = {
    Move.SEND: frozenset({CaseState.DRAFT}),
    Move.DECIDE: frozenset({CaseState.SENT}),
    Move.PASS_ON: frozenset({CaseState.SENT, CaseState.OPEN}),
    Move.WRITE: frozenset({CaseState.DRAFT, CaseState.SENT, CaseState.OPEN, CaseState.CLOSED}),
    Move.LEAD: frozenset({CaseState.OPEN}),
    Move.PROPOSE_CLOSURE: frozenset({CaseState.OPEN}),
    Move.CLOSE: frozenset({CaseState.OPEN}),
    Move.REOPEN: frozenset({CaseState.CLOSED, CaseState.DECLINED}),
}

_WHY_NOT: dict[CaseState, str] = {
    CaseState.DRAFT: "This case is still a draft. Send it first.",
    CaseState.SENT: "This referral has not been decided yet. Decide it first.",
    CaseState.OPEN: "This case is already open.",
    CaseState.DECLINED: "This referral was declined. Re-open it first.",
    CaseState.CLOSED: "This case is closed. Re-open it first.",
    CaseState.ERASED: "This case has been erased. Nothing more can be done with it.",
}


def may(move: Move, state: CaseState) -> bool:
    """Whether a case in that state can take the step."""
    return state in _FROM[move]


def why_not(move: Move, state: CaseState) -> str:
    """A sentence for whoever tried a step that the case's state does not allow; "" when it is allowed."""
    if may(move, state):
        return ""
    if move is Move.SEND and state is not CaseState.ERASED:
        return "This case has already been sent."
    if move is Move.DECIDE and state in (CaseState.OPEN, CaseState.CLOSED):
        return "This referral has already been accepted."
    return _WHY_NOT[state]


# Dates

CORRECTION_WINDOW = timedelta(minutes=15)
"""How long an author may put their own note right in place; afterwards a correction is added under it."""
DRAFT_KEPT = timedelta(days=28)
"""How long what somebody began to write is kept after they last wrote in it."""
FIRST_REVIEW_DAYS = 28
"""From the case's first meeting to its first review, unless the group has set something else."""
STALE_NOW_DAYS = 28
"""After that long the page asks whether "what is going on now" is still right."""


def in_correction_window(entered_at: datetime, now: datetime) -> bool:
    """Whether a note is young enough to be changed in place by its author."""
    return now - entered_at < CORRECTION_WINDOW


def passes_elsewhere(reason_code: str) -> bool:
    """Whether a referral that is declined for this reason is passed on outside the partnership's groups: it ends here,
    and whoever sent it reads that it was not refused."""
    entries = reference.load("decline-reasons")["entries"]
    return any(entry["code"] == reason_code and entry["decision"] == "passed-on" for entry in entries)


def kept_until(written_at: datetime) -> date:
    """The day on which something that was begun is dropped, if nobody goes on with it."""
    return clock.local(written_at + DRAFT_KEPT).date()


def first_review(today: date, next_meeting: date | None, days: int = FIRST_REVIEW_DAYS) -> date:
    """The review date offered when a case is accepted: so many days after its first meeting, on a working day."""
    return clock.working_day_on_or_after((next_meeting or today) + timedelta(days=days))


def next_review(last: date, interval_days: int) -> date:
    """The review date a band's interval asks for, on a working day."""
    return clock.working_day_on_or_after(last + timedelta(days=interval_days))


def fingerprint(*shown: object) -> int:
    """A number that changes when any of the values a form was filled with changes.

    It stands in the form as its version, so that only a change of the very same fields counts as a clash.
    """
    return zlib.crc32("\x1f".join(str(value) for value in shown).encode()) % 10**9


_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class When:
    """When something happened, as exactly as it is known.

    `sort_on` is the first day it can mean and decides its place on the timeline; `words` are the writer's own for a
    period or an unknown date; `at_time` is HH:MM and only goes with a known day.
    """

    sort_on: date | None
    precision: Precision
    words: str = ""
    at_time: str = ""

    def __post_init__(self) -> None:
        """Refuse values that contradict each other."""
        if (self.sort_on is None) != (self.precision is Precision.UNKNOWN):
            raise ValueError("an event has a sort date unless its date is not known")
        if self.at_time and (self.precision is not Precision.DAY or not _TIME.fullmatch(self.at_time)):
            raise ValueError("a time of day is HH:MM and belongs to a known day")
        if self.precision is Precision.PERIOD and not self.words:
            raise ValueError("a period has words")

    @classmethod
    def day(cls, value: date, at_time: str = "") -> "When":
        """A known day, perhaps with the time."""
        return cls(value, Precision.DAY, "", at_time)

    @classmethod
    def month(cls, year: int, month: int) -> "When":
        """Some day of a month."""
        return cls(date(year, month, 1), Precision.MONTH)

    @classmethod
    def year(cls, year: int) -> "When":
        """Some day of a year."""
        return cls(date(year, 1, 1), Precision.YEAR)

    @classmethod
    def period(cls, sort_on: date, words: str) -> "When":
        """A stretch of time in the source's words, with the day it is sorted by."""
        return cls(sort_on, Precision.PERIOD, words)

    @classmethod
    def unknown(cls, words: str = "") -> "When":
        """No date is known."""
        return cls(None, Precision.UNKNOWN, words)

    @classmethod
    def of(cls, partial: PartialDate, at_time: str = "") -> "When":
        """From a date as far as it is known, as forms give it."""
        return cls(partial.sort_on, partial.precision, partial.words, at_time)

    def partial(self) -> PartialDate:
        """As forms take it; the time apart."""
        return PartialDate(self.sort_on, self.precision, self.words)

    def __str__(self) -> str:
        """In words: "9 November 2026 at 10:30", "November 2026, day not known", "summer 2012", "Date not known"."""
        plain = str(self.partial())
        if self.precision is Precision.DAY:
            return f"{plain} at {self.at_time}" if self.at_time else plain
        if self.precision is Precision.UNKNOWN:
            return f"Date not known: {self.words}" if self.words else "Date not known"
        left_open = {Precision.MONTH: ", day not known", Precision.YEAR: ", month not known"}
        return plain + left_open.get(self.precision, "")

    @property
    def order(self) -> tuple[bool, int, int, int, str]:
        """Sorts oldest first: no date before everything, a year before its months, a month before its days."""
        day = self.sort_on
        if day is None:
            return (False, 0, 0, 0, "")
        month = 0 if self.precision is Precision.YEAR else day.month
        of_month = 0 if self.precision in (Precision.YEAR, Precision.MONTH) else day.day
        return (True, day.year, month, of_month, self.at_time or "24")

    def entered_late(self, entered_on: date) -> int:
        """Days between the day it happened and the day it was entered; 0 when the day is not known."""
        if self.precision is not Precision.DAY or self.sort_on is None:
            return 0
        return max(0, (entered_on - self.sort_on).days)
