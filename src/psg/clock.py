"""The only place that asks what time it is.

Moments are kept in UTC; people, due dates and meetings live in Europe/London, where twice a year a day has 23 or
25 hours. A due date is therefore a local *date*, never a moment plus 24 hours.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def _wall_clock() -> datetime:
    return datetime.now(UTC)


source: Callable[[], datetime] = _wall_clock
"""Where the time comes from. Tests and the demo's history replace it; there is no setting that does."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return source()


def local(moment: datetime) -> datetime:
    """The same moment on a London wall clock."""
    return moment.astimezone(LONDON)


def today() -> date:
    """The date in London now."""
    return local(now()).date()


def at_local(day: date, hour: time) -> datetime:
    """The UTC moment of a London wall-clock time; a time that a clock change skips becomes the one an hour later."""
    return datetime.combine(day, hour, tzinfo=LONDON).astimezone(UTC)


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_bank_holiday(day: date) -> bool:
    """Whether a date is a bank holiday in England."""
    return day in _bank_holidays(day.year)


def is_working_day(day: date) -> bool:
    """Monday to Friday and not a bank holiday in England."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def next_working_day(day: date) -> date:
    """The first working day strictly after a date."""
    return add_working_days(day, 1)


def working_day_on_or_after(day: date) -> date:
    """The date itself when it is a working day, else the next one."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_days(day: date, count: int) -> date:
    """Count working days forward, or backward when `count` is negative; the start day is not counted."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day
