"""Guests and observers: one item, from the agenda's publication to the end of the meeting, and nothing else."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.agreements import operations as agreements
from psg.agreements.models import Signature
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.db import DomainError, db, transaction
from psg.meetings import guest_reminding, guests, operations, tasks
from psg.meetings.models import Attendance, GuestInvitation, Meeting
from psg.meetings.recording import Presence
from psg.meetings.rules import Attended, ComesAs
from psg.partnerships import places
from psg.partnerships.models import Membership
from psg.reminders.models import Delivery
from tests.conftest import on_both

SOON = timedelta(days=21)
NOW = "Two boys were seen on the stairs again; the school knows both."
WHY = "Head of year of both boys"


@pytest.fixture
def meeting(room) -> Meeting:
    return room.meet(clock.today() + SOON, place="Room 7")


@pytest.fixture
def case(room):
    made = room.open(title="Threats at Sedge Court")
    with transaction(hold=(made,)):
        cases.set_now(made, text=NOW, by=room.by("landlord"))
    return made


def invite(room, meeting, case, *, who="guest", comes_as=ComesAs.GUEST, by="chair") -> GuestInvitation:
    with transaction(hold=(meeting,)):
        return guests.invite(
            meeting, case, user_id=room.world.people[who].user_id, comes_as=comes_as, reason=WHY, by=room.by(by)
        )


def path(invitation: GuestInvitation) -> str:
    return f"/east-test/invited/{invitation.id}"


def mails(room, kind: str, name: str = "guest") -> list[Delivery]:
    user_id = room.world.people[name].user_id
    return list(db.session.scalars(select(Delivery).where(Delivery.kind == kind, Delivery.user_id == user_id)))


def words(message) -> str:
    return "\n".join([message.subject, *map(str, message.paragraphs), message.link, message.why])


@on_both
def test_a_guest_reads_their_item_and_nothing_else(room, meeting, case, client_for):
    other = room.open(title="Nothing of the guest's")
    invitation = invite(room, meeting, case)
    guest = client_for("guest")
    assert guest.get(path(invitation)).status_code == 404, "the agenda is not out"
    assert "Items you are invited to" not in guest.get("/my-work").text
    room.publish(meeting)
    home = guest.get("/my-work").text
    assert path(invitation) in home
    assert case.reference in home
    assert "Sedge" not in home
    page = guest.get(path(invitation)).text
    for shown in (case.reference, "Threats at Sedge Court", NOW, "Room 7", "10am", "on the agenda", "Chair Tester"):
        assert shown in page
    for kept in (other.reference, WHY, "Ludlow", "Quince", "It happens every weekend", "Landlord Tester"):
        assert kept not in page
    closed = [
        f"/east-test/cases/{case.reference}",
        f"/east-test/cases/{case.reference}/people",
        "/east-test/cases",
        "/east-test/actions",
        "/east-test/meetings",
        f"/east-test/meetings/{meeting.id}",
        f"/east-test/meetings/{meeting.id}/agenda.pdf",
        f"/east-test/meetings/{meeting.id}/meeting.ics",
        f"/east-test/meetings/{meeting.id}/agenda/{case.id}/guests",
        "/east-test/find-person",
        "/east-test/",
        "/east-test/agencies",
        "/east-test/groups/psg",
        "/east-test/agreements",
    ]
    assert {address: guest.get(address).status_code for address in closed} == dict.fromkeys(closed, 404)
    found = guest.get(f"/find?reference={case.reference}", follow=True)
    assert case.reference not in found.text or found.status_code == 404
    looked = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "meeting.guest_looked")).one()
    assert (looked.case_id, looked.user_id) == (case.id, room.world.people["guest"].user_id)


def test_the_case_says_who_reads_its_item_as_a_guest(room, meeting, case, client_for):
    page = f"/east-test/cases/{case.reference}/sharing"
    invitation = invite(room, meeting, case)
    assert "Guest Tester" not in client_for("officer").get(page).text
    room.publish(meeting)
    shown = client_for("officer").get(page).text
    assert "Guest Tester, Reed Homes" in shown
    with transaction(hold=(invitation,)):
        guests.withdraw(invitation, by=room.by())
    assert "Guest Tester" not in client_for("officer").get(page).text


def test_nobody_else_opens_an_invitation(room, meeting, case, client_for):
    invitation = invite(room, meeting, case)
    room.publish(meeting)
    for name in ("chair", "coordinator", "officer", "referrer", "youth", "roleless", "cityofficer"):
        assert client_for(name).get(path(invitation)).status_code == 404, name


def test_an_observer_listens(room, meeting, case, client_for):
    invitation = invite(room, meeting, case, who="youth", comes_as=ComesAs.OBSERVER)
    room.publish(meeting)
    page = client_for("youth").get(path(invitation))
    assert page.status_code == 200
    assert "observer: you listen" in page.text


def _withdraw(room, meeting, case, invitation):
    guests.withdraw(invitation, by=room.by())


def _cancel(room, meeting, case, invitation):
    operations.cancel_meeting(meeting, reason="holiday", by=room.by())


def _erase(room, meeting, case, invitation):
    cases.erase_case(case, by=room.by("coordinator"))


def _pass_on(room, meeting, case, invitation):
    cases.pass_on(case, group_id=room.world.groups["young"], reason="For the young.", by=room.by())


def _end_agreement(room, meeting, case, invitation):
    theirs = Signature.agency_id == room.world.agencies["housing"]
    for signature in db.session.scalars(select(Signature).where(theirs)):
        agreements.end_signature(signature, reason="x", by=room.by("governance"))


def _suspend(room, meeting, case, invitation):
    mine = Membership.user_id == room.world.people["guest"].user_id
    places.suspend(db.session.scalars(select(Membership).where(mine)).one(), by=room.by("coordinator"))


@pytest.mark.parametrize("how", [_withdraw, _cancel, _erase, _pass_on, _end_agreement, _suspend])
def test_what_closes_an_item_at_once(room, meeting, case, client_for, how):
    invitation = invite(room, meeting, case)
    room.publish(meeting)
    guest = client_for("guest")
    assert guest.get(path(invitation)).status_code == 200
    with transaction(hold=(meeting, case)):
        how(room, meeting, case, invitation)
    answer = guest.get(path(invitation))
    assert answer.status_code == (403 if how is _end_agreement else 404)
    assert "Sedge" not in answer.text
    assert path(invitation) not in guest.get("/my-work").text


def test_taken_off_the_published_agenda_it_closes_and_opens_again(room, meeting, case, client_for):
    room.open()
    invitation = invite(room, meeting, case)
    room.publish(meeting)
    guest = client_for("guest")
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, case.id, "no-time", by=room.by())
    assert guest.get(path(invitation)).status_code == 200, "readers see what was published"
    room.publish(meeting)
    assert guest.get(path(invitation)).status_code == 404
    with transaction(hold=(meeting,)):
        operations.put_on(meeting, case.id, by=room.by())
    room.publish(meeting)
    assert guest.get(path(invitation)).status_code == 200
    assert len(mails(room, "guest-invited")) == 1, "one mail for one invitation"


def test_after_the_meeting_nothing_is_left_to_read(room, case, client_for, monkeypatch):
    meeting = room.meet(clock.today())
    invitation = invite(room, meeting, case)
    room.publish(meeting)
    guest = client_for("guest")
    room.decide(meeting, case, "keep-open")
    page = guest.get(path(invitation))
    assert page.status_code == 200, "a decision does not take the page away from who sits there"
    assert "As discussed" not in page.text
    real = clock.source
    monkeypatch.setattr(clock, "source", lambda: real() + timedelta(days=1))
    assert guest.get(path(invitation)).status_code in (302, 303, 404), "the day is over, though nobody pressed End"
    monkeypatch.setattr(clock, "source", real)
    room.end(meeting)
    assert guest.get(path(invitation)).status_code == 404
    assert path(invitation) not in guest.get("/my-work").text


def test_who_can_be_invited(room, meeting, case):
    names = {person.name for person in guests.candidates(meeting, _directory(room))}
    assert {"Guest Tester", "Youth Tester", "Referrer Tester"} <= names
    assert not names & {"Policelead Tester", "Governance Tester", "Figures Tester"}, "they see no case text"
    assert not names & {"Chair Tester", "Officer Tester", "Coordinator Tester", "Nurse Tester", "Suspended Tester"}
    with pytest.raises(DomainError, match="has signed"):
        invite(room, meeting, case, who="nurse")
    invite(room, meeting, case)
    with pytest.raises(DomainError, match="already invited"):
        invite(room, meeting, case)
    gone = room.open()
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, gone.id, "no-time", by=room.by())
    with pytest.raises(DomainError, match="not on the agenda"):
        invite(room, meeting, gone)


def _directory(room):
    from psg.partnerships.queries import directory

    return directory(room.world.east)


def test_inviting_and_withdrawing_on_the_pages(room, meeting, case, client_for):
    chair, here = client_for("chair"), f"/east-test/meetings/{meeting.id}/agenda/{case.id}/guests"
    shown = chair.get(here).text
    assert NOW in shown, "whoever invites reads what the guest will read"
    wrong = chair.submit(here, {"reason": "Typed with care"})
    assert wrong.status_code == 422
    for said in ("Select a person", "Select whether they come as guest or observer", "Typed with care"):
        assert said in wrong.text
    given = {"person": str(room.world.people["guest"].user_id), "comes_as": "guest", "reason": WHY}
    assert chair.submit(here, given).status_code == 303
    page = chair.get(here).text
    assert "Guest Tester" in page
    assert WHY in page
    assert "Guest: Guest Tester" in chair.get(f"/east-test/meetings/{meeting.id}/agenda").text
    invitation = db.session.scalars(select(GuestInvitation)).one()
    back = chair.post(f"/east-test/meetings/{meeting.id}/guests/{invitation.id}/withdraw")
    assert back.status_code == 303
    assert "Guest: Guest Tester" not in chair.get(f"/east-test/meetings/{meeting.id}/agenda").text
    assert chair.post(f"/east-test/meetings/{meeting.id}/guests/{invitation.id}/withdraw").status_code == 404
    assert client_for("officer").get(here).status_code == 404
    db.session.rollback()  # what the browser has written since
    events = [event.event for event in db.session.scalars(select(AuditEvent).where(AuditEvent.case_id == case.id))]
    assert {"meeting.guest_invited", "meeting.guest_withdrawn"} <= set(events)


@on_both
def test_mails_to_guests_say_a_date_and_nothing_else(room, case, monkeypatch):
    day = clock.add_working_days(clock.today(), 8)
    meeting = room.meet(day, place="Room 7")
    invite(room, meeting, case)
    assert mails(room, "guest-invited") == [], "nothing to read yet"
    room.publish(meeting)
    (told,) = mails(room, "guest-invited")
    guest = room.by("guest")
    assert guest_reminding.INVITED.wanted(guest, told)
    message = guest_reminding.INVITED.render(guest, told)
    assert "invited to one item of the meeting on" in message.subject
    assert message.link == "/my-work#invited"
    for secret in (case.reference, "Sedge", "Room 7", "Tester", "Problem", NOW):
        assert secret not in words(message)
    assert message.ics is None or not message.ics
    morning = clock.at_local(clock.add_working_days(day, -1), time(7, 30))
    monkeypatch.setattr(clock, "source", lambda: morning)
    tasks.remind_of_tomorrow()
    tasks.remind_of_tomorrow()
    (near,) = mails(room, "guest-meeting-tomorrow")
    assert guest_reminding.TOMORROW.wanted(guest, near)
    assert "1 item" in words(guest_reminding.TOMORROW.render(guest, near))
    assert not mails(room, "meeting-tomorrow"), "a guest gets no mail about the agenda"
    with transaction(hold=(meeting,)):
        operations.cancel_meeting(meeting, reason="holiday", by=room.by())
    (cancelled,) = mails(room, "guest-meeting-cancelled")
    assert guest_reminding.CANCELLED.wanted(guest, cancelled)
    assert "does not take place" in words(guest_reminding.CANCELLED.render(guest, cancelled))
    assert not guest_reminding.TOMORROW.wanted(guest, near)
    assert not guest_reminding.INVITED.wanted(guest, told)


def test_a_moved_meeting_and_a_withdrawn_invitation(room, meeting, case):
    room.publish(meeting)
    invitation = invite(room, meeting, case)
    (told,) = mails(room, "guest-invited")
    with transaction(hold=(meeting,)):
        operations.change_meeting(
            meeting,
            room.group,
            held_on=meeting.held_on + timedelta(days=1),
            at=time(15),
            minutes=60,
            place="",
            by=room.by(),
        )
    (moved,) = mails(room, "guest-meeting-moved")
    guest = room.by("guest")
    assert guest_reminding.MOVED.wanted(guest, moved)
    assert "at 3pm. It was on " in words(guest_reminding.MOVED.render(guest, moved))
    with transaction(hold=(invitation,)):
        guests.withdraw(invitation, by=room.by())
    assert not guest_reminding.MOVED.wanted(guest, moved)
    assert not guest_reminding.INVITED.wanted(guest, told)


def test_a_guest_is_offered_for_attendance_and_counts_for_no_quorum(room, case, client_for):
    meeting = room.meet(clock.today())
    invite(room, meeting, case, who="referrer")
    room.publish(meeting)
    run = client_for("chair").get(f"/east-test/meetings/{meeting.id}/run").text
    assert "Referrer Tester (guest)" in run
    came = {
        room.world.people[name].user_id: Presence(room.world.agencies[agency], Attended.HERE)
        for name, agency in (("referrer", "housing"), ("chair", "police"))
    }
    with transaction(hold=(meeting,)):
        operations.record_attendance(meeting, came, by=room.by())
    assert db.session.query(Attendance).count() == 2
    assert "1 agency here" in client_for("chair").get(f"/east-test/meetings/{meeting.id}/run").text
    room.end(meeting)
    minutes = client_for("officer").get(f"/east-test/meetings/{meeting.id}/minutes").text
    assert "Referrer Tester (guest)" in minutes
    assert "1 agency came" in minutes
    assert client_for("referrer").get(f"/east-test/meetings/{meeting.id}/minutes").status_code == 404


def test_a_meeting_with_a_guest_is_not_swept_away_by_another_rhythm(room, case):
    meeting = room.meet(clock.today() + SOON)
    invite(room, meeting, case)
    from psg.meetings.planning import _begun

    assert _begun([meeting]) == {meeting.id}
