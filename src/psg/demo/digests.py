"""This morning's digest, made when a visitor of the demonstration asks for it instead of at half past seven."""

import uuid
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import func, select

from psg import clock
from psg.db import db, transaction
from psg.ids import new_id
from psg.reminders import kinds
from psg.reminders.draining import drain
from psg.reminders.models import Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import holders_of

_AHEAD = timedelta(days=7)


def send_now() -> int:
    """Send everybody a digest of what is due within a week or overdue; how many went out.

    What is owed stays as it is, so the next morning's digest comes as it would have come, and asking again sends again.
    """
    now = clock.now()
    key = f"{clock.today().isoformat()} asked {clock.local(now):%H:%M:%S.%f}"
    with transaction():
        for user_id, owed in _owed().items():
            delivery = Delivery(
                id=new_id(), user_id=user_id, kind=kinds.DIGEST, key=key, details={}, created_at=now, next_try_at=now
            )
            db.session.add(delivery)
            db.session.flush()
            for obligation in owed:
                db.session.add(
                    DeliveryLine(
                        partnership_id=obligation.partnership_id, delivery_id=delivery.id, obligation_id=obligation.id
                    )
                )
    drain()
    sent = select(func.count(Delivery.id)).where(
        Delivery.kind == kinds.DIGEST, Delivery.key == key, Delivery.state == DeliveryState.SENT
    )
    return db.session.scalar(sent) or 0


def _owed() -> dict[uuid.UUID, list[Obligation]]:
    """What belongs into a digest of today, by the person who is told."""
    due = select(Obligation).where(Obligation.next_on.is_not(None), Obligation.due_on <= clock.today() + _AHEAD)
    owed: dict[uuid.UUID, list[Obligation]] = defaultdict(list)
    for obligation in db.session.scalars(due.order_by(Obligation.due_on, Obligation.id)):
        kind = kinds.obligation_kind(obligation.kind)
        if kind is None or kind.own_message or not _begun(obligation):
            continue
        for user_id in holders_of(obligation):
            owed[user_id].append(obligation)
    return owed


def _begun(obligation: Obligation) -> bool:
    """Whether its first reminder has come, or comes within the week: an escalation waits until it is long overdue."""
    return obligation.next_on is not None and obligation.next_on <= clock.today() + _AHEAD
