"""What the room needs to know of a case before it decides: what is going on now, what is new, what is overdue."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select

from psg import clock
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases.models import Case, Event
from psg.db import db
from psg.meetings.models import Meeting
from psg.meetings.rules import HAPPENED

_NEWEST = 5


@dataclass(frozen=True)
class OpenAction:
    """An action that is not finished."""

    number: int
    what: str
    owner_id: uuid.UUID | None
    owner_agency_id: uuid.UUID
    due_on: date
    overdue: bool


@dataclass(frozen=True)
class Digest:
    """A case in short."""

    now: str
    now_at: datetime | None
    since: date | None
    """The last meeting, or None when there was none."""
    new_count: int
    newest: list[Event]
    actions: list[OpenAction]


def digest_of(case: Case, meeting: Meeting) -> Digest:
    """The digest of a case at a meeting: four queries."""
    since = db.session.scalar(
        select(func.max(Meeting.held_on)).where(
            Meeting.partnership_id == meeting.partnership_id,
            Meeting.group_id == meeting.group_id,
            Meeting.held_on < meeting.held_on,
            Meeting.state.in_(HAPPENED),
        )
    )
    new = [Event.partnership_id == case.partnership_id, Event.case_id == case.id]
    if since is not None:
        new.append(Event.entered_at >= clock.at_local(since, time(0, 0)))
    newest = list(db.session.scalars(select(Event).where(*new).order_by(Event.entered_at.desc()).limit(_NEWEST)))
    count = db.session.scalar(select(func.count()).select_from(Event).where(*new)) or 0
    open_actions = db.session.scalars(
        select(Action)
        .where(
            Action.partnership_id == case.partnership_id,
            Action.case_id == case.id,
            Action.state == ActionState.OPEN,
        )
        .order_by(Action.due_on, Action.number)
    )
    today = clock.today()
    return Digest(
        now=case.now_text or "",
        now_at=case.now_at,
        since=since,
        new_count=count,
        newest=newest,
        actions=[
            OpenAction(one.number, one.what or "", one.owner_id, one.owner_agency_id, one.due_on, one.due_on < today)
            for one in open_actions
        ],
    )
