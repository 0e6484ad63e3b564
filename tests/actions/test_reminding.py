"""What reminders of actions say, to whom, and when they are no longer wanted."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.actions import operations, reminding
from psg.cases import operations as cases
from psg.db import db, transaction
from psg.reminders.models import Delivery, Obligation
from tests.reminders.asking import still_owed

pytestmark = pytest.mark.usefixtures("context")


def obligation(action, kind):
    return db.session.scalars(
        select(Obligation).where(Obligation.record_id == action.id, Obligation.kind == kind)
    ).one()


def wanted_by(world, kind, row):
    names = ("officer", "both", "chair", "coordinator", "landlord", "nurse", "policelead", "healthlead", "suspended")
    return {name for name in names if still_owed(kind, world.viewer(name), [row])}


def test_a_persons_action_is_theirs_alone(give, world):
    row = obligation(give(), "action-due")
    assert wanted_by(world, reminding.DUE_KIND, row) == {"officer"}


def test_an_agencys_action_is_its_members_and_its_leads(give, world):
    row = obligation(give(None, "police"), "action-due")
    # The chair is a constable too.
    assert wanted_by(world, reminding.DUE_KIND, row) == {"officer", "both", "chair", "policelead"}


def test_nobody_of_an_agency_without_a_signature_is_told(give, world):
    row = obligation(give("nurse", "health"), "action-due")
    assert wanted_by(world, reminding.DUE_KIND, row) == set()
    escalated = obligation(give(None, "health"), "action-escalation")
    assert wanted_by(world, reminding.ESCALATION_KIND, escalated) == set()


def test_escalation_goes_to_the_lead(give, world):
    row = obligation(give(), "action-escalation")
    assert wanted_by(world, reminding.ESCALATION_KIND, row) == {"policelead"}


def test_nothing_is_wanted_once_it_is_done_or_the_case_is_erased(give, change, case, world):
    done, left = give(), give()
    rows = [obligation(action, "action-due") for action in (done, left)]
    change(operations.mark_done, done, by=world.viewer("officer"))
    assert still_owed(reminding.DUE_KIND, world.viewer("officer"), rows) == {rows[1].id}
    with transaction(hold=(case,)):
        cases.erase_case(case, by=world.viewer("coordinator"))
    assert still_owed(reminding.DUE_KIND, world.viewer("officer"), rows) == set()


def test_the_rhythm_follows_the_settings(give):
    action = give(due_in=30)
    due, lead = obligation(action, "action-due"), obligation(action, "action-escalation")
    assert reminding.DUE_KIND.next_after(due, due.next_on) == action.due_on
    assert reminding.DUE_KIND.next_after(due, action.due_on + timedelta(days=1)) == action.due_on + timedelta(days=8)
    assert reminding.ESCALATION_KIND.next_after(lead, lead.next_on) == action.due_on + timedelta(days=21)


def test_the_words_hold_counts_references_and_dates_only(give, case):
    action = give(what="Visit Raymond Tebbitt")
    due, lead = obligation(action, "action-due"), obligation(action, "action-escalation")
    late = action.due_on + timedelta(days=14)
    assert reminding.DUE_KIND.line(due, clock.today()).startswith(f"action 1 of {case.reference}, due ")
    assert reminding.ESCALATION_KIND.line(lead, late).endswith(", 14 days overdue")
    assert reminding.ESCALATION_KIND.always
    assert reminding.ESCALATION_KIND.subject(1) == "1 action of your agency is overdue"
    assert reminding.ESCALATION_KIND.subject(3) == "3 actions of your agency are overdue"


def test_the_message_to_a_new_owner(give, change, case, world):
    action = give(what="Visit Raymond Tebbitt")
    delivery = db.session.scalars(select(Delivery).where(Delivery.kind == "action-given")).one()
    officer = world.viewer("officer")
    assert reminding.GIVEN_KIND.wanted(officer, delivery)
    message = reminding.GIVEN_KIND.render(officer, delivery)
    words = " ".join([message.subject, *message.paragraphs, message.why])
    assert f"action 1 of {case.reference}" in words
    assert message.subject.startswith(f"PSG: action 1 of {case.reference} is yours, due ")
    assert message.paragraphs[0].startswith("You have been given ")
    assert "your agency" not in words
    assert "Tebbitt" not in words
    assert "Officer" not in words
    assert message.link == f"/east-test/actions/{action.id}"
    landlord = {"owner_id": world.people["landlord"].user_id, "owner_agency_id": world.agencies["housing"]}
    change(operations.give, action, **landlord, by=world.viewer("chair"))
    assert not reminding.GIVEN_KIND.wanted(officer, delivery)


def test_a_lead_is_led_to_the_agencys_list(give, world):
    action = give(None, "police")
    delivery = db.session.scalars(
        select(Delivery).where(Delivery.kind == "action-given", Delivery.user_id == world.people["officer"].user_id)
    ).one()
    assert delivery.details["path"] == f"/east-test/actions/{action.id}"
    message = reminding.GIVEN_KIND.render(world.viewer("policelead"), delivery)
    assert message.link == "/east-test/agency-actions"
    assert " is your agency's, due " in message.subject
    assert message.paragraphs[0].startswith("Your agency has been given ")
    assert message.why == "You get this because an action was given to your agency."
    assert date.fromisoformat(delivery.details["due_on"]) == action.due_on
