"""The timeline of a case: what happened, newest first, opened. The caller has loaded the case's key."""

import uuid
from calendar import month_name
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Uuid, and_, bindparam, case, func, literal, select
from sqlalchemy.orm import aliased

from psg import clock
from psg.cases.models import Case, Event
from psg.cases.rules import Precision, When
from psg.crypto import open_rows
from psg.db import ask
from psg.web.words import long_date, time_of_day


@dataclass(frozen=True)
class EventView:
    """An entry of the timeline, opened."""

    id: uuid.UUID
    kind: str
    when: When
    what: str
    who: str
    agency_id: uuid.UUID
    entered_by: uuid.UUID
    entered_at: datetime
    changed_at: datetime | None
    corrects_id: uuid.UUID | None
    corrections: int
    """How many corrections stand under it."""

    @property
    def order(self) -> tuple[Any, ...]:
        """Where it stands among others, oldest first."""
        return (*self.when.order, self.entered_at, self.id)


@dataclass(frozen=True)
class Events:
    """Part of a timeline, newest first, with its numbers: of all entries, and of those entered since a moment."""

    shown: list[EventView]
    total: int
    since: int


_SEALED = ("what", "who", "period", "at_time")


def events_of(
    record: Case,
    *,
    limit: int | None = None,
    since: datetime | None = None,
    kind: str = "",
    agency_id: uuid.UUID | None = None,
    corrections: bool = False,
) -> Events:
    """The timeline, newest first: one query. Corrections are left out unless asked for, and are never counted."""
    values: dict[str, Any] = {"partnership": record.partnership_id, "case": record.id}
    given = {"since": since, "kind": kind or None, "agency": agency_id, "limit": limit}
    values |= {name: value for name, value in given.items() if value is not None}
    statement = _events(corrections, frozenset(values))
    rows = ask(statement, values)
    opened = open_rows(record.partnership_id, Event, _SEALED, [(record.id, *row[:5]) for row in rows])
    shown = [_view(row, texts) for row, texts in zip(rows, opened, strict=True) if texts is not None]
    shown.sort(key=lambda event: event.order, reverse=True)
    return Events(shown, int(rows[0][-2]) if rows else 0, int(rows[0][-1]) if rows else 0)


_PARTNERSHIP, _CASE = bindparam("partnership", type_=Uuid()), bindparam("case", type_=Uuid())


@lru_cache(maxsize=64)
def _events(corrections: bool, given: frozenset[str]) -> Any:
    """The statement for these parameters, built once: a case page asks it every time."""
    later = aliased(Event)
    corrected = (
        select(func.count())
        .select_from(later)
        .where(later.partnership_id == _PARTNERSHIP, later.case_id == _CASE, later.corrects_id == Event.id)
        .correlate(Event)
        .scalar_subquery()
    )
    top = Event.corrects_id.is_(None)
    new = and_(top, Event.entered_at > bindparam("since")) if "since" in given else literal(False)
    statement: Any = (
        select(
            Event.id,
            *(getattr(Event, name).column for name in _SEALED),
            Event.kind,
            Event.sort_on,
            Event.precision,
            Event.owning_agency_id,
            Event.entered_by,
            Event.entered_at,
            Event.changed_at,
            Event.corrects_id,
            corrected,
            func.sum(case((top, 1), else_=0)).over(),
            func.sum(case((new, 1), else_=0)).over(),
        )
        .where(Event.partnership_id == _PARTNERSHIP, Event.case_id == _CASE)
        .order_by(Event.sort_on.is_(None), Event.sort_on.desc(), Event.entered_at.desc(), Event.id.desc())
    )
    if not corrections:
        statement = statement.where(top)
    if "kind" in given:
        statement = statement.where(Event.kind == bindparam("kind"))
    if "agency" in given:
        statement = statement.where(Event.owning_agency_id == bindparam("agency"))
    return statement.limit(bindparam("limit", type_=Integer())) if "limit" in given else statement


def _view(row: Any, texts: tuple[Any, ...]) -> EventView:
    what, who, period, at_time = (text or "" for text in texts)
    precision = Precision(row.precision)
    return EventView(
        row.id,
        row.kind,
        When(row.sort_on, precision, period, at_time),
        what,
        who,
        row.owning_agency_id,
        row.entered_by,
        row.entered_at,
        row.changed_at,
        row.corrects_id,
        row[-3],
    )


def when_of(event: Event) -> When:
    """When a note's event happened."""
    return When(event.sort_on, event.precision, event.period or "", event.at_time or "")


def words_of(when: When) -> str:
    """When, as the timeline says it: weekday for near days, what is not known in words."""
    if when.precision is Precision.DAY and when.sort_on is not None:
        if not when.at_time:
            return long_date(when.sort_on)
        hour, minute = when.at_time.split(":")
        moment = datetime(2000, 1, 1, int(hour), int(minute), tzinfo=clock.LONDON)
        return f"{long_date(when.sort_on)} at {time_of_day(moment.timetz().replace(tzinfo=None))}"
    if when.precision is Precision.PERIOD and when.sort_on is not None:
        return f"{when.words} (placed at {month_name[when.sort_on.month]} {when.sort_on.year})"
    return str(when)
