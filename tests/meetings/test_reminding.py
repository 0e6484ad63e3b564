"""What meetings remind people of: who is told, decided again at sending, and never a case in a mail."""

from datetime import time, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from psg import audit, clock
from psg.audit.events import Event
from psg.db import db, transaction
from psg.meetings import operations, tasks
from psg.meetings.models import Meeting
from psg.meetings.reminding import CANCELLED, CLOSING, MOVED, PUBLISHED, PUBLISHING, TOMORROW
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState
from psg.web.words import meeting_date
from tests.conftest import on_both
from tests.reminders.asking import still_owed


def deliveries(room, kind: str, name: str) -> list[Delivery]:
    user_id = room.world.people[name].user_id
    mine = select(Delivery).where(Delivery.kind == kind, Delivery.user_id == user_id)
    return list(db.session.scalars(mine.order_by(Delivery.id)))


def text(message) -> str:
    return "\n".join([message.subject, *(str(paragraph) for paragraph in message.paragraphs), message.link])


@on_both
def test_published_agenda_with_count_and_calendar_file(room):
    meeting = room.meet(clock.today() + timedelta(days=21), place="Room 7")
    case = room.open(title="Threats at Sedge Court")
    room.publish(meeting)
    (told,) = deliveries(room, "agenda-published", "landlord")
    assert told.state is DeliveryState.WAITING
    landlord = room.by("landlord")
    assert PUBLISHED.wanted(landlord, told)
    message = PUBLISHED.render(landlord, told)
    assert message.subject.endswith("is ready (1 item is yours)")
    assert message.link == f"/east-test/meetings/{meeting.id}"
    calendar = message.ics.decode()
    for secret in (case.reference, "Sedge", "Room 7", "Ludlow"):
        assert secret not in text(message) + calendar
    (event,) = Calendar.from_ical(message.ics).walk("VEVENT")
    assert str(event["uid"]).startswith(str(meeting.id))
    assert "No item is yours." in text(PUBLISHED.render(room.by("officer"), told))


def test_who_may_not_read_any_more_gets_nothing(room):
    meeting = room.meet(clock.today() + timedelta(days=21))
    room.open()
    room.publish(meeting)
    (told,) = deliveries(room, "agenda-published", "nurse")
    assert not PUBLISHED.wanted(room.by("nurse"), told)
    (chairs,) = deliveries(room, "agenda-published", "chair")
    room.open()
    room.publish(meeting)
    assert not PUBLISHED.wanted(room.by("chair"), chairs), "version 2 has a mail of its own"
    with transaction(hold=(meeting,)):
        operations.cancel_meeting(meeting, reason="holiday", by=room.by())
    (cancelled,) = deliveries(room, "meeting-cancelled", "chair")
    assert CANCELLED.wanted(room.by("chair"), cancelled)
    assert "does not take place" in text(CANCELLED.render(room.by("chair"), cancelled))


@on_both
def test_the_working_day_before_a_meeting_everybody_is_told_once(room, monkeypatch):
    day = clock.add_working_days(clock.today(), 8)
    meeting = room.meet(day)
    room.open(review_on=clock.today())
    assert tasks.remind_of_tomorrow() == 0
    room.publish(meeting)
    before = clock.add_working_days(day, -1)
    morning = clock.at_local(before, time(7, 30))
    monkeypatch.setattr(clock, "source", lambda: morning)
    assert tasks.remind_of_tomorrow() == 1
    assert tasks.remind_of_tomorrow() == 1
    (told,) = deliveries(room, "meeting-tomorrow", "officer")
    assert TOMORROW.wanted(room.by("officer"), told)
    assert "at 10am" in TOMORROW.render(room.by("officer"), told).subject
    after = clock.at_local(day + timedelta(days=1), time(7, 30))
    monkeypatch.setattr(clock, "source", lambda: after)
    assert not TOMORROW.wanted(room.by("officer"), told)


def test_a_moved_meeting_is_told_to_those_who_had_the_agenda(room):
    meeting = room.meet(clock.today() + timedelta(days=21))
    room.open()
    room.publish(meeting)
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
    (told,) = deliveries(room, "meeting-moved", "officer")
    assert MOVED.wanted(room.by("officer"), told)
    now, was = meeting_date(meeting.held_on), meeting_date(meeting.held_on - timedelta(days=1))
    assert f"The meeting is now on {now} at 3pm. It was on {was} at 10am." in text(
        MOVED.render(room.by("officer"), told)
    )
    with transaction(hold=(meeting,)):
        here = {"held_on": meeting.held_on, "at": meeting.at, "minutes": 60}
        operations.change_meeting(meeting, room.group, **here, place="Room 2", by=room.by())
    mails = [mail for mail in deliveries(room, "meeting-moved", "officer") if mail.id != told.id]
    assert f"The meeting is on {now} at 3pm." in text(MOVED.render(room.by("officer"), *mails))


def test_the_agenda_mail_asks_for_no_looking_up_by_a_day_that_is_past(room):
    soon, later = room.meet(clock.today()), room.meet(clock.today() + timedelta(days=21))
    room.open()
    for meeting, asked in ((soon, False), (later, True)):
        room.publish(meeting)
        told = deliveries(room, "agenda-published", "officer")[-1]
        words = text(PUBLISHED.render(room.by("officer"), told))
        assert ("Look up your agency's records by" in words) is asked
        assert "The agenda of the meeting on" in words
    room.open(review_on=later.held_on)
    room.publish(later)
    newest = next(mail for mail in deliveries(room, "agenda-published", "officer") if mail.details["version"] == 2)
    message = PUBLISHED.render(room.by("officer"), newest)
    assert message.subject.startswith("PSG: version 2 of the agenda for ")
    assert message.paragraphs[0].startswith(f"Version 2 of the agenda of the meeting on {meeting_date(later.held_on)}")


@pytest.mark.parametrize(("kind", "first"), [(CLOSING, "Referrals for"), (PUBLISHING, "Publish the agenda")])
def test_what_coordinator_and_chair_owe(room, kind, first):
    room.monthly()
    planned = db.session.scalars(select(Meeting.id).order_by(Meeting.held_on)).all()[2]
    mine = (Obligation.kind == kind.code, Obligation.record_id == planned)
    owed = list(db.session.scalars(select(Obligation).where(*mine)))
    assert {one.role for one in owed} == {"coordinator", "chair"}
    for one in owed:
        assert kind.line(one, clock.today()).startswith(first)
        assert one.next_on == clock.add_working_days(one.due_on, -1)
        assert kind.next_after(one, one.next_on) == one.due_on
    wanted = {name: still_owed(kind, room.by(name), owed) for name in ("coordinator", "chair", "officer", "youthchair")}
    assert [len(wanted[name]) for name in wanted] == [1, 1, 0, 0]
    assert CLOSING.next_after(owed[0], owed[0].due_on) is None
    assert PUBLISHING.next_after(owed[0], owed[0].due_on) == clock.next_working_day(owed[0].due_on)


@on_both
def test_an_extra_meeting_has_no_day_on_which_referrals_close(room):
    extra = room.meet(clock.add_working_days(clock.today(), 30))
    with transaction(hold=(extra,)):
        day = clock.add_working_days(clock.today(), 40)
        operations.change_meeting(
            extra, room.group, held_on=day, at=extra.at, minutes=90, place="", by=room.by("coordinator")
        )
    owed = select(Obligation).where(Obligation.record_id == extra.id, Obligation.settled_at.is_(None))
    assert {one.kind for one in db.session.scalars(owed)} == {PUBLISHING.code}


def test_what_is_owed_already_for_an_extra_meeting_is_not_sent(room):
    room.monthly()
    planned = db.session.scalars(select(Meeting).order_by(Meeting.held_on)).all()[2]
    mine = (Obligation.kind == CLOSING.code, Obligation.record_id == planned.id)
    owed = list(db.session.scalars(select(Obligation).where(*mine)))
    assert still_owed(CLOSING, room.by("coordinator"), owed)
    with transaction(hold=(planned,)):
        planned.series_on = None  # as of one that was planned by hand before this was asked
        audit.record(Event.MEETING_CHANGED, planned, by=room.by("coordinator"), fields=["series_on"])
    assert not still_owed(CLOSING, room.by("coordinator"), owed)
