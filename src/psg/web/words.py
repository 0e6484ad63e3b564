"""Dates, times, counts and references in the words people use. Each function is also a template filter."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from psg import clock, ids, text

_WEEKDAY_WITHIN_DAYS = 60


_SHORT_MONTHS, _MONTHS, _WEEKDAYS = (
    tuple(names) for names in (calendar.month_abbr, calendar.month_name, calendar.day_name)
)
"""Read once: `calendar` formats a date for each look."""


def _day(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


def long_date(value: date | datetime | None) -> str:
    """As in "Tuesday 8 December" within 60 days of today, else "9 March"; with the year when it is another one."""
    if value is None:
        return ""
    day = _day(value)
    near = abs((day - clock.today()).days) <= _WEEKDAY_WITHIN_DAYS
    return meeting_date(day) if near else _with_year(f"{day.day} {_MONTHS[day.month]}", day)


def meeting_date(value: date | datetime | None) -> str:
    """As in "Tuesday 9 February 2027", however far away: a meeting is planned for by its weekday. The year as above."""
    if value is None:
        return ""
    day = _day(value)
    return _with_year(f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month]}", day)


def _with_year(words: str, day: date) -> str:
    return words if day.year == clock.today().year else f"{words} {day.year}"


def full_date(value: date | datetime | None) -> str:
    """As in "9 November 2026": always with the year, for prints, agreements and birth dates."""
    if value is None:
        return ""
    day = _day(value)
    return f"{day.day} {_MONTHS[day.month]} {day.year}"


@lru_cache(maxsize=4096)
def short_date(value: date | datetime | None) -> str:
    """As in "9 Nov 2026", for tables."""
    if value is None:
        return ""
    day = _day(value)
    return f"{day.day} {_SHORT_MONTHS[day.month]} {day.year}"


def month_year(value: date | datetime | None) -> str:
    """As in "November 2026", for headings."""
    if value is None:
        return ""
    day = _day(value)
    return f"{_MONTHS[day.month]} {day.year}"


def time_of_day(value: datetime | time | None) -> str:
    """As in "10:30am", "10am", "midday", "midnight", in local time."""
    if value is None:
        return ""
    clock_time = clock.local(value) if isinstance(value, datetime) else value
    hour, minute = clock_time.hour, clock_time.minute
    if minute == 0 and hour in (0, 12):
        return "midnight" if hour == 0 else "midday"
    words = f"{hour % 12 or 12}" if minute == 0 else f"{hour % 12 or 12}:{minute:02d}"
    return f"{words}{'am' if hour < 12 else 'pm'}"


def date_and_time(value: datetime | None) -> str:
    """As in "Tuesday 8 December at 10:30am"."""
    return "" if value is None else f"{long_date(value)} at {time_of_day(value)}"


def date_span(first: date, last: date) -> str:
    """As in "6 October to 9 November", with years unless both are this year."""
    if first == last:
        return long_date(first)
    this_year = clock.today().year
    start = f"{first.day} {_MONTHS[first.month]}"
    end = f"{last.day} {_MONTHS[last.month]}"
    if first.year != last.year:
        return f"{start} {first.year} to {end} {last.year}"
    return f"{start} to {end}" if last.year == this_year else f"{start} to {end} {last.year}"


def plural(count: int, one: str, many: str = "") -> str:
    """As in "1 note", "42 notes", "1,250 cases"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def days_overdue(due: date | None) -> str:
    """As in "3 days overdue", or "" when it is not. Stands after the date, never instead of it."""
    if due is None:
        return ""
    days = (clock.today() - _day(due)).days
    return f"{plural(days, 'day')} overdue" if days > 0 else ""


def ago_days(value: date | datetime | None) -> str:
    """As in "today", "yesterday", "5 days ago", "in 3 days"."""
    if value is None:
        return ""
    days = (clock.today() - _day(value)).days
    if days in (0, 1, -1):
        return {0: "today", 1: "yesterday", -1: "tomorrow"}[days]
    return f"{plural(days, 'day')} ago" if days > 0 else f"in {plural(-days, 'day')}"


def join_and(things: Iterable[object]) -> str:
    """As in "Police, Housing and Health"."""
    words = [str(thing) for thing in things]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def thousands(number: int | float) -> str:
    """As in "1,250"."""
    return f"{number:,}"


def reference(value: str) -> Markup:
    """A reference in fixed-width figures that does not break over two lines."""
    return Markup('<span class="app-reference">{}</span>').format(ids.normalise_reference(value) or value)


def marks(value: object) -> Markup:
    """Text as it is kept, with every hidden direction mark shown as a small visible label."""
    if type(value) is str and value.isprintable():
        # Nearly every text: no control character, no line end, no direction mark. Looking for each sign by itself
        # takes a tenth of the time that looking for all at once would.
        special = "'" in value or '"' in value or "&" in value or "<" in value or ">" in value
        return escape(value) if special else str.__new__(Markup, value)
    if hasattr(value, "__html__"):
        return escape(value)
    words = text.showable("" if value is None else str(value))
    if not text.has_marks(words):
        return escape(words)
    label = Markup('<span class="app-mark" title="Hidden direction mark">{}</span>')
    return Markup("").join(
        label.format(piece) if is_mark else escape(piece) for piece, is_mark in text.with_marks(words)
    )


def paragraphs(value: object) -> Markup:
    """Long text as paragraphs: an empty line parts two, a line break stays one."""
    words = text.showable("" if value is None else str(value))
    blocks = [block.strip("\n") for block in words.split("\n\n") if block.strip()]
    drawn = ("<br>\n".join(marks(line) for line in block.split("\n")) for block in blocks)
    return Markup("\n".join(f'<p class="govuk-body">{lines}</p>' for lines in drawn))  # noqa: S704 - marks() escapes


FILTERS = (
    long_date,
    meeting_date,
    full_date,
    short_date,
    month_year,
    time_of_day,
    date_and_time,
    days_overdue,
    ago_days,
    join_and,
    thousands,
    reference,
    marks,
    paragraphs,
    plural,
)


def init_app(app: Flask) -> None:
    """Make the words available to templates: filters of the same names, and `plural` and `date_span` to call."""
    for word in FILTERS:
        app.jinja_env.filters[word.__name__] = word
    app.jinja_env.globals.update(plural=plural, date_span=date_span)
