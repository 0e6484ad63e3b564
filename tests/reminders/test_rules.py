"""When somebody is reminded: tables of dates, without application or database."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from psg.reminders.rules import (
    DIGEST_TIME,
    covers_until,
    delay_after,
    digest_moment,
    digest_subject,
    escalation_rhythm,
    next_occasion,
    owner_rhythm,
    read_time,
)

DUE = date(2026, 12, 16)  # a Wednesday


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 1), date(2026, 12, 9)),  # a week before
        (date(2026, 12, 9), date(2026, 12, 9)),
        (date(2026, 12, 10), date(2026, 12, 16)),  # on the day
        (date(2026, 12, 17), date(2026, 12, 17)),  # the day after
        (date(2026, 12, 18), date(2026, 12, 24)),  # then every week
        (date(2026, 12, 25), date(2026, 12, 31)),
        (date(2027, 3, 1), date(2027, 3, 4)),
    ],
)
def test_the_owner_is_told_before_on_and_after_the_day(day: date, expected: date) -> None:
    assert owner_rhythm(7, 7).on_or_after(DUE, day) == expected


def test_without_repeat_it_ends() -> None:
    assert owner_rhythm(7, 0).after(DUE, date(2026, 12, 17)) is None


def test_due_in_0_or_1_days_is_told_once() -> None:
    assert owner_rhythm(0, 7).on_or_after(DUE, date(2026, 1, 1)) == DUE
    assert owner_rhythm(1, 7).on_or_after(DUE, date(2026, 1, 1)) == DUE - timedelta(days=1)


def test_the_lead_is_told_after_two_weeks_then_weekly() -> None:
    rhythm = escalation_rhythm(14, 7)
    assert rhythm.on_or_after(DUE, DUE) == date(2026, 12, 30)
    assert rhythm.after(DUE, date(2026, 12, 30)) == date(2027, 1, 6)


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 11, 26), date(2026, 11, 27)),  # Thursday speaks of itself
        (date(2026, 11, 27), date(2026, 11, 30)),  # Friday of the weekend
        (date(2026, 12, 24), date(2026, 12, 29)),  # Christmas Eve, with Boxing Day made up for on Monday
        (date(2026, 12, 31), date(2027, 1, 4)),  # over New Year and its weekend
        (date(2027, 3, 25), date(2027, 3, 30)),  # Maundy Thursday over Good Friday and Easter Monday
        (date(2026, 5, 1), date(2026, 5, 5)),  # over the early May bank holiday
        (date(2026, 8, 28), date(2026, 9, 1)),  # over the summer bank holiday
    ],
)
def test_a_digest_speaks_of_everything_before_the_next_working_day(today: date, until: date) -> None:
    assert covers_until(today) == until


def test_what_the_digest_has_covered_is_not_told_again_on_monday() -> None:
    # Due on Saturday: Friday's digest tells it, and Saturday's and Sunday's turns with it.
    saturday, friday = date(2026, 11, 28), date(2026, 11, 27)
    rhythm = owner_rhythm(7, 7)
    following = next_occasion(lambda told_on: rhythm.after(saturday, told_on), saturday, friday)
    assert following == date(2026, 12, 6)


def test_a_kind_that_does_not_move_on_is_told_once_a_day_at_most() -> None:
    today = date(2026, 11, 27)
    assert next_occasion(lambda _: today, today, today) == date(2026, 11, 30)


def test_a_kind_that_ends_ends() -> None:
    assert next_occasion(lambda _: None, DUE, DUE) is None


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (date(2026, 3, 27), datetime(2026, 3, 27, 7, 30, tzinfo=UTC)),  # the last working day of winter time
        (date(2026, 3, 30), datetime(2026, 3, 30, 6, 30, tzinfo=UTC)),  # the first of summer time
        (date(2026, 10, 23), datetime(2026, 10, 23, 6, 30, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 7, 30, tzinfo=UTC)),
    ],
)
def test_half_past_seven_is_half_past_seven_on_both_sides_of_a_clock_change(day: date, moment: datetime) -> None:
    assert digest_moment(day, DIGEST_TIME) == moment


@pytest.mark.parametrize(
    ("text", "expected"), [("06:45", time(6, 45)), ("", DIGEST_TIME), (None, DIGEST_TIME), ("25:00", DIGEST_TIME)]
)
def test_a_digest_time_that_cannot_be_read_is_the_usual_one(text: object, expected: time) -> None:
    assert read_time(text) == expected


def test_tries_get_rarer_and_end_after_48_hours() -> None:
    delays: list[timedelta] = []
    while (delay := delay_after(len(delays) + 1)) is not None:
        delays.append(delay)
    assert delays[0] == timedelta(minutes=1)
    assert delays == sorted(delays)
    assert timedelta(hours=40) < sum(delays, timedelta()) <= timedelta(hours=48)


def test_the_subject_counts() -> None:
    today = date(2026, 11, 23)  # a Monday
    days = [date(2026, 11, 16), today, date(2026, 11, 25), date(2026, 11, 29), date(2026, 11, 30)]
    assert digest_subject(days, today) == "1 overdue, 1 due today, 2 due this week, 1 due soon"
