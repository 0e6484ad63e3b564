"""What the room needs to know of a case before it decides: what is going on now, what is new, what is overdue."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select

from psg import clock
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases.happened import when_of, words_of
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
class News:
    """An entry of the timeline: when it happened, in its words, and the day it was entered where that came later."""

    when: str
    entered_on: date | None
    what: str


@dataclass(frozen=True)
class Digest:
    """A case in short."""

    now: str
    now_at: datetime | None
    since: date | None
    """The last meeting, or None when there was none."""
    new_count: int
    newest: list[News]
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
        newest=[_news(row[0]) for row in rows],
        actions=[
            OpenAction(
                one.id, one.number, one.what or "", one.owner_id, one.owner_agency_id, one.due_on, one.due_on < today
            )
            for one in open_actions
        ],
    )


def _news(event: Event) -> News:
    when, entered_on = when_of(event), clock.local(event.entered_at).date()
    return News(words_of(when), entered_on if when.entered_late(entered_on) else None, event.what or "")
