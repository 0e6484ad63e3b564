"""When somebody is reminded, and in which words: plain Python, every date a local date.

A digest is made on working days only. What falls on a weekend or a bank holiday is told in the last digest before it,
so that nothing is heard of only after it has passed.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from psg import clock

SILENT_AFTER = timedelta(minutes=10)
"""How long the scheduler or the worker may be silent before the status turns red."""

MOST_LINES = 10
"""Lines in a digest; what is left over becomes "and 4 more"."""

DIGEST_TIME = time(7, 30)
"""When digests go out where a partnership has set no other time."""

_GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_DELAYS = (1, 2, 5, 10, 20, 40, 60, 120)
_LATER_DELAY = 240


class DeliveryState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """Given up, or refused for good: a person is to look at it."""
    DROPPED = "dropped"
    """No longer wanted when its turn came: done, left, or no longer entitled."""


class Beat(StrEnum):
    """Who shows a sign of life."""

    SCHEDULER = "scheduler"
    WORKER = "worker"


@dataclass(frozen=True)
class Rhythm:
    """On which days around a due date somebody is told.

    days: days after the due date, ascending; negative ones lie before it, 0 is the day itself.
    repeat: then every so many days for as long as it is owed; 0 for never again.
    """

    days: tuple[int, ...]
    repeat: int = 0

    def on_or_after(self, due_on: date, day: date) -> date | None:
        """The first occasion on a day or later."""
        for days in self.days:
            if (occasion := due_on + timedelta(days=days)) >= day:
                return occasion
        if not self.repeat:
            return None
        last = due_on + timedelta(days=self.days[-1] if self.days else 0)
        times = max(1, -(-(day - last).days // self.repeat))
        return last + timedelta(days=times * self.repeat)

    def after(self, due_on: date, told_on: date) -> date | None:
        """The first occasion later than the day of the last telling."""
        return self.on_or_after(due_on, told_on + timedelta(days=1))


def owner_rhythm(due_in: int, repeat: int) -> Rhythm:
    """For whoever does it: some days before, on the day, the day after, then every `repeat` days once overdue."""
    return Rhythm(tuple(sorted({-due_in, 0, 1})), repeat)


def escalation_rhythm(after: int, repeat: int) -> Rhythm:
    """For the agency's lead: once it has been overdue for `after` days, then every `repeat` days."""
    return Rhythm((after,), repeat)


def covers_until(today: date) -> date:
    """The first day that today's digest does not speak of: the next working day."""
    return clock.next_working_day(today)


def next_occasion(after: Callable[[date], date | None], occasion: date, today: date) -> date | None:
    """The next date to be told on, once today's digest has told everything before the next working day.

    after: the kind's own answer to "told on this day, when next?". An answer that does not move on would have the
    same line told in every digest; it is moved to the next digest instead.
    """
    until, told_on = covers_until(today), occasion
    while True:
        following = after(told_on)
        if following is None or following >= until:
            return following
        if following <= told_on:
            return until
        told_on = following


def digest_moment(day: date, at: time) -> datetime:
    """The moment of a day's digest. Made from the date, so a clock change neither repeats nor skips one."""
    return clock.at_local(day, at)


def read_time(text: object) -> time:
    """A time of day from a group's settings, such as 07:30; the default where it cannot be read."""
    try:
        return time.fromisoformat(str(text))
    except ValueError:
        return DIGEST_TIME


def delay_after(attempt: int) -> timedelta | None:
    """How long to wait after the n-th attempt failed; None when 48 hours of trying are over."""
    waited = delay = timedelta()
    for number in range(attempt):
        minutes = _FIRST_DELAYS[number] if number < len(_FIRST_DELAYS) else _LATER_DELAY
        delay = timedelta(minutes=minutes)
        waited += delay
    return None if waited > _GIVE_UP_AFTER else delay


def digest_subject(due_dates: Iterable[date], today: date) -> str:
    """Such as "1 overdue, 2 due this week": what a person needs to know before opening the message."""
    week_end = today + timedelta(days=6 - today.weekday())
    counts = Counter(_when(due_on, today, week_end) for due_on in due_dates)
    words = [f"{counts[name]} {name}" for name in ("overdue", "due today", "due this week", "due soon") if counts[name]]
    return ", ".join(words)


def _when(due_on: date, today: date, week_end: date) -> str:
    if due_on < today:
        return "overdue"
    if due_on == today:
        return "due today"
    return "due this week" if due_on <= week_end else "due soon"
