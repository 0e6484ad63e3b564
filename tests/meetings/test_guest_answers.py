"""What a guest can do besides reading: ask somebody, put the meeting into a calendar, and say that they cannot come."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from psg import audit, clock
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import DomainError, db, transaction
from psg.meetings import answering, guests, operations
from psg.meetings.models import Attendance, GuestInvitation, Meeting
from psg.meetings.recording import Presence
from psg.meetings.rules import Attended, ComesAs
from psg.partnerships.models import Partnership
from tests.conftest import on_both
from tests.meetings.paths import path as meeting_path


@pytest.fixture
def meeting(room) -> Meeting:
    return room.meet(clock.today() + timedelta(days=21), place="Room 7")


@pytest.fixture
def invitation(room, meeting) -> GuestInvitation:
    case = room.open(title="Threats at Sedge Court")
    with transaction(hold=(meeting,)):
        made = guests.invite(
            meeting,
            case,
            user_id=room.world.people["guest"].user_id,
            comes_as=ComesAs.GUEST,
            reason="Head of year",
            by=room.by("chair"),
        )
    room.publish(meeting)
    return made


def page_of(invitation) -> str:
    return f"/east-test/invited/{invitation.id}"


def attendance(meeting) -> list[Attendance]:
    db.session.rollback()
    return list(db.session.scalars(select(Attendance).where(Attendance.meeting_id == meeting.id)))


@on_both
def test_a_guest_cannot_come_and_then_can(room, meeting, invitation, client_for):
    guest, page = client_for("guest"), page_of(invitation)
    version = meeting.version
    assert "I cannot come" in guest.get(page).text
    assert guest.post(f"{page}/answer", {"comes": "no"}).location.endswith("#coming")
    (row,) = attendance(meeting)
    assert (row.user_id, row.attended) == (room.world.people["guest"].user_id, Attended.APOLOGIES)
    assert meeting.version == version, "whoever arranges the agenda is not disturbed"
    told = guest.get(page).text
    assert "It is noted that you cannot come" in told
    assert "I cannot come</button>" not in told
    agenda = client_for("coordinator").get(meeting_path(meeting, "agenda")).text
    assert "<strong>cannot come</strong>" in agenda
    run = client_for("coordinator").get(meeting_path(meeting, "run")).text
    assert 'value="apologies" checked' in run
    assert guest.post(f"{page}/answer", {"comes": "no"}).status_code == 303, "twice is once"
    assert len(attendance(meeting)) == 1
    assert guest.post(f"{page}/answer", {"comes": "yes"}).status_code == 303
    assert attendance(meeting) == []
    db.session.refresh(meeting)
    assert meeting.version > version, "a page that still shows the apologies would write them again"
    assert "cannot come</strong>" not in client_for("coordinator").get(meeting_path(meeting, "agenda")).text
    said = [
        row.why for row in db.session.scalars(select(AuditEvent).where(AuditEvent.event == "meeting.guest_answered"))
    ]
    assert said == ["cannot come", "comes"]


@on_both
def test_another_date_asks_again(room, meeting, invitation, client_for):
    guest, page = client_for("guest"), page_of(invitation)
    guest.post(f"{page}/answer", {"comes": "no"})
    same_day = {"at": meeting.at, "minutes": meeting.minutes, "place": "Room 8"}
    db.session.rollback()
    for held_on, left in ((meeting.held_on, 1), (meeting.held_on + timedelta(days=7), 0)):
        with transaction(hold=(meeting,)):
            operations.change_meeting(meeting, room.group, held_on=held_on, by=room.by("chair"), **same_day)
        assert len(attendance(meeting)) == left
    assert "I cannot come" in guest.get(page).text


@on_both
def test_apologies_go_with_the_last_invitation(room, meeting, invitation, client_for):
    guest_id, by = room.world.people["guest"].user_id, room.by("chair")
    other = room.open(title="Another door")
    with transaction(hold=(meeting,)):
        operations.put_on(meeting, other.id, by=by)
        again = guests.invite(meeting, other, user_id=guest_id, comes_as=ComesAs.GUEST, reason="", by=by)
    client_for("guest").post(f"{page_of(invitation)}/answer", {"comes": "no"})
    db.session.rollback()
    for made, left in ((again, 1), (invitation, 0)):
        with transaction(hold=(made,)):
            guests.withdraw(made, by=by)
        assert len(attendance(meeting)) == left


def test_what_the_chair_recorded_stays(room, meeting, invitation, client_for):
    guest_id, agency = room.world.people["guest"].user_id, room.world.agencies["council"]
    with time_machine.travel(clock.now() + timedelta(days=21), tick=True):
        with transaction(hold=(meeting,)):
            operations.record_attendance(meeting, {guest_id: Presence(agency, Attended.HERE)}, by=room.by("chair"))
        guest, page = client_for("guest"), page_of(invitation)
        assert "The chair has recorded how you came" in guest.get(page).text
        assert "Speak to them" in guest.post(f"{page}/answer", {"comes": "no"}, follow=True).text
        assert [row.attended for row in attendance(meeting)] == [Attended.HERE]


def test_only_the_guest_answers_and_only_while_it_is_open(room, meeting, invitation, client_for):
    for name in ("coordinator", "chair", "officer", "landlord", "policelead"):
        assert client_for(name).post(f"{page_of(invitation)}/answer", {"comes": "no"}).status_code == 404
    guest = client_for("guest")
    assert guest.post(f"{page_of(invitation)}/answer", {"comes": "perhaps"}).status_code == 400
    with transaction(hold=(invitation,)):
        guests.withdraw(invitation, by=room.by("chair"))
    for address in ("/answer", "/meeting.ics"):
        method = guest.post if address == "/answer" else guest.get
        assert method(page_of(invitation) + address).status_code == 404
    assert attendance(meeting) == []


@on_both
@pytest.mark.parametrize("comes", [True, False])
def test_an_answer_that_waited_for_the_withdrawal_is_refused(app, room, meeting, invitation, comes):
    """The gate has found the invitation open; while the answer waits for the meeting, it is withdrawn."""
    waiting = room.by("guest")
    with db.engine.begin() as elsewhere:
        elsewhere.execute(update(GuestInvitation).values(withdrawn_at=clock.now(), version=invitation.version + 1))
    assert invitation.withdrawn_at is None
    with pytest.raises(DomainError, match="This invitation was withdrawn"), transaction():
        answering.answer(invitation, meeting, comes=comes, by=waiting)
    assert attendance(meeting) == []


def test_the_calendar_file_says_nothing_of_the_case(room, meeting, invitation, client_for):
    answer = client_for("guest").get(f"{page_of(invitation)}/meeting.ics")
    assert answer.mimetype == "text/calendar"
    kept = answer.text.replace("\r\n ", "")
    assert f"UID:{meeting.id}@" in kept
    assert f"/invited/{invitation.id}" in kept
    assert "What you are invited to is in PSG" in kept
    assert "Room 7" in kept
    assert "Sedge" not in kept
    assert "EC-" not in kept
    assert f"/meetings/{meeting.id}" not in kept, "a guest cannot open the meeting"


def test_whom_to_ask(room, invitation, client_for):
    with transaction():
        place = db.session.get_one(Partnership, room.world.east)
        place.contact_email = "safety@east.example"
        audit.record(Event.PARTNERSHIP_CHANGED, place, by=audit.SYSTEM, fields=("contact_email",))
    shown = client_for("guest").get(page_of(invitation)).text
    assert "Coordinator Tester" in shown
    assert "mailto:safety@east.example" in shown
    assert room.world.people["coordinator"].email not in shown, "nobody's own address"


def test_nobody_asked_for_is_nobody(room, meeting):
    assert answering.not_coming(meeting, set()) == set()
