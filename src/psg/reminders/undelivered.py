"""What should have gone and has not: for the status page, in one statement that reads spans of small indexes."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, text

from psg import clock
from psg.audit.seal import floor
from psg.db import db
from psg.reminders.draining import IN_PLAY
from psg.reminders.models import Attempt, Delivery
from psg.reminders.rules import DeliveryState

COUNT_TO = 1_000
_REFUSED = text("deliveries.state in ('waiting', 'sending') and deliveries.answer <> ''")
"""In the words of the partial index."""
_LATELY = timedelta(days=1)
_NEVER = literal(uuid.UUID(int=0), Attempt.id.type)


@dataclass(frozen=True)
class Post:
    """How it stands with the messages of the whole installation. Each count is at most one more than `COUNT_TO`."""

    refused: int
    """Messages that were tried and wait for another try: each refusal puts that off, so they are never overdue."""
    answer: str
    """What became of one of them, such as ConnectionRefusedError."""
    stuck_since: datetime | None
    """Since when nothing goes at all and something waits; None while others go, as with one full mailbox."""
    overdue_since: datetime | None
    """When the longest-waiting message that is due should have gone."""
    failed: int
    """Messages that were given up since yesterday."""
    last_failure: str
    """The last answer to one of those."""
    sent_at: datetime | None
    """When the last message of all was sent."""


def look() -> Post:
    """How it stands now."""
    now = clock.now()
    refused = select(Delivery.answer).where(_REFUSED).limit(COUNT_TO + 1).subquery()
    sent = select(Attempt.id).where(Attempt.outcome == DeliveryState.SENT).order_by(Attempt.id.desc()).limit(1)
    failed = (
        select(Attempt.answer)
        .where(Attempt.outcome == DeliveryState.FAILED, Attempt.id >= floor(now - _LATELY))
        .order_by(Attempt.id.desc())
    )
    stuck = (
        select(Attempt.at)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(Attempt.outcome == DeliveryState.WAITING, _REFUSED)
        .where(Attempt.id > func.coalesce(sent.scalar_subquery(), _NEVER))
        .order_by(Attempt.id)
    )
    found = db.session.execute(
        select(
            select(func.count()).select_from(refused).scalar_subquery(),
            select(func.max(refused.c.answer)).scalar_subquery(),
            stuck.limit(1).scalar_subquery(),
            select(func.min(Delivery.next_try_at)).where(IN_PLAY, Delivery.next_try_at <= now).scalar_subquery(),
            select(func.count()).select_from(failed.limit(COUNT_TO + 1).subquery()).scalar_subquery(),
            failed.limit(1).scalar_subquery(),
            sent.with_only_columns(Attempt.at).scalar_subquery(),
        )
    ).one()
    count, answer, stuck_since, overdue_since, given_up, last_failure, sent_at = found
    return Post(count, answer or "", stuck_since, overdue_since, given_up, last_failure or "", sent_at)
