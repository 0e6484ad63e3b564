"""What should have gone and has not: for the status page, from small indexes of what is still to go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from psg import clock
from psg.db import db
from psg.reminders.draining import IN_PLAY
from psg.reminders.models import Attempt, Delivery
from psg.reminders.rules import DeliveryState

COUNT_TO = 1_000
_REFUSED = text("deliveries.state in ('waiting', 'sending') and deliveries.answer <> ''")
"""In the words of the partial index."""


@dataclass(frozen=True)
class Refused:
    """Messages that were tried and wait for another try."""

    count: int
    """At most one more than `COUNT_TO`."""
    answer: str
    """What became of one of them, such as ConnectionRefusedError."""
    since: datetime | None
    """Since when nothing goes at all; None while others go, as with one full mailbox."""


def waiting_since() -> datetime | None:
    """When the longest-waiting message that is due should have gone; None when nothing is late."""
    statement = select(func.min(Delivery.next_try_at)).where(IN_PLAY, Delivery.next_try_at <= clock.now())
    found: datetime | None = db.session.scalar(statement)
    return found


def refused() -> Refused | None:
    """What was refused and is not given up; each refusal puts the next try off, so such a message is never overdue."""
    tried = select(Delivery.answer).where(_REFUSED).limit(COUNT_TO + 1).subquery()
    count, answer = db.session.execute(select(func.count(), func.max(tried.c.answer)).select_from(tried)).one()
    if not count:
        return None
    last_sent = select(Attempt.id).where(Attempt.outcome == DeliveryState.SENT).order_by(Attempt.id.desc()).limit(1)
    after = db.session.scalar(last_sent)
    statement = (
        select(Attempt.at)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .where(Attempt.outcome == DeliveryState.WAITING, IN_PLAY)
        .order_by(Attempt.id)
        .limit(1)
    )
    since = db.session.scalar(statement.where(Attempt.id > after) if after else statement)
    return Refused(count, answer, since)
