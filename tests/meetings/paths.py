"""Addresses of a meeting's pages, and the meeting as the database has it now."""

from psg.db import db
from psg.meetings.models import Meeting


def path(meeting: Meeting, *parts: object) -> str:
    return "/".join(["/east-test/meetings", str(meeting.id), *map(str, parts)])


def reload(meeting: Meeting) -> Meeting:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Meeting, (meeting.partnership_id, meeting.id))
