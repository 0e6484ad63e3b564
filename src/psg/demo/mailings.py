"""The mail of the last weeks: sent by the real sweep and drain, under the clock of its day."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select, update

from psg import clock
from psg.db import db, transaction
from psg.demo.timing import Step
from psg.demo.world import World
from psg.reminders import kinds
from psg.reminders.composing import message_id
from psg.reminders.draining import drain
from psg.reminders.models import Attempt, Delivery
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import sweep

DAYS = 10
"""Working days of which the mail can be read."""
_DIGEST = 7 * 60 + 31
_ROUNDS = (11 * 60, 14 * 60, 17 * 60)


def steps(world: World) -> Iterator[Step]:
    """Long ago nothing is kept but that it was sent; then every morning's digest and every day's messages."""
    today = world.calendar.today
    first = clock.add_working_days(today, -DAYS)
    yield Step(first, 1, _long_ago)
    day = first
    while day < today:
        if clock.is_working_day(day):
            yield Step(day, _DIGEST, _morning)
        for minute in _ROUNDS:
            yield Step(day, minute, _send)
        day += timedelta(days=1)


def _morning() -> None:
    sweep()
    drain()


def _send() -> None:
    drain()


def _long_ago() -> None:
    """Messages of before: sent within minutes, their text not kept."""
    waiting = select(Delivery).where(Delivery.state == DeliveryState.WAITING)
    with transaction():
        for delivery in db.session.scalars(waiting).all():
            kind = kinds.message_kind(delivery.kind)
            sent_at = delivery.created_at + timedelta(minutes=2)
            db.session.execute(
                update(Delivery)
                .where(Delivery.id == delivery.id)
                .values(
                    state=DeliveryState.SENT,
                    attempts=1,
                    sent_at=sent_at,
                    message_id=message_id(delivery),
                    answer="written",
                    subject=f"PSG: {kind.label.lower()}" if kind and kind.label else "PSG",
                ),
                execution_options={"synchronize_session": False},
            )
            db.session.add(Attempt(delivery_id=delivery.id, at=sent_at, outcome=DeliveryState.SENT, answer="written"))
