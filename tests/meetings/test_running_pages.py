"""Pages of a meeting that is held: attendance, decisions, minutes."""

from datetime import timedelta

from sqlalchemy import select

from psg import clock
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db
from psg.meetings.models import Outcome
from psg.meetings.rules import MeetingState
from tests.conftest import on_both
from tests.meetings.paths import path, reload


@on_both
def test_run_the_meeting_from_attendance_to_minutes(room, client_for):
    held = room.meet(clock.today())
    case, other = (room.open(review_on=clock.today()) for _ in range(2))
    chair = client_for("chair")
    assert chair.get(path(held, "run")).status_code == 404
    room.publish(held)
    shown = chair.get(path(held, "run"))
    assert shown.status_code == 200
    assert (
        chair.submit(path(held, "run"), {"came_1": "here", "came_2": "deputy", "deputy_2": "B Stand"}).status_code
        == 303
    )
    assert (
        "2 agencies here" in chair.get(path(held, "run")).text or "1 agency here" in chair.get(path(held, "run")).text
    )
    assert chair.submit(path(held, "run"), {"do": "statement"}).status_code == 303
    assert reload(held).statement_read_at

    section = room.item(held)
    noted = chair.submit(path(held, "run", section.id), {"text": "Welcome said."})
    assert noted.status_code == 303
    item = room.item(held, case)
    page = path(held, "run", item.id)
    missing = chair.submit(page, {"agreed": "We go on.", "what_1": "Visit the block"})
    assert missing.status_code == 422
    assert "We go on." in missing.text
    assert "Select what was decided" in missing.text
    review = clock.today() + timedelta(days=56)
    due = clock.today() + timedelta(days=9)
    answers = {
        "decision": "keep-open",
        "agreed": "We go on.",
        "next_review_on-choice": "another",
        "next_review_on-day": str(review.day),
        "next_review_on-month": str(review.month),
        "next_review_on-year": str(review.year),
        "what_1": "Visit the block",
        "owner_1": f"{room.world.agencies['housing']}/{room.world.people['landlord'].user_id}",
        "due_1-day": str(due.day),
        "due_1-month": str(due.month),
        "due_1-year": str(due.year),
    }
    done = chair.submit(page, answers)
    assert done.status_code == 303, done.text
    reload(held)
    kept = db.session.scalar(select(Outcome).where(Outcome.item_id == item.id))
    assert kept.agreed == "We go on."
    stored = db.session.get(Case, (case.partnership_id, case.id))
    assert stored.review_on == review

    twice = chair.post(page, answers | {"decision": "defer"})
    assert twice.status_code == 409
    assert "You recorded this item at " in twice.text
    assert "We go on." in twice.text
    refused = chair.submit(
        path(held, "run", room.item(held, case).id),
        {"decision": "close", "agreed": "Quiet.", "close_reason": "risk-reduced", "changed_for_person": "Sleeps."},
    )
    assert refused.status_code == 422
    assert "1 action is open." in refused.text
    assert "Quiet." in refused.text

    ending = chair.get(path(held, "end"))
    assert other.reference in ending.text
    assert chair.submit(path(held, "end")).status_code == 303
    assert reload(held).state is MeetingState.HELD
    minutes = client_for("landlord").get(path(held, "minutes"))
    assert minutes.status_code == 200
    for words in ("Welcome said.", "We go on.", "Visit the block", "Kept open", "Not reached", "What was decided on"):
        assert words in minutes.text
    assert client_for("landlord").get(path(held, "minutes", "print")).status_code == 200
    assert client_for("landlord").get(path(held, "minutes.pdf")).mimetype == "application/pdf"
    assert client_for("landlord").get(path(held, "minutes", item.id)).status_code == 404
    assert chair.submit(path(held, "minutes", item.id), {"text": "We go on for a month."}).status_code == 303
    assert chair.submit(path(held, "minutes", section.id), {"text": "All welcome."}).status_code == 303
    assert chair.submit(path(held, "minutes", "agree")).status_code == 303
    assert chair.submit(path(held, "minutes", "addendum"), {"text": "Later truth."}).status_code == 303
    final = chair.get(path(held, "minutes")).text
    for words in ("Later truth.", "All welcome.", "We go on for a month.", "Agreed"):
        assert words in final
    assert "Correct the words" not in final


def test_a_referral_is_accepted_at_the_meeting(room, client_for):
    held = room.meet(clock.today())
    referral = room.refer()
    room.publish(held)
    chair = client_for("chair")
    page = path(held, "run", room.item(held, referral).id)
    assert ">Lead agency</label>" in chair.get(page).text
    day = clock.today() + timedelta(days=30)
    done = chair.submit(
        page,
        {
            "decision": "accept",
            "agreed": "Several agencies are needed.",
            "lead_agency": str(room.world.agencies["housing"]),
            "next_review_on-choice": "another",
            "next_review_on-day": str(day.day),
            "next_review_on-month": str(day.month),
            "next_review_on-year": str(day.year),
        },
    )
    assert done.status_code == 303, done.text
    assert f"{referral.reference}: accepted, recorded at " in chair.get(done.location).text
    assert "Recorded: accepted." in chair.get(page).text
    reload(held)
    stored = db.session.get(Case, (referral.partnership_id, referral.id))
    assert stored.state is CaseState.OPEN
