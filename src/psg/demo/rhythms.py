"""The dates on which the groups meet, before any meeting has been planned."""

from datetime import date, time, timedelta

from psg.demo.reading import Row
from psg.demo.timing import Calendar
from psg.meetings.operations import Rhythm
from psg.meetings.recurrence import dates_until

FIRST_MONTH = -510
"""The day from which the series count."""
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def rhythm(group: Row, calendar: Calendar) -> Rhythm:
    """How a group of the content meets."""
    often = group["recurrence"]
    return Rhythm(_ORDINALS[often["ordinal"]], _DAYS.index(often["weekday"]), 1, calendar.day(FIRST_MONTH))


def begins(group: Row) -> time:
    """When its meetings begin."""
    return time.fromisoformat(group["recurrence"]["at"])


def dates(group: Row, calendar: Calendar) -> list[date]:
    """Every date of its series, to the end of what is looked at."""
    return dates_until(rhythm(group, calendar), calendar.day(FIRST_MONTH), calendar.today + timedelta(days=120))
