"""What features below ask of meetings: which ones an action may come from, and on which dates they were."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from psg import clock
from psg.actions.checks import MeetingChoice
from psg.db import db
from psg.meetings.models import Meeting
from psg.meetings.rules import MeetingState

_LAST = 3


def choices(partnership_id: uuid.UUID, group_id: uuid.UUID) -> list[MeetingChoice]:
    """A group's next meeting and its last few, newest first."""
    of_group = select(Meeting.id, Meeting.held_on).where(
        Meeting.partnership_id == partnership_id,
        Meeting.group_id == group_id,
        Meeting.state != MeetingState.CANCELLED,
    )
    today = clock.today()
    coming = db.session.execute(of_group.where(Meeting.held_on >= today).order_by(Meeting.held_on).limit(1)).all()
    past = db.session.execute(of_group.where(Meeting.held_on < today).order_by(Meeting.held_on.desc()).limit(_LAST))
    return [MeetingChoice(row.id, row.held_on) for row in (*coming, *past)]


def dates_of(partnership_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The dates of the meetings with these ids."""
    found = select(Meeting.id, Meeting.held_on).where(Meeting.partnership_id == partnership_id, Meeting.id.in_(ids))
    return {row.id: row.held_on for row in db.session.execute(found)}
