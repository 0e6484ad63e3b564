"""When a group meets: "the second Tuesday of every month" as dates. Plain Python.

A series has an ordinal (1 to 4, or -1 for the last), a weekday, a number of months between meetings and the date from
which it counts. The months are counted from the month of that first date, so "every 3 months" does not drift.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from dateutil.rrule import MONTHLY, rrule, weekday

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}
EVERY = {1: "every month", 2: "every 2 months", 3: "every 3 months", 6: "every 6 months", 12: "once a year"}


@dataclass(frozen=True)
class Rhythm:
    """How often and on which day."""

    ordinal: int
    weekday: int
    every_months: int
    starts_from: date

    def __post_init__(self) -> None:
        """Refuse what no form can send."""
        if self.ordinal not in ORDINALS or not 0 <= self.weekday <= 6 or not 1 <= self.every_months <= 12:
            raise ValueError("no such rhythm of meetings")


def all_dates(rhythm: Rhythm, after: date) -> Iterator[date]:
    """Every date of the series on or after a date, without end. A local date: clock changes do not touch it."""
    first = rhythm.starts_from
    rule = rrule(
        MONTHLY,
        interval=rhythm.every_months,
        byweekday=weekday(rhythm.weekday)(rhythm.ordinal),
        # Counted from the first of the month, so that every month has exactly one date whatever day it starts on.
        dtstart=datetime(first.year, first.month, 1),  # noqa: DTZ001 - a local date for dateutil, never a moment
    )
    since = max(after, first)
    start = datetime(since.year, since.month, since.day) - timedelta(days=1)  # noqa: DTZ001 - as above
    for moment in rule.xafter(start):
        yield moment.date()


def next_dates(rhythm: Rhythm, after: date, count: int) -> list[date]:
    """The next dates of a series, on or after a date."""
    return list(islice(all_dates(rhythm, after), count))


def dates_until(rhythm: Rhythm, after: date, until: date) -> list[date]:
    """The dates of a series from one date to another, both included."""
    found = []
    for day in all_dates(rhythm, after):
        if day > until:
            break
        found.append(day)
    return found


def in_words(rhythm: Rhythm) -> str:
    """ "Second Tuesday, every month"."""
    every = EVERY.get(rhythm.every_months, f"every {rhythm.every_months} months")
    return f"{ORDINALS[rhythm.ordinal]} {WEEKDAYS[rhythm.weekday]}, {every}"


def holiday_name(day: date) -> str:
    """The name of the English bank holiday on a date, or "" when it is none."""
    import holidays

    return str(holidays.country_holidays("GB", subdiv="ENG", years=day.year).get(day, ""))


@dataclass(frozen=True)
class Preview:
    """One date of a series as the set-up page shows it."""

    day: date
    holiday: str


def preview(rhythm: Rhythm, after: date, count: int = 12) -> list[Preview]:
    """The next dates with the bank holidays they fall on."""
    return [Preview(day, holiday_name(day)) for day in next_dates(rhythm, after, count)]
