"""Series of dates: every ordinal and weekday, months between, bank holidays, clock changes."""

from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psg import clock
from psg.meetings.recurrence import ORDINALS, Rhythm, dates_until, in_words, next_dates, preview
from psg.meetings.rules import time_from

SECOND_TUESDAY = Rhythm(2, 1, 1, date(2026, 1, 1))


def test_second_tuesday_of_every_month():
    assert next_dates(SECOND_TUESDAY, date(2026, 11, 22), 3) == [
        date(2026, 12, 8),
        date(2027, 1, 12),
        date(2027, 2, 9),
    ]
    assert in_words(SECOND_TUESDAY) == "Second Tuesday, every month"


def test_a_meeting_day_itself_counts():
    assert next_dates(SECOND_TUESDAY, date(2026, 12, 8), 1) == [date(2026, 12, 8)]


def test_the_last_weekday_is_in_the_last_week():
    last_friday = Rhythm(-1, 4, 1, date(2026, 1, 1))
    assert next_dates(last_friday, date(2026, 1, 1), 3) == [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27)]


def test_every_three_months_counts_from_its_first_month():
    quarterly = Rhythm(1, 2, 3, date(2026, 2, 20))
    assert next_dates(quarterly, date(2026, 1, 1), 3) == [date(2026, 5, 6), date(2026, 8, 5), date(2026, 11, 4)]


def test_no_date_lies_before_the_first():
    assert next_dates(Rhythm(2, 1, 1, date(2026, 12, 9)), date(2026, 1, 1), 1) == [date(2027, 1, 12)]


def test_bank_holidays_are_named():
    first_monday = Rhythm(1, 0, 1, date(2026, 1, 1))
    named = {one.day: one.holiday for one in preview(first_monday, date(2026, 4, 1)) if one.holiday}
    assert "May Day" in named[date(2026, 5, 4)]
    assert len(preview(first_monday, date(2026, 4, 1))) == 12


def test_a_meeting_keeps_its_local_time_over_the_clock_change():
    summer, winter = dates_until(Rhythm(-1, 1, 1, date(2026, 1, 1)), date(2026, 9, 1), date(2026, 10, 31))
    assert clock.at_local(summer, time(10, 0)) == datetime(2026, 9, 29, 9, 0, tzinfo=UTC)
    assert clock.at_local(winter, time(10, 0)) == datetime(2026, 10, 27, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(("ordinal", "weekday", "months"), [(5, 1, 1), (0, 1, 1), (1, 7, 1), (1, 1, 0), (1, 1, 13)])
def test_no_such_rhythm(ordinal, weekday, months):
    with pytest.raises(ValueError, match="rhythm"):
        Rhythm(ordinal, weekday, months, date(2026, 1, 1))


@settings(deadline=None)
@given(
    st.sampled_from(list(ORDINALS)),
    st.integers(0, 6),
    st.sampled_from([1, 2, 3, 6, 12]),
    st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    st.dates(date(2025, 1, 1), date(2028, 12, 31)),
)
def test_dates_have_the_right_weekday_and_distance(ordinal, weekday, months, first, after):
    days = next_dates(Rhythm(ordinal, weekday, months, first), after, 5)
    assert len(days) == 5
    assert all(day.weekday() == weekday and day >= max(first, after) for day in days)
    counted = [day.year * 12 + day.month for day in days]
    assert {later - earlier for earlier, later in pairwise(counted)} == {months}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10am", time(10)),
        ("10:30", time(10, 30)),
        ("2.15 pm", time(14, 15)),
        ("12pm", time(12)),
        ("12am", time(0)),
        ("midday", time(12)),
        ("14:00", time(14)),
        ("2", None),
        ("25:00", None),
        ("13pm", None),
        ("10:75", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_as_people_type_them(typed, meant):
    assert time_from(typed) == meant
