"""Closing a case at the meeting offers the same look afterwards as closing it on its own page."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.cases import aftercare
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db, transaction
from psg.meetings.models import Outcome
from psg.partnerships.queries import labels
from psg.web.words import long_date
from tests import pdfs
from tests.meetings.paths import path

CLOSING = {"decision": "close", "agreed": "Quiet.", "close_reason": "risk-reduced", "changed_for_person": "Sleeps."}


@pytest.fixture
def held(room):
    return room.meet(clock.today())


def chosen(page: str) -> str:
    return re.search(r'name="check" type="radio" value="([^"]+)" checked', page).group(1)


def after(browser, answer) -> str:
    """The page that a sent form leads to."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.location).text


@pytest.mark.parametrize("days", [30, 90])
def test_a_case_closed_at_the_meeting_is_looked_at_again(room, held, client_for, days):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, "run", room.item(held, case).id)
    day = aftercare.check_on(days)
    chair = client_for("chair")
    assert f"In {days} days, on {long_date(day)}" in chair.get(page).text
    told = after(chair, chair.submit(page, CLOSING | {"check": str(days)}))
    assert f"It is looked at again on {long_date(day)}." in told
    db.session.rollback()
    stored = db.session.get(Case, (case.partnership_id, case.id))
    assert (stored.state, aftercare.due(stored)) == (CaseState.CLOSED, day)
    check = f"Check after closing {long_date(day)}"
    assert check in client_for("landlord").get(f"/east-test/cases/{case.reference}/meetings").text
    again = chair.get(page).text
    assert "Look at it again" not in again, "what closed the case is changed on the case"
    assert chair.submit(page, {"decision": "close", "agreed": "Quiet since May."}).status_code == 303
    assert chair.submit(path(held, "end")).status_code == 303
    minutes = chair.get(path(held, "minutes")).text
    assert "Quiet since May." in minutes
    assert check in minutes


@pytest.mark.parametrize("check", ["none", ""])
def test_no_check_is_the_usual_answer_at_the_meeting(room, held, client_for, check):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, "run", room.item(held, case).id)
    chair = client_for("chair")
    assert chosen(chair.get(page).text) == "none"
    told = after(chair, chair.submit(page, CLOSING | {"check": check}))
    assert ": closed, recorded at" in told
    assert "looked at again" not in told
    db.session.rollback()
    assert aftercare.due(db.session.get(Case, (case.partnership_id, case.id))) is None
    assert db.session.scalar(select(Outcome.next_review_on).where(Outcome.case_id == case.id)) is None


def test_the_check_survives_an_error_and_is_none_of_a_case_that_stays_open(room, held, client_for):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, "run", room.item(held, case).id)
    chair = client_for("chair")
    wrong = chair.submit(page, CLOSING | {"check": "90", "changed_for_person": ""})
    assert wrong.status_code == 422
    assert chosen(wrong.text) == "90"
    day = clock.working_day_on_or_after(clock.today() + timedelta(days=56))
    kept = {"decision": "keep-open", "agreed": "On.", "next_review_on-choice": day.isoformat(), "check": "90"}
    assert chair.submit(page, kept).status_code == 303
    db.session.rollback()
    assert aftercare.due(db.session.get(Case, (case.partnership_id, case.id))) is None


def test_whatever_closing_lacks_is_asked_for_at_once(room, held, client_for):
    case = room.open(review_on=clock.today())
    with transaction(hold=(case,)):
        action = actions.add_action(
            case,
            what="Visit the block",
            owner_id=room.world.people["landlord"].user_id,
            owner_agency_id=room.world.agencies["housing"],
            due_on=clock.today(),
            by=room.by(),
        )
    room.publish(held)
    page = path(held, "run", room.item(held, case).id)
    chair = client_for("chair")
    offered = chair.get(page).text
    assert "1 action is open: <a" in offered
    answer = f"/east-test/actions/{action.id}/update"
    assert f'href="{answer}?back={page}">say first whether it was done</a>' in offered
    wrong = chair.submit(page, {"decision": "close", "what_1": "Write to the landlord"})
    assert wrong.status_code == 422
    summary = wrong.text[wrong.text.index("govuk-error-summary__list") : wrong.text.index("<h1")]
    asked = (
        "1 action is open. Say first whether it was done.",
        "Select why the case is closed.",
        "Enter what has changed for the person harmed.",
        "Enter what was agreed and why.",
        "Select who will do this action",
    )
    places = [summary.index(words) for words in asked]
    assert places == sorted(places), "in the order of the page"
    assert chair.submit(page, CLOSING).status_code == 422
    assert chair.submit(answer, {"result": "done"}).status_code == 303
    assert "is open: <a" not in chair.get(page).text
    assert chair.submit(page, CLOSING).status_code == 303


def test_the_minutes_say_why_it_was_closed(room, held, client_for):
    case, kept = (room.open(review_on=clock.today()) for _ in range(2))
    room.publish(held)
    by, again = room.by(), {"reason": "Too early", "review_on": clock.today() + timedelta(days=7)}
    other = {"reason_code": "no-contact", "reason": "Not here.", "changed_for_person": "Nothing of this meeting."}
    with transaction(hold=(case,)):
        cases.close(case, **other, by=by)
    with transaction(hold=(case,)):
        cases.reopen(case, **again, by=by)
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        room.decide(held, case, "close", close_reason="risk-reduced", changed_for_person="Sleeps at home.")
        room.decide(held, kept, "keep-open")
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        with transaction(hold=(case,)):
            cases.reopen(case, **again, by=by)
        with transaction(hold=(case,)):
            cases.close(case, **other, by=by)
        room.end(held)
        because = labels(case.partnership_id)["close-reasons", "risk-reduced"]
        reader = client_for("landlord")
        for page in ("minutes", "minutes/print", "minutes.pdf"):
            answer = reader.get(path(held, page))
            text = pdfs.text_of(answer.data) if page.endswith("pdf") else re.sub(r"<[^>]+>", " ", answer.text)
            text = " ".join(text.split())
            assert text.count(f"Reason for closing: {because}") == 1, page
            assert "What changed for the person harmed: Sleeps at home." in text, page
            assert "Nothing of this meeting" not in text
        with transaction(hold=(case,)):
            cases.erase_case(case, by=room.by("coordinator"))
        for page in ("minutes", "minutes/print", "minutes.pdf"):
            answer = reader.get(path(held, page))
            assert answer.status_code == 200
            assert because not in (pdfs.text_of(answer.data) if page.endswith("pdf") else answer.text)
