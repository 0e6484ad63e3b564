"""Writing down what became of a message: its state, the try, and the lines that were left out, all or nothing.

What was handed over and is not yet marked goes again after a crash. So marks wait for company only where messages leave
faster than marks are made, and never for long: with a server that takes its time each is marked before the next goes.
"""

import logging
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, update

from psg import clock
from psg.db import QuickChanges, db, transaction
from psg.ids import new_id
from psg.reminders.composing import message_id
from psg.reminders.models import Attempt, Delivery, DeliveryLine
from psg.reminders.outgoing import Outgoing
from psg.reminders.rules import DeliveryState, delay_after

TOGETHER = 10
"""Marks written in one transaction at most: so many messages may go again, with the same Message-ID, after a crash."""
_SECONDS = 0.02
"""From the first of them being handed over: a server that takes longer than this has each message marked alone."""
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What became of one message at one try."""

    state: DeliveryState
    answer: str = ""
    subject: str = ""
    body: str = ""
    dropped: Sequence[uuid.UUID] = ()
    """Obligations whose lines were left out."""
    unreachable: bool = False
    """Nothing else can be sent just now."""


def later(delivery: Outgoing, answer: str, *, dropped: Sequence[uuid.UUID] = (), unreachable: bool = False) -> Result:
    """To be tried again, unless it has been tried for long enough."""
    given_up = delay_after(delivery.attempts) is None
    state = DeliveryState.FAILED if given_up else DeliveryState.WAITING
    return Result(state, answer, dropped=dropped, unreachable=unreachable)


class Marks:
    """Marks of one claim's messages that wait for company. Write them before anything that may take long."""

    def __init__(self, claim: uuid.UUID, quick: QuickChanges | None) -> None:
        self._claim, self._quick = claim, quick
        self._waiting: list[tuple[Outgoing, Result]] = []
        self._since = 0.0

    def add(self, delivery: Outgoing, result: Result, began: float) -> None:
        """One more. began: when its turn came, by the monotonic clock."""
        if self._quick is None or result.dropped:
            mark(delivery, self._claim, result)
            return
        if not self._waiting:
            self._since = began
        self._waiting.append((delivery, result))
        if len(self._waiting) >= TOGETHER or time.monotonic() - self._since >= _SECONDS:
            self.write()

    def write(self) -> None:
        """Write down those that wait."""
        waiting, self._waiting = self._waiting, []
        if not waiting or self._quick is None:
            return
        try:
            values = [_values(delivery, result) for delivery, result in waiting]
            told = [row[name] for row in values for name in _TOLD]
            if self._quick.make(_mark_together(len(waiting)), [self._claim, *told]) < len(waiting):
                _logger.warning("delivery_taken_over", extra={"among": [str(delivery.id) for delivery, _ in waiting]})
        except Exception as fault:  # noqa: BLE001 - whatever it was: the messages have gone, and must not go again
            _logger.warning("marks_written_one_by_one", extra={"failure": type(fault).__name__})
            self._one_by_one(waiting)

    def _one_by_one(self, waiting: Sequence[tuple[Outgoing, Result]]) -> None:
        """What cannot be written down for one must not have the others sent again."""
        for delivery, result in waiting:
            try:
                mark(delivery, self._claim, result)
            except Exception:  # noqa: BLE001 - should the database be away, the next line fails as well and ends the drain
                mark(delivery, self._claim, later(delivery, "could not be written"))


_TOLD = {
    "id": "uuid",
    "state": "text",
    "answer": "text",
    "message_id": "text",
    "sent_at": "timestamptz",
    "subject": "text",
    "body": "text",
    "next_try_at": "timestamptz",
    "attempt": "uuid",
    "at": "timestamptz",
}
"""What a mark says, and as what PostgreSQL takes it."""


@lru_cache(maxsize=TOGETHER)
def _mark_together(count: int) -> str:
    """One statement for so many marks, all of them or none, as PostgreSQL's driver takes it; $1 is the claim."""
    places = iter(range(2, 2 + count * len(_TOLD)))
    rows = ", ".join(f"({', '.join(f'${next(places)}::{kind}' for kind in _TOLD.values())})" for _ in range(count))
    return f"""with marked as (
        update deliveries set state = told.state, claim = null, claimed_until = null, answer = told.answer,
            message_id = told.message_id, sent_at = told.sent_at, subject = told.subject, body = told.body,
            next_try_at = told.next_try_at
        from (values {rows}) as told ({", ".join(_TOLD)})
        where deliveries.id = told.id and deliveries.claim = $1 returning told.*
    )
    insert into delivery_attempts (id, delivery_id, at, outcome, answer)
        select attempt, id, at, state, answer from marked"""  # noqa: S608 - our own names


def mark(delivery: Outgoing, claim: uuid.UUID, result: Result) -> None:
    """Write down what became of one message, unless somebody else has taken it over since."""
    values = _values(delivery, result)
    with transaction():
        changed: Any = _change(
            update(Delivery)
            .where(Delivery.id == delivery.id, Delivery.claim == claim)
            .values(claim=None, claimed_until=None, state=result.state, **{name: values[name] for name in _CHANGED})
        )
        if changed.rowcount == 0:
            _logger.warning("delivery_taken_over", extra={"among": [str(delivery.id)]})
            return
        if result.dropped:
            _change(
                update(DeliveryLine)
                .where(DeliveryLine.delivery_id == delivery.id, DeliveryLine.obligation_id.in_(result.dropped))
                .values(dropped=True)
            )
        row = {"id": values["attempt"], "delivery_id": delivery.id, "at": values["at"], "answer": result.answer}
        _change(insert(Attempt.__table__).values(row | {"outcome": result.state}))


_CHANGED = ("answer", "message_id", "sent_at", "subject", "body", "next_try_at")


def _values(delivery: Outgoing, result: Result) -> dict[str, Any]:
    """What is written down, by the names of `_TOLD`."""
    now = clock.now()
    waits = result.state is DeliveryState.WAITING
    return {
        "id": delivery.id,
        "state": result.state.value,
        "answer": result.answer,
        "message_id": message_id(delivery.id),
        "sent_at": now if result.state is DeliveryState.SENT else None,
        "subject": result.subject,
        "body": result.body,
        "next_try_at": _next_try(delivery.attempts, now) if waits else delivery.next_try_at,
        "attempt": new_id(),
        "at": now,
    }


def _next_try(attempts: int, now: datetime) -> datetime:
    """After the schedule's delay, give or take a quarter, so that many messages do not come back in one moment."""
    delay = delay_after(attempts) or timedelta()
    return now + delay * (0.75 + secrets.randbelow(501) / 1000)


def _change(statement: Any) -> Any:
    return db.session.execute(statement, execution_options={"synchronize_session": False})
