"""The plain rules of cases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from psg import clock
from psg.cases.forms.notes import read_time
from psg.cases.next_step import Situation, next_step
from psg.cases.rules import (
    CaseState,
    Move,
    Precision,
    When,
    fingerprint,
    first_review,
    in_correction_window,
    may,
    next_review,
    why_not,
)
from psg.text import PartialDate

DAYS = some.dates(date(1990, 1, 1), date(2035, 12, 31))


class TestWhen:
    @pytest.mark.parametrize(
        ("when", "words"),
        [
            (When.day(date(2026, 11, 9)), "9 November 2026"),
            (When.day(date(2026, 11, 9), "10:30"), "9 November 2026 at 10:30"),
            (When.month(2021, 6), "June 2021, day not known"),
            (When.year(2019), "2019, month not known"),
            (When.period(date(2012, 6, 1), "summer 2012"), "summer 2012"),
            (When.unknown(), "Date not known"),
            (When.unknown("when he was small"), "Date not known: when he was small"),
        ],
    )
    def test_says_no_more_than_is_known(self, when, words):
        assert str(when) == words

    def test_goes_to_the_form_and_back(self):
        for when in (When.day(date(2026, 1, 2)), When.month(2021, 6), When.year(2019), When.unknown("early on")):
            assert When.of(when.partial()) == when
        assert When.of(PartialDate.period(date(2012, 6, 1), "summer")) == When.period(date(2012, 6, 1), "summer")

    @pytest.mark.parametrize(
        "wrong",
        [
            (None, Precision.DAY, "", ""),
            (date(2026, 1, 1), Precision.UNKNOWN, "", ""),
            (date(2026, 1, 1), Precision.MONTH, "", "10:30"),
            (date(2026, 1, 1), Precision.DAY, "", "25:00"),
            (date(2026, 1, 1), Precision.PERIOD, "", ""),
        ],
    )
    def test_refuses_what_contradicts_itself(self, wrong):
        with pytest.raises(ValueError):
            When(*wrong)

    def test_a_year_stands_before_its_months_and_a_month_before_its_days(self):
        right = [
            When.unknown(),
            When.year(2020),
            When.month(2020, 1),
            When.day(date(2020, 1, 1), "09:00"),
            When.day(date(2020, 1, 1)),
            When.day(date(2020, 1, 2)),
            When.month(2020, 2),
        ]
        assert sorted(right, key=lambda when: when.order) == right

    def test_only_a_known_day_can_be_entered_late(self):
        assert When.day(date(2026, 1, 1)).entered_late(date(2026, 1, 4)) == 3
        assert When.day(date(2026, 1, 5)).entered_late(date(2026, 1, 4)) == 0
        assert When.month(2020, 1).entered_late(date(2026, 1, 4)) == 0


class TestMoves:
    @given(some.sampled_from(Move), some.sampled_from(CaseState))
    def test_a_refusal_is_a_sentence(self, move, state):
        sentence = why_not(move, state)
        assert bool(sentence) is not may(move, state)
        assert not sentence or sentence.endswith(".")

    @given(some.sampled_from(Move))
    def test_nothing_more_happens_to_an_erased_case(self, move):
        assert not may(move, CaseState.ERASED)


class TestReviewDates:
    # The list of bank holidays is built on first use, which takes longer than one example may.
    @settings(deadline=None)
    @given(DAYS, some.none() | DAYS)
    def test_never_on_a_weekend_or_bank_holiday_and_never_early(self, today, meeting):
        day = first_review(today, meeting)
        assert clock.is_working_day(day)
        assert day >= (meeting or today) + timedelta(days=28)

    @settings(deadline=None)
    @given(DAYS, some.integers(1, 365))
    def test_a_bands_interval_is_kept(self, last, interval):
        day = next_review(last, interval)
        assert clock.is_working_day(day)
        assert timedelta(days=interval) <= day - last <= timedelta(days=interval + 6)

    def test_christmas_is_skipped(self):
        assert first_review(date(2026, 11, 27), None) == date(2026, 12, 29)


def test_correction_window_is_fifteen_minutes():
    at = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
    assert in_correction_window(at, at + timedelta(minutes=14, seconds=59))
    assert not in_correction_window(at, at + timedelta(minutes=15))


@given(some.lists(some.text() | some.integers() | some.none()))
def test_a_fingerprint_fits_into_the_version_field(values):
    assert 0 <= fingerprint(*values) < 10**9


class TestNextStep:
    TODAY = date(2026, 11, 9)

    def where(self, **facts):
        base = {"state": CaseState.OPEN, "today": self.TODAY, "has_lead": True, "assessed": True}
        step = next_step(Situation(**(base | facts)))
        return step.where if step else None

    def test_the_first_rule_that_holds_wins(self):
        later, past = self.TODAY + timedelta(days=30), self.TODAY - timedelta(days=1)
        assert self.where(state=CaseState.DRAFT) == "draft"
        assert self.where(state=CaseState.SENT, has_lead=False) == "decide"
        assert self.where(has_lead=False, overdue_actions=3) == "lead"
        assert self.where(at_risk_now=True, overdue_actions=3) == "assess"
        assert self.where(at_risk_now=True, has_lead=False) == "assess", "somebody at risk comes before a name"
        assert self.where(overdue_actions=1, assessed=False) == "actions"
        assert self.where(assessed=False, review_on=past) == "assess"
        assert self.where(closure_proposed=True, review_on=past) == "close"
        assert self.where(review_on=past, on_agenda=later) == "review"
        assert self.where(review_on=later, on_agenda=later) == "meeting"
        assert self.where(review_on=later) == "wait"

    @pytest.mark.parametrize("state", [CaseState.DECLINED, CaseState.CLOSED, CaseState.ERASED])
    def test_an_ended_case_needs_nothing(self, state):
        assert self.where(state=state, overdue_actions=2) is None

    @given(
        some.builds(
            Situation,
            state=some.sampled_from(CaseState),
            today=DAYS,
            has_lead=some.booleans(),
            at_risk_now=some.booleans(),
            overdue_actions=some.integers(0, 500),
            assessed=some.booleans(),
            closure_proposed=some.booleans(),
            review_on=some.none() | DAYS,
            on_agenda=some.none() | DAYS,
        )
    )
    def test_every_step_says_why(self, situation):
        step = next_step(situation)
        assert step is None or (step.text.strip().endswith((".", "it.")) and step.why.endswith("."))


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("", ""),
        ("14:30", "14:30"),
        ("2.30pm", "14:30"),
        ("2:30 PM", "14:30"),
        ("1430", "14:30"),
        ("9am", "09:00"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
        ("midday", "12:00"),
        ("25:00", None),
        ("13pm", None),
        ("9", None),
        ("soon", None),
    ],
)
def test_times_as_people_write_them(typed, time):
    assert read_time(typed) == time
