"""Due dates offered, what is overdue, what can be undone, and when people are reminded."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from psg import clock, reference
from psg.actions.rules import (
    UNDO_WINDOW,
    ActionState,
    ReminderPlan,
    UpdateKind,
    due_offers,
    is_overdue,
    may_undo,
    name_of,
    sentence_start,
)

DAYS = st.dates(date(2025, 1, 1), date(2030, 12, 1))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@settings(deadline=None)
@given(today=DAYS, ahead=st.integers(-40, 90) | st.none())
def test_offered_dates_are_working_days_in_order_and_one_is_preferred(today, ahead):
    meeting = today + timedelta(days=ahead) if ahead is not None else None
    offers = due_offers(today, meeting)
    days = [offer.day for offer in offers]
    assert all(clock.is_working_day(day) and day >= today for day in days)
    assert days == sorted(set(days))
    assert sum(offer.preferred for offer in offers) == 1


def test_before_the_next_meeting_is_preferred():
    offers = due_offers(date(2026, 11, 23), date(2026, 12, 8))
    preferred = next(offer for offer in offers if offer.preferred)
    assert (preferred.day, preferred.label) == (date(2026, 12, 7), "Before the next meeting")
    assert "8 December" in preferred.reason
    assert [offer.label for offer in offers] == ["In 1 week", "Before the next meeting", "In 4 weeks"]


def test_one_two_and_four_weeks_are_offered_beside_the_meeting():
    offers = due_offers(date(2026, 11, 23), date(2026, 12, 15))
    assert [offer.label for offer in offers] == ["In 1 week", "In 2 weeks", "Before the next meeting", "In 4 weeks"]


def test_a_meeting_after_a_bank_holiday_asks_for_the_last_working_day_before():
    offers = due_offers(date(2026, 3, 20), date(2026, 4, 7))  # Tuesday after Easter
    assert next(offer.day for offer in offers if offer.preferred) == date(2026, 4, 2)


def test_the_same_day_is_offered_once():
    offers = due_offers(date(2026, 11, 23), date(2026, 12, 1))
    assert [offer.day for offer in offers] == [date(2026, 11, 30), date(2026, 12, 7), date(2026, 12, 21)]
    assert offers[0].label == "Before the next meeting"


def test_without_a_meeting_in_time_the_priority_decides():
    assert next(o.label for o in due_offers(date(2026, 11, 23), None) if o.preferred) == "In 4 weeks"
    assert next(o.label for o in due_offers(date(2026, 11, 23), None, days=7) if o.preferred) == "In 1 week"
    meeting_today = due_offers(date(2026, 11, 23), date(2026, 11, 23))
    assert next(o.label for o in meeting_today if o.preferred) == "In 4 weeks"


def test_due_today_is_not_overdue():
    today = date(2026, 11, 23)
    assert not is_overdue(ActionState.OPEN, today, today)
    assert is_overdue(ActionState.OPEN, today - timedelta(days=1), today)
    assert not is_overdue(ActionState.DONE, today - timedelta(days=9), today)


@settings(deadline=None)
@given(seconds=st.integers(-60, 2000), kind=st.sampled_from(UpdateKind))
def test_undo_lasts_ten_minutes_and_only_for_endings_and_moves(seconds, kind):
    able = kind in (UpdateKind.DONE, UpdateKind.NOT_DONE, UpdateKind.CANCELLED, UpdateKind.MOVED)
    assert may_undo(kind, NOON, NOON + timedelta(seconds=seconds)) == (able and 0 <= seconds < 600)
    assert timedelta(minutes=10) == UNDO_WINDOW


def test_the_plan_comes_from_the_settings():
    settings = {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}
    plan = ReminderPlan.of(settings)
    due, today = date(2026, 12, 7), date(2026, 11, 23)
    assert plan.first_to_owner(due, today) == date(2026, 11, 30)
    told = [plan.first_to_owner(due, today)]
    while len(told) < 5:
        told.append(plan.to_owner.after(due, told[-1]))
    assert told == [date(2026, 11, 30), due, date(2026, 12, 8), date(2026, 12, 15), date(2026, 12, 22)]
    assert plan.first_to_lead(due, today) == date(2026, 12, 21)
    assert plan.to_lead.after(due, date(2026, 12, 21)) == date(2026, 12, 28)


PLANS = st.builds(ReminderPlan, st.integers(0, 30), st.integers(1, 30), st.integers(1, 60))


@settings(deadline=None)
@given(due=DAYS, start=st.integers(-60, 60), plan=PLANS)
def test_reminders_never_stand_still_and_never_come_before_their_time(due, start, plan):
    today = due + timedelta(days=start)
    first = plan.first_to_owner(due, today)
    assert first is not None
    assert first >= today
    assert plan.to_owner.after(due, first) > first
    lead = plan.first_to_lead(due, today)
    assert lead is not None
    assert lead >= max(today, due + timedelta(days=plan.escalate_after))


def test_an_action_is_called_by_number_and_reference():
    assert name_of(1, "EC-7QK4-M2") == "action 1 of EC-7QK4-M2"
    assert sentence_start(name_of(1, "EC-7QK4-M2")) == "Action 1 of EC-7QK4-M2"
