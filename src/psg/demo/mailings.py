"""The mail of the last weeks: sent by the real sweep and drain, under the clock of its day."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from psg import clock
from psg.db import db, transaction
from psg.demo.timing import Step
from psg.demo.world import World
from psg.ids import new_id
from psg.meetings.reminding import remind_of_meetings
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
    with transaction():
        remind_of_meetings()
    sweep()
    drain()


def _send() -> None:
    drain()


def _long_ago() -> None:
    """Messages of before: sent within minutes, their text not kept."""
    waiting = db.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.WAITING)).all()
    sent = [_sent_long_ago(delivery) for delivery in waiting]
    tries = [
        {
            "id": new_id(),
            "delivery_id": row["id"],
            "at": row["sent_at"],
            "outcome": row["state"],
            "answer": row["answer"],
        }
        for row in sent
    ]
    with transaction():
        if sent:
            db.session.execute(update(Delivery), sent)
            db.session.execute(insert(Attempt), tries)


def _sent_long_ago(delivery: Delivery) -> dict[str, Any]:
    kind = kinds.message_kind(delivery.kind)
    return {
        "id": delivery.id,
        "state": DeliveryState.SENT,
        "attempts": 1,
        "sent_at": delivery.created_at + timedelta(minutes=2),
        "message_id": message_id(delivery.id),
        "answer": "written",
        "subject": f"PSG: {kind.label.lower()}" if kind and kind.label else "PSG",
    }
