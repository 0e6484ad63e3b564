"""When things of the history happened: days counted from today, staff at work on working days, one clock for all."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from psg import clock

MORNING = 9 * 60
"""Minutes after midnight."""


@dataclass(frozen=True)
class Calendar:
    """The days of the history, counted from the day and moment of loading."""

    now: datetime
    today: date

    @classmethod
    def starting_now(cls) -> "Calendar":
        """Counted from the present moment."""
        return cls(clock.now(), clock.today())

    def day(self, offset: int) -> date:
        """So many days from today, whatever day of the week."""
        return self.today + timedelta(days=offset)

    def at_work(self, offset: int) -> date:
        """The working day on which somebody gets round to it: that day or the next one, never after today."""
        day = self.day(offset)
        return day if day >= self.today else min(clock.working_day_on_or_after(day), self.today)

    def due(self, offset: int) -> date:
        """A day by which something is due: a working day, never moved across today."""
        day = self.day(offset)
        if day >= self.today:
            return clock.working_day_on_or_after(day)
        while not clock.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def moment(self, day: date, minute: int) -> datetime:
        """That minute of a day; of today squeezed into what has passed of it, so that nothing lies in the future."""
        if day < self.today:
            return clock.at_local(day, time(minute // 60, minute % 60))
        midnight = clock.at_local(day, time())
        return midnight + (self.now - midnight) * (minute / 1440)


Act = Callable[[], None]


@dataclass(frozen=True)
class Step:
    """One thing that somebody did."""

    day: date
    minute: int
    act: Act

    @property
    def when(self) -> tuple[date, int]:
        """For bringing the steps of all cases into one order."""
        return self.day, self.minute


@contextmanager
def past() -> Iterator[Callable[[datetime], None]]:
    """A clock set by hand, never back. It moves on at every look, so that what is done first sorts first."""
    before = clock.source
    looks = itertools.count()
    base = datetime.min.replace(tzinfo=UTC)

    def source() -> datetime:
        return base + timedelta(milliseconds=next(looks))

    def set_to(moment: datetime) -> None:
        nonlocal base, looks
        base, looks = max(moment, source()), itertools.count()

    clock.source = source
    try:
        yield set_to
    finally:
        clock.source = before
