"""A partnership's figures: counts by month and group, never a case."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.sql.elements import Label

from psg import clock
from psg.access import Standing
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db
from psg.partnerships.queries import directory
from psg.web.words import month_year
from psg.worklist.rules import Cell, Figures, months_back, suppressed

NO_GROUP = "Not sure yet"
MONTHS = 12


@dataclass(frozen=True)
class Report:
    """The tables of the page."""

    months: list[str]
    sent: Figures
    """New referrals by group and month."""
    ended: Figures
    """Closed and declined by month."""
    now: Figures
    """Open cases, and referrals that wait, by group."""
    overdue: Cell


def report(standing: Standing) -> Report:
    """The figures of one partnership: three queries besides the directory."""
    months = months_back(clock.today(), MONTHS)
    groups = [(group.id, group.name) for group in directory(standing.partnership_id).groups]
    names: dict[uuid.UUID | None, str] = {**dict(groups), None: NO_GROUP}
    moments = _moments(standing, months[0])
    sent = {name: [0] * MONTHS for name in names.values()}
    ended = {"Closed": [0] * MONTHS, "Declined": [0] * MONTHS}
    for kind, group_id, moment in moments:
        column = _column(months, moment)
        if column is not None and kind == "sent":
            sent[names.get(group_id, NO_GROUP)][column] += 1
        elif column is not None:
            ended[kind][column] += 1
    return Report(
        months=[month_year(month) for month in months],
        sent=suppressed(sent),
        ended=suppressed(ended),
        now=suppressed(_now(standing, names)),
        overdue=_overdue(standing),
    )


def _moments(standing: Standing, first: date) -> Iterable[tuple[str, uuid.UUID | None, datetime]]:
    """When cases were sent, closed and declined since the first month began."""
    since = clock.at_local(first, time(0, 0))
    here = Case.partnership_id == standing.partnership_id
    parts = [
        select(_kind("sent"), Case.group_id, Case.sent_at).where(here, Case.sent_at >= since),
        select(_kind("Closed"), Case.group_id, Case.ended_at).where(
            here, Case.state == CaseState.CLOSED, Case.ended_at >= since
        ),
        select(_kind("Declined"), Case.group_id, Case.ended_at).where(
            here, Case.state == CaseState.DECLINED, Case.ended_at >= since
        ),
    ]
    rows: Iterable[Any] = db.session.execute(union_all(*parts))
    return [(row[0], row[1], row[2]) for row in rows]


def _kind(name: str) -> Label[str]:
    return literal(name).label("kind")


def _column(months: Sequence[date], moment: datetime) -> int | None:
    first = clock.local(moment).date().replace(day=1)
    return months.index(first) if first in months else None


def _now(standing: Standing, names: dict[uuid.UUID | None, str]) -> dict[str, list[int]]:
    table = {name: [0, 0] for name in names.values()}
    statement = (
        select(Case.group_id, Case.state, func.count())
        .where(Case.partnership_id == standing.partnership_id, Case.state.in_((CaseState.OPEN, CaseState.SENT)))
        .group_by(Case.group_id, Case.state)
    )
    for group_id, state, count in db.session.execute(statement):
        table[names.get(group_id, NO_GROUP)][0 if state is CaseState.OPEN else 1] += count
    return table


def _overdue(standing: Standing) -> Cell:
    count = db.session.scalar(
        select(func.count(Action.id)).where(
            Action.partnership_id == standing.partnership_id,
            Action.state == ActionState.OPEN,
            Action.due_on < clock.today(),
        )
    )
    (row,) = suppressed({"overdue": [count or 0]}).rows.values()
    return row[0]
