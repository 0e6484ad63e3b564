"""What the room needs to know of a case before it decides: what is going on now, what is new, what is overdue."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select

from psg import clock
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases.models import Case, Event
from psg.db import db

_NEWEST = 5


@dataclass(frozen=True)
class OpenAction:
    """An action that is not finished."""

    id: uuid.UUID
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


def digest_of(case: Case, since: date | None) -> Digest:
    """The digest of a case, with what was entered since the last meeting: two queries."""
    new = [Event.partnership_id == case.partnership_id, Event.case_id == case.id]
    if since is not None:
        new.append(Event.entered_at >= clock.at_local(since, time(0, 0)))
    rows: list[Any] = list(
        db.session.execute(
            select(Event, func.count().over()).where(*new).order_by(Event.entered_at.desc()).limit(_NEWEST)
        )
    )
    newest: list[Event] = [row[0] for row in rows]
    count: int = rows[0][1] if rows else 0
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
            OpenAction(
                one.id, one.number, one.what or "", one.owner_id, one.owner_agency_id, one.due_on, one.due_on < today
            )
            for one in open_actions
        ],
    )
