"""Writing down what became of a message: its state, the try, and the lines that were left out, all or nothing."""

import logging
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from psg import clock
from psg.db import QuickChanges, db, transaction
from psg.ids import new_id
from psg.reminders.composing import message_id
from psg.reminders.models import Attempt, Delivery, DeliveryLine
from psg.reminders.rules import DeliveryState, delay_after

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


def mark(delivery: Delivery, claim: uuid.UUID, result: Result, quick: QuickChanges | None = None) -> None:
    """Write down what became of it, unless somebody else has taken it over since."""
    now = clock.now()
    sent, waits = result.state is DeliveryState.SENT, result.state is DeliveryState.WAITING
    values = {
        "delivery": delivery.id,
        "claimed_by": claim,
        "state": result.state.value,
        "answer": result.answer,
        "message_id": message_id(delivery),
        "sent_at": now if sent else None,
        "subject": result.subject,
        "body": result.body,
        "next_try_at": _next_try(delivery.attempts, now) if waits else delivery.next_try_at,
        "attempt": new_id(),
        "at": now,
    }
    if quick is None:
        changed = _by_steps(values, result.dropped)
    elif result.dropped:
        changed = quick.make(_AT_ONCE_DROPPING, values | {"dropped": list(result.dropped)})
    else:
        changed = quick.make(_AT_ONCE, values)
    if changed == 0:
        _logger.warning("delivery_taken_over", extra={"delivery": str(delivery.id)})


_MARKED = """with marked as (
    update deliveries set state = %(state)s, claim = null, claimed_until = null, answer = %(answer)s,
        message_id = %(message_id)s, sent_at = %(sent_at)s, subject = %(subject)s, body = %(body)s,
        next_try_at = %(next_try_at)s
    where id = %(delivery)s and claim = %(claimed_by)s returning id
)"""
_TRIED = """insert into delivery_attempts (id, delivery_id, at, outcome, answer)
    select %(attempt)s, marked.id, %(at)s, %(state)s, %(answer)s from marked"""
_LEFT_OUT = """left_out as (
    update delivery_lines set dropped = true from marked
    where delivery_lines.delivery_id = marked.id and obligation_id = any(%(dropped)s)
)"""
# One statement is one transaction, so all of it stands or none. In the driver's words: it runs once for every message.
_AT_ONCE = f"{_MARKED} {_TRIED}"
_AT_ONCE_DROPPING = f"{_MARKED}, {_LEFT_OUT} {_TRIED}"


def _by_steps(values: dict[str, Any], dropped: Sequence[uuid.UUID]) -> int:
    """The same in a transaction of the session, statement by statement."""
    names = ("state", "answer", "message_id", "sent_at", "subject", "body", "next_try_at")
    new = {name: values[name] for name in names} | {"state": DeliveryState(values["state"])}
    with transaction():
        changed: Any = _change(
            update(Delivery)
            .where(Delivery.id == values["delivery"], Delivery.claim == values["claimed_by"])
            .values(claim=None, claimed_until=None, **new)
        )
        if changed.rowcount == 0:
            return 0
        if dropped:
            _change(
                update(DeliveryLine)
                .where(DeliveryLine.delivery_id == values["delivery"], DeliveryLine.obligation_id.in_(dropped))
                .values(dropped=True)
            )
        row = {"id": values["attempt"], "delivery_id": values["delivery"], "at": values["at"]}
        _change(insert(Attempt.__table__).values(row | {"outcome": new["state"], "answer": values["answer"]}))
    return 1


def _next_try(attempts: int, now: datetime) -> datetime:
    """After the schedule's delay, give or take a quarter, so that many messages do not come back in one moment."""
    delay = delay_after(attempts) or timedelta()
    return now + delay * (0.75 + secrets.randbelow(501) / 1000)


def _change(statement: Any) -> Any:
    return db.session.execute(statement, execution_options={"synchronize_session": False})
