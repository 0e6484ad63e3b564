"""Minutes on a real database: who came, what was noted, and that agreed minutes stay as they are."""

import pytest
from sqlalchemy import select, update

from psg import clock
from psg.audit.models import AuditEvent
from psg.db import DomainError, db, transaction
from psg.meetings import operations
from psg.meetings.models import Meeting
from psg.meetings.reading import published, record_of
from psg.meetings.rules import Attended, MeetingState
from tests.conftest import on_both


def events(code: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == code).order_by(AuditEvent.at)))


def reading(room, meeting, name):
    viewer = room.by(name)
    return published(viewer, viewer.standing(meeting.partnership_id), meeting)


@on_both
def test_attendance_statement_notes_minutes_and_addendum(room):
    meeting = room.meet(clock.today())
    with pytest.raises(DomainError, match="Publish the agenda first"), transaction(hold=(meeting,)):
        operations.read_statement(meeting, by=room.by())
    case = room.open(review_on=clock.today())
    room.publish(meeting)
    chair = room.world.people["chair"].user_id
    with transaction(hold=(meeting,)):
        operations.record_attendance(
            meeting,
            {chair: operations.Presence(room.world.agencies["police"], Attended.DEPUTY, "B Stand-in")},
            by=room.by(),
        )
        operations.read_statement(meeting, by=room.by())
    section = room.item(meeting)
    with transaction(hold=(meeting,)):
        operations.record_note(section, meeting, "Welcome said.", by=room.by())
    outcome = room.decide(meeting, case, "escalate", agreed="Asked the board.")
    room.end(meeting)
    with pytest.raises(DomainError):
        room.decide(meeting, case, "keep-open")
    with transaction(hold=(meeting,)):
        operations.correct_agreed(outcome, meeting, "Asked the board for money.", by=room.by(), version=outcome.version)
    with transaction(hold=(meeting,)):
        operations.agree_minutes(meeting, by=room.by())
    with pytest.raises(DomainError, match="agreed"), transaction(hold=(meeting,)):
        operations.record_note(section, meeting, "Too late.", by=room.by(), version=1)
    with transaction(hold=(meeting,)):
        operations.add_addendum(meeting, "The board said yes.", by=room.by())

    viewer = room.by("officer")
    record = record_of(viewer, viewer.standing(meeting.partnership_id), meeting)
    assert record.reading.outcomes[case.id].agreed == "Asked the board for money."
    assert record.notes[section.id].text == "Welcome said."
    assert record.attendance[0].deputy == "B Stand-in"
    assert record.addenda[0].text == "The board said yes."
    for code in (
        "meeting.attendance_recorded",
        "meeting.started",
        "meeting.ended",
        "minutes.confirmed",
        "minutes.addendum_added",
    ):
        assert events(code), code


@on_both
def test_minutes_agreed_since_they_were_read_stay_as_they_are(room):
    case = room.open()
    meeting = room.meet(clock.today())
    room.publish(meeting)
    outcome = room.decide(meeting, case, "keep-open")
    room.end(meeting)
    with db.engine.begin() as somebody_else:
        somebody_else.execute(update(Meeting).where(Meeting.id == meeting.id).values(state=MeetingState.AGREED))
    with pytest.raises(DomainError, match="minutes of this meeting are agreed"), transaction():
        operations.correct_agreed(outcome, meeting, "Put otherwise.", by=room.by(), version=outcome.version)
