"""A referral decided between meetings: its page says which meeting it comes to, and that meeting has it."""

from datetime import timedelta

import pytest

from psg import clock
from psg.web.words import long_date


@pytest.fixture
def soon():
    return clock.today() + timedelta(days=9)


def accepted(room, visitor, case):
    answers = {
        "decision": "accept",
        "reason": "Several agencies are needed.",
        "lead_agency": str(room.world.agencies["housing"]),
        "review_on-choice": (clock.today() + timedelta(days=60)).isoformat(),
    }
    done = visitor.submit(f"/east-test/cases/{case.reference}/decide", answers)
    assert done.status_code == 303, done.text
    return visitor.get(done.location).text


def test_accepting_says_which_meeting_it_comes_to_and_it_does(room, soon, client_for):
    meeting = room.meet(soon)
    room.meet(soon + timedelta(days=28))
    referral = room.refer(by="landlord")
    chair = client_for("chair")
    shown = chair.get(f"/east-test/cases/{referral.reference}/decide").text
    assert f"agenda of Problem Solving Group on {long_date(soon)}" in shown
    assert f"It comes up for the agenda of the meeting on {long_date(soon)}." in accepted(room, chair, referral)
    agenda = chair.get(f"/east-test/meetings/{meeting.id}/agenda").text
    line = agenda[agenda.index(referral.reference) :]
    assert "not talked about yet" in line


def test_without_a_meeting_the_page_says_so(room, client_for):
    referral = room.refer(by="landlord")
    chair = client_for("chair")
    assert (
        "is planned yet. It comes to the first one." in chair.get(f"/east-test/cases/{referral.reference}/decide").text
    )
    assert "none is planned yet" in accepted(room, chair, referral)


def test_passing_on_says_when_the_other_group_meets(room, soon, client_for):
    room.meet(soon)
    referral = room.refer(by="landlord")
    coordinator = client_for("coordinator")
    answers = {"decision": "pass-on", "reason": "It is about a child.", "group": str(room.world.groups["young"])}
    done = coordinator.submit(f"/east-test/cases/{referral.reference}/decide", answers)
    assert done.status_code == 303, done.text
    after = coordinator.get(done.location).text
    assert "Young People&#39;s Problem Solving Group" in after
    assert "none is planned yet" in after
    assert long_date(soon) not in after[: after.index("none is planned yet")]


def test_a_lead_officer_whose_agency_has_not_signed_is_marked(room, client_for):
    referral = room.refer(by="landlord")
    shown = client_for("chair").get(f"/east-test/cases/{referral.reference}/decide").text
    assert ">Nurse Tester (agency has not signed)</option>" in shown
    assert ">Landlord Tester</option>" in shown
    assert "Figures Tester" not in shown
