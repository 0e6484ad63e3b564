"""Every verb on actions: the state it leaves, the history, the audit, and who owes what to whom afterwards."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from psg import clock
from psg.actions import operations, queries
from psg.actions.models import Action, ActionUpdate
from psg.actions.rules import ActionState, UpdateKind
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.cases.models import CaseNamed
from psg.db import DomainError, db, transaction
from psg.reminders.models import Delivery, Obligation
from tests.cases.samples import sent
from tests.conftest import on_both

pytestmark = pytest.mark.usefixtures("context")


def last_audit(action):
    statement = select(AuditEvent).where(AuditEvent.record_id == action.id).order_by(AuditEvent.at.desc())
    return [row.event for row in db.session.scalars(statement)]


def owed(action):
    found = db.session.scalars(select(Obligation).where(Obligation.record_id == action.id))
    return {row.kind: row for row in found}


def told(kind):
    return {row.user_id: row for row in db.session.scalars(select(Delivery).where(Delivery.kind == kind))}


def kinds_of(action):
    return [entry.kind for entry in queries.history(action)]


def named(case):
    return set(db.session.scalars(select(CaseNamed.user_id).where(CaseNamed.case_id == case.id)))


@on_both
def test_adding(case, give, world):
    first, second = give(), give("landlord", "housing")
    assert (first.number, second.number) == (1, 2)
    assert first.what == "Visit the block"
    assert kinds_of(first) == [UpdateKind.SET]
    assert last_audit(first) == ["action.given"]
    assert {world.people["officer"].user_id, world.people["landlord"].user_id} <= named(case)
    due = owed(first)["action-due"]
    assert due.user_id == world.people["officer"].user_id
    assert due.reference == f"action 1 of {case.reference}"
    assert due.next_on == first.due_on - timedelta(days=7)
    lead = owed(first)["action-escalation"]
    assert (lead.agency_id, lead.role) == (world.agencies["police"], "agency-lead")
    assert lead.next_on == first.due_on + timedelta(days=14)
    assert world.people["officer"].user_id in told("action-given")
    assert case.last_activity_at >= first.set_at


def test_the_text_never_stands_in_reminders(give):
    give(what="Tell Raymond Tebbitt nothing")
    for delivery in db.session.scalars(select(Delivery)):
        assert "Tebbitt" not in str(delivery.details)


def test_an_agency_as_owner_is_owed_by_its_members_of_the_group(case, give, world):
    action = give(None, "police")
    due = owed(action)["action-due"]
    assert (due.user_id, due.agency_id, due.group_id) == (None, world.agencies["police"], case.group_id)
    assert set(told("action-given")) == {world.people["officer"].user_id, world.people["both"].user_id}


def test_an_agency_without_members_of_the_group_is_owed_by_its_lead(give, world):
    give(None, "health")
    assert set(told("action-given")) == {world.people["nurse"].user_id}  # a member, though not signed: asked at sending


def test_nobody_is_told_of_what_they_gave_themselves(give, world):
    give("coordinator", "council")
    assert told("action-given") == {}


def test_what_adding_refuses(case, give, world):
    with pytest.raises(DomainError, match="today or later"):
        give(due_in=-1)
    with pytest.raises(DomainError, match="for that agency"):
        give("officer", "housing")
    with pytest.raises(DomainError, match="for that agency"):
        give("suspended", "police")
    with pytest.raises(DomainError, match="not in this partnership"):
        give(None, "citycouncil")
    with pytest.raises(DomainError, match="what is to be done"):
        give(what="  ")
    assert queries.of_case(case) == []
    waiting = sent(world)
    with pytest.raises(DomainError, match="not been decided"):
        give(on=waiting)


def test_done_and_undone(give, change, world):
    action = give()
    officer = world.viewer("officer")
    change(operations.mark_done, action, outcome="Nobody there", evidence="Log 12", by=officer)
    assert action.state is ActionState.DONE
    assert (action.outcome, action.evidence, action.ended_by) == ("Nobody there", "Log 12", officer.user_id)
    assert all(row.next_on is None and row.settled_at for row in owed(action).values())
    assert "action.done" in last_audit(action)
    change(operations.undo, action, by=officer)
    assert action.state is ActionState.OPEN
    assert (action.ended_at, action.ended_by) == (None, None)
    assert all(row.next_on is not None and row.settled_at is None for row in owed(action).values())
    assert "action.reopened" in last_audit(action)
    assert set(kinds_of(action)) == {UpdateKind.SET, UpdateKind.DONE, UpdateKind.UNDONE}


def test_undo_ends_after_ten_minutes_and_belongs_to_who_pressed(give, change, world):
    now = clock.now()
    with time_machine.travel(now, tick=False) as time:
        action = give()
        change(operations.mark_done, action, by=world.viewer("officer"))
        with pytest.raises(DomainError, match="no longer be undone"):
            change(operations.undo, action, by=world.viewer("chair"))
        time.shift(timedelta(minutes=10))
        with pytest.raises(DomainError, match="no longer be undone"):
            change(operations.undo, action, by=world.viewer("officer"))
    assert action.state is ActionState.DONE


def test_nothing_to_undo(give, change, world):
    action = give()
    with pytest.raises(DomainError, match="no longer be undone"):
        change(operations.undo, action, by=world.viewer("coordinator"))


def test_not_done_needs_a_reason(give, change, world):
    action = give()
    with pytest.raises(DomainError, match="why"):
        change(operations.mark_not_done, action, reason=" ", by=world.viewer("officer"))
    change(operations.mark_not_done, action, reason="He has moved away", by=world.viewer("officer"))
    assert (action.state, action.outcome) == (ActionState.NOT_DONE, "He has moved away")
    assert "action.not_done" in last_audit(action)
    with pytest.raises(DomainError, match="not open any more: not done"):
        change(operations.mark_done, action, by=world.viewer("officer"))


def test_moving_and_moving_back(give, change, world):
    action = give()
    chair, before = world.viewer("chair"), action.due_on
    change(operations.move, action, due_on=before + timedelta(days=7), reason="Officer on leave", by=chair)
    assert (action.due_on, action.times_moved) == (before + timedelta(days=7), 1)
    assert owed(action)["action-due"].next_on == before
    assert owed(action)["action-escalation"].due_on == action.due_on
    entry = queries.history(action)[-1]
    assert (entry.due_before, entry.due_after, entry.text) == (before, action.due_on, "Officer on leave")
    change(operations.undo, action, by=chair)
    assert (action.due_on, action.times_moved) == (before, 0)
    assert owed(action)["action-due"].next_on == before - timedelta(days=7)
    with pytest.raises(DomainError, match="already has"):
        change(operations.move, action, due_on=before, reason="x", by=chair)
    with pytest.raises(DomainError, match="why"):
        change(operations.move, action, due_on=before + timedelta(days=1), reason="", by=chair)


def test_giving_to_somebody_else_changes_who_may_see_and_who_owes(case, give, change, world):
    action = give("youth", "council")
    youth, referrer = world.people["youth"].user_id, world.people["referrer"].user_id
    assert youth in named(case)
    to = {"owner_id": referrer, "owner_agency_id": world.agencies["housing"]}
    change(operations.give, action, **to, by=world.viewer("chair"))
    assert youth not in named(case)
    assert referrer in named(case)
    assert owed(action)["action-due"].user_id == referrer
    assert owed(action)["action-escalation"].agency_id == world.agencies["housing"]
    assert referrer in told("action-given")
    assert queries.history(action)[-1].text == "From Youth Tester (East) to Referrer Tester (Reed)"
    with pytest.raises(DomainError, match="already"):
        change(operations.give, action, **to, by=world.viewer("chair"))


def test_cancelling_takes_the_name_off_and_undo_puts_it_back(case, give, change, world):
    action = give("youth", "council")
    youth = world.people["youth"].user_id
    change(operations.cancel, action, reason="Not needed", by=world.viewer("chair"))
    assert action.state is ActionState.CANCELLED
    assert youth not in named(case)
    assert owed(action)["action-due"].next_on is None
    assert "action.cancelled" in last_audit(action)
    change(operations.undo, action, by=world.viewer("chair"))
    assert youth in named(case)
    assert owed(action)["action-due"].next_on is not None


def test_progress_and_outcome_afterwards(give, change, world):
    action = give()
    officer = world.viewer("officer")
    change(operations.note_progress, action, text="First visit made", by=officer)
    change(operations.mark_done, action, by=officer)
    change(operations.add_outcome, action, outcome="Six visits", evidence="Log 12", by=officer)
    assert (action.outcome, action.evidence) == ("Six visits", "Log 12")
    assert last_audit(action).count("action.progress_added") == 2
    with pytest.raises(DomainError):
        change(operations.note_progress, action, text="more", by=officer)


def test_an_open_action_keeps_its_case_open_and_a_closed_case_its_actions(case, give, change, world):
    action = give()
    assert queries.before_close(case) == ["1 action is open. Say first whether it was done."]
    officer = world.viewer("officer")
    change(operations.mark_done, action, by=officer)
    assert queries.before_close(case) == []
    with transaction(hold=(case,)):
        cases.close(
            case, reason_code="risk-reduced", reason="Quiet", changed_for_person="Safe", by=world.viewer("chair")
        )
    with pytest.raises(DomainError, match="closed"):
        change(operations.undo, action, by=officer)
    with pytest.raises(DomainError, match="closed"):
        give()
    with transaction(hold=(case,)):
        cases.reopen(case, reason="Again", review_on=clock.today() + timedelta(days=14), by=world.viewer("chair"))
    assert give().number == 2


def test_asking_after_an_action_once_a_day(case, give, world):
    action = give()
    chair = world.viewer("chair")
    with transaction():
        (first,) = operations.chase([(action, case)], by=chair)
    with transaction():
        (second,) = operations.chase([(action, case)], by=chair)
    officer = world.people["officer"].user_id
    assert (first.told, second.told, set(second.before)) == ([officer], [], {officer})
    assert len(told("action-chased")) == 1
    assert last_audit(action)[0] == "action.chased"


@on_both
def test_counts_and_the_lead_of_an_agency(case, give, world):
    with time_machine.travel(clock.now() - timedelta(days=30), tick=True):
        give(due_in=7)
    give(due_in=7)
    assert queries.open_counts([case.id]) == {case.id: (2, 1)}
    lead = world.viewer("policelead")
    lines = queries.agency_counts(lead, lead.standings[world.east])
    assert [(line.reference, line.number, line.overdue) for line in lines] == [
        (case.reference, 1, True),
        (case.reference, 2, False),
    ]
    assert not any(hasattr(line, "what") for line in lines)
    health = world.viewer("healthlead")
    assert queries.agency_counts(health, health.standings[world.east]) == []


def test_dates_are_local(give):
    with time_machine.travel("2026-07-01T23:30:00+00:00", tick=False):
        assert clock.today() == date(2026, 7, 2)
        assert give(due_in=0).due_on == date(2026, 7, 2)


def test_models_keep_the_history_in_one_place(give):
    action = give()
    assert db.session.get(Action, (action.partnership_id, action.id)) is action
    assert db.session.scalars(select(ActionUpdate.action_id)).all() == [action.id]
