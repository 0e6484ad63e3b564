"""Reminders as the coordinator sees them: what was sent, what waits, what failed. Of their own partnership only."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from psg import clock
from psg.access import Standing, Viewer
from psg.access.facts import PartnershipFacts
from psg.audit.seal import floor
from psg.db import db
from psg.reminders import kinds
from psg.reminders.draining import IN_PLAY
from psg.reminders.models import Attempt, Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from psg.web import paging

PAGE = 50
COUNT_TO = 1_000
_TRIED_FOR = timedelta(days=7)  # longer than any message is tried
_RECENT = timedelta(days=30)

STATES = {
    DeliveryState.WAITING: ("Waiting", "blue"),
    DeliveryState.SENDING: ("Being sent", "blue"),
    DeliveryState.SENT: ("Sent", "green"),
    DeliveryState.FAILED: ("Failed", "red"),
    DeliveryState.DROPPED: ("No longer wanted", "grey"),
}
"""A word and a tone for each state."""


@dataclass(frozen=True)
class SeenDelivery:
    """A delivery with what one partnership may see of it."""

    partnership_id: uuid.UUID
    delivery: Delivery
    attempts: Sequence[Attempt] = ()
    lines: Sequence[str] = ()
    """What a digest spoke of in this partnership."""
    shared: bool = False
    """Whether the digest speaks of another partnership too: then its text is not shown here."""

    def facts(self) -> PartnershipFacts:
        """What access rules may know about it."""
        return PartnershipFacts(self.partnership_id)


@dataclass(frozen=True)
class Tile:
    """One figure at the top of the page."""

    words: str
    count: int
    state: DeliveryState

    @property
    def text(self) -> str:
        """The count, or "more than 1,000"."""
        return f"more than {COUNT_TO:,}" if self.count > COUNT_TO else f"{self.count:,}"


def listed(standing: Standing, *, state: str, kind: str, cursor: str | None) -> paging.Page[Delivery]:
    """A page of the partnership's deliveries, newest first."""
    at = paging.decode(cursor, (uuid.UUID,))
    newest: list[ColumnElement[Any]] = [Delivery.__table__.c.id]
    wanted = select(Delivery).where(_of(standing.partnership_id))
    if state in set(DeliveryState):
        wanted = wanted.where(Delivery.state == DeliveryState(state))
    if kind in kinds.codes():
        wanted = wanted.where(Delivery.kind == kind)
    if at is not None:
        wanted = wanted.where(paging.condition(newest, at, [True]))
    rows = db.session.scalars(wanted.order_by(*paging.order(newest, at, [True])).limit(PAGE + 1)).all()
    return paging.page(rows, PAGE, lambda delivery: (delivery.id,), at)


def tiles(standing: Standing) -> list[Tile]:
    """Sent today, waiting, failed."""
    midnight = clock.at_local(clock.today(), time(0))
    here = _of(standing.partnership_id)
    # Ids sort by time, so each count reads a span of the key, or the small index of what is still to go.
    sent = (
        Delivery.id >= floor(midnight - _TRIED_FOR),
        Delivery.state == DeliveryState.SENT,
        Delivery.sent_at >= midnight,
    )
    failed = (Delivery.id >= floor(midnight - _RECENT), Delivery.state == DeliveryState.FAILED)
    return [
        Tile("sent today", _count(here, *sent), DeliveryState.SENT),
        Tile("waiting", _count(here, IN_PLAY), DeliveryState.WAITING),
        Tile("failed in 30 days", _count(here, *failed), DeliveryState.FAILED),
    ]


def find(_viewer: Viewer, standing: Standing, delivery_id: uuid.UUID) -> SeenDelivery | None:
    """One delivery, if it is, or speaks of, something of the partnership."""
    statement = select(Delivery).where(Delivery.id == delivery_id, _of(standing.partnership_id))
    delivery = db.session.scalar(statement)
    if delivery is None:
        return None
    rows = db.session.execute(
        select(DeliveryLine.partnership_id, DeliveryLine.dropped, Obligation.reference)
        .outerjoin(
            Obligation,
            and_(Obligation.partnership_id == DeliveryLine.partnership_id, Obligation.id == DeliveryLine.obligation_id),
        )
        .where(DeliveryLine.delivery_id == delivery_id)
        .order_by(Obligation.due_on, Obligation.reference)
    ).all()
    own = [row for row in rows if row.partnership_id == standing.partnership_id]
    tried = db.session.scalars(select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.at)).all()
    return SeenDelivery(
        partnership_id=standing.partnership_id,
        delivery=delivery,
        attempts=tried,
        lines=[f"{row.reference or 'erased'}{' (no longer wanted)' if row.dropped else ''}" for row in own],
        shared=len(own) < len(rows),
    )


def _of(partnership_id: uuid.UUID) -> ColumnElement[bool]:
    line_here = exists().where(DeliveryLine.partnership_id == partnership_id, DeliveryLine.delivery_id == Delivery.id)
    return or_(Delivery.partnership_id == partnership_id, line_here)


def _count(*conditions: Any) -> int:
    capped = select(Delivery.id).where(*conditions).limit(COUNT_TO + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(capped)) or 0
