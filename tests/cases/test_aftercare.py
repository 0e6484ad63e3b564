"""A closed case is looked at again: planned at closing, told to whom it concerns, answered without opening the case."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.cases import aftercare, operations
from psg.cases.models import Case, CaseNamed, Event
from psg.cases.rules import CaseState
from psg.db import DomainError, db, transaction
from psg.reminders.models import Obligation
from psg.web.words import long_date
from tests.cases.samples import opened

REASONS = {"reason_code": "risk-reduced", "reason": "Quiet", "changed_for_person": "Sleeps well"}


@pytest.fixture
def address(app, world):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}"


def owed(app):
    with app.app_context():
        rows = db.session.scalars(
            select(Obligation).where(Obligation.kind == "after-closure", Obligation.settled_at.is_(None))
        ).all()
        found = [(row.stage, row.user_id, row.role, row.due_on, row.path) for row in rows]
        db.session.remove()
    return found


def state_of(app):
    with app.app_context():
        state = db.session.scalars(select(Case.state)).one()
        db.session.remove()
    return state


@pytest.mark.parametrize("days", [30, 90])
def test_a_check_is_owed_by_the_lead_officer(app, world, address, client_for, days):
    chair = client_for("chair")
    day = clock.working_day_on_or_after(clock.today() + timedelta(days=days))
    assert f"In {days} days, on {long_date(day)}" in chair.get(f"{address}/close").text
    closed = chair.submit(f"{address}/close", REASONS | {"check": str(days)}, follow=True).text
    assert f"It is looked at again on {long_date(day)}." in closed
    landlord = world.people["landlord"].user_id
    assert owed(app) == [("", landlord, "", day, f"{address}/check")]
    page = client_for("landlord").get(address).text
    assert f"Look again at this closed case by {long_date(day)}." in page
    assert f'href="{address}/check"' in page


@pytest.mark.parametrize("check", ["none", ""])
def test_no_check_is_the_usual_answer(app, address, client_for, check):
    chair = client_for("chair")
    assert chair.submit(f"{address}/close", REASONS | {"check": check}).status_code == 303
    assert owed(app) == []
    assert "No check of this case is owed." in chair.get(f"{address}/check").text
    assert client_for("chair").post(f"{address}/check", {"outcome": "well", "text": "Fine"}).status_code == 409


def test_a_lead_officer_who_can_no_longer_read_it_is_not_the_one(context, world):
    case = opened(world, lead="youth")
    with transaction(hold=(case,)):
        operations.close(case, **REASONS, by=world.viewer("chair"))
        aftercare.plan(case, 30)
    row = db.session.scalars(select(Obligation).where(Obligation.kind == "after-closure")).one()
    assert (row.user_id, row.role) == (None, "coordinator")
    assert db.session.scalars(select(CaseNamed)).all() is not None
    kind = aftercare.AFTER_CLOSURE
    facts = kind.records([row])[row.id]
    assert kind.wanted(world.viewer("coordinator"), row, facts)
    assert not kind.wanted(world.viewer("youth"), row, facts)
    words = kind.line(row, clock.today())
    assert words == f"check of closed case {case.reference}, due {long_date(row.due_on)}"
    assert kind.next_after(row, clock.today()) > clock.today()


def test_it_went_well(app, address, client_for):
    client_for("chair").submit(f"{address}/close", REASONS | {"check": "30"})
    landlord = client_for("landlord")
    empty = landlord.submit(f"{address}/check", {"outcome": "well", "text": ""})
    assert empty.status_code == 422
    said = landlord.submit(f"{address}/check", {"outcome": "well", "text": "He likes his new door"})
    assert said.status_code == 303
    assert "It went well" in (whole := landlord.get(f"{address}/timeline").text) or "it went well" in whole
    assert "He likes his new door" in whole
    assert owed(app) == []
    assert state_of(app) is CaseState.CLOSED


def test_it_did_not_go_well(app, address, client_for):
    client_for("chair").submit(f"{address}/close", REASONS | {"check": "90"})
    landlord, chair = client_for("landlord"), client_for("chair")
    said = landlord.submit(f"{address}/check", {"outcome": "not-well", "text": "They are back"}, follow=True)
    assert "The coordinator is asked to open the case again." in said.text
    assert [(stage, role, path) for stage, _, role, _, path in owed(app)] == [
        ("reopen", "coordinator", f"{address}/reopen")
    ]
    page = chair.get(address).text
    assert "should be opened again" in page
    assert f'href="{address}/reopen"' in page
    day = clock.working_day_on_or_after(clock.today())
    again = {"reason": "They are back", "review_on-choice": "another"}
    again |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
    assert chair.submit(f"{address}/reopen", again).status_code == 303
    assert owed(app) == []
    assert state_of(app) is CaseState.OPEN


def test_a_chair_goes_on_to_reopen(address, client_for):
    chair = client_for("chair")
    chair.submit(f"{address}/close", REASONS | {"check": "30"})
    said = chair.submit(f"{address}/check", {"outcome": "not-well", "text": "They are back"})
    assert said.location == f"{address}/reopen"


def test_nothing_is_said_about_a_case_that_owes_nothing(context, world):
    case = opened(world)
    with pytest.raises(DomainError), transaction(hold=(case,)):
        aftercare.say_how_it_went(case, outcome=aftercare.WELL, text="Fine", by=world.viewer("chair"))
    assert db.session.scalars(select(Event)).all() == []
