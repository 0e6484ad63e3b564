"""The drain: claim what is due with a lease, decide again, send, and mark, one message at a time.

A message is claimed before it is sent and marked after, each in a transaction of its own. Killed in between, it is
claimed anew when the lease runs out and sent again under the same Message-ID: a repeat rather than a silence.
"""

import logging
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, text, update

from psg import clock
from psg.db import db, reading_done, transaction
from psg.ids import new_id
from psg.reminders.composing import UnusableAddress, compose, message_id, plain_text
from psg.reminders.deciding import KindNotKnown, NotWanted, letter_for
from psg.reminders.mailing import NotSent, Post, post_office
from psg.reminders.models import Attempt, Delivery, DeliveryLine
from psg.reminders.rules import DeliveryState, delay_after
from psg.settings import current

LEASE = timedelta(minutes=5)
_MARGIN = timedelta(seconds=90)  # longer than the slowest single message: six answers of ten seconds each
_BATCH = 50
_logger = logging.getLogger(__name__)
IN_PLAY = text("deliveries.state in ('waiting', 'sending')")
"""What is still to go: in the words of the partial index, so that both databases use it."""


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


@dataclass
class Drained:
    """How one run went."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0
    later: int = 0

    def count(self, state: DeliveryState) -> None:
        """Add one."""
        match state:
            case DeliveryState.SENT:
                self.sent += 1
            case DeliveryState.DROPPED:
                self.dropped += 1
            case DeliveryState.FAILED:
                self.failed += 1
            case _:
                self.later += 1


def drain(limit: int = 2_000, *, urgent_only: bool = False, seconds: float = 90) -> Drained:
    """Send what is due: at most `limit` messages, for about so many seconds. Any number of drains may run at once."""
    done, until, taken = Drained(), time.monotonic() + seconds, 0
    with post_office(current().mail_url) as post:
        while taken < limit and time.monotonic() < until:
            claim = new_id()
            batch = _claim(claim, min(_BATCH, limit - taken), urgent_only=urgent_only)
            taken += len(batch)
            if not batch or not _work_off(batch, claim, post, done, until):
                break
    return done


def _claim(claim: uuid.UUID, count: int, *, urgent_only: bool) -> list[Delivery]:
    """Take messages that are due, or that a drain which died has left behind."""
    now = clock.now()
    due = and_(Delivery.state == DeliveryState.WAITING, Delivery.next_try_at <= now)
    abandoned = and_(Delivery.state == DeliveryState.SENDING, Delivery.claimed_until < now)
    wanted = select(Delivery.id).where(IN_PLAY, Delivery.next_try_at <= now, or_(due, abandoned))
    if urgent_only:
        wanted = wanted.where(Delivery.urgent)
    with transaction():
        ids = db.session.scalars(
            wanted.order_by(Delivery.next_try_at, Delivery.id).limit(count).with_for_update(skip_locked=True)
        ).all()
        if not ids:
            return []
        taken = db.session.scalars(
            update(Delivery)
            .where(Delivery.id.in_(ids), or_(due, abandoned))
            .values(
                state=DeliveryState.SENDING,
                claim=claim,
                claimed_until=now + LEASE,
                attempts=Delivery.attempts + 1,
            )
            .returning(Delivery),
            execution_options={"populate_existing": True, "synchronize_session": False},
        ).all()
    return sorted(taken, key=lambda delivery: (delivery.next_try_at, delivery.id))


def _work_off(batch: Sequence[Delivery], claim: uuid.UUID, post: Post, done: Drained, until: float) -> bool:
    """Handle each of a batch; False when there is no point in claiming more."""
    for number, delivery in enumerate(batch):
        leased = delivery.claimed_until is not None and clock.now() < delivery.claimed_until - _MARGIN
        if not leased or time.monotonic() > until:
            _give_back(batch[number:], claim)
            return False
        result = _guarded(batch[number:], claim, post)
        done.count(result.state)
        if result.unreachable:
            _give_back(batch[number + 1 :], claim)
            return False
    return True


def _guarded(rest: Sequence[Delivery], claim: uuid.UUID, post: Post) -> Result:
    """Handle the first of the rest. A fault in one kind's words must hold up neither it nor the others for good."""
    finished = False
    try:
        result = _handle(rest[0], post)
        _mark(rest[0], claim, result)
        finished = True
        return result
    finally:
        if not finished:
            db.session.rollback()
            _mark(rest[0], claim, _later(rest[0], "could not be written"))
            _give_back(rest[1:], claim)


def _handle(delivery: Delivery, post: Post) -> Result:
    """Decide again, write and send one message."""
    if delivery.attempts > 1 and delay_after(delivery.attempts - 1) is None:
        return Result(DeliveryState.FAILED, "given up after 48 hours")
    try:
        letter = letter_for(delivery)
        email = compose(delivery, letter)
    except NotWanted as reason:
        return Result(DeliveryState.DROPPED, reason.reason, dropped=reason.dropped)
    except KindNotKnown:
        return _later(delivery, "kind not known")
    except UnusableAddress:
        return Result(DeliveryState.FAILED, "address cannot be used")
    reading_done()  # no transaction stays open while a mail server takes its time
    try:
        answer = post.send(email)
    except NotSent as error:
        if error.permanent and not error.unreachable:
            return Result(DeliveryState.FAILED, error.answer, dropped=letter.dropped)
        return _later(delivery, error.answer, dropped=letter.dropped, unreachable=error.unreachable)
    body = plain_text(email) if letter.message.keep_body else ""
    return Result(DeliveryState.SENT, answer, str(email["Subject"]), body, letter.dropped)


def _later(delivery: Delivery, answer: str, *, dropped: Sequence[uuid.UUID] = (), unreachable: bool = False) -> Result:
    given_up = delay_after(delivery.attempts) is None
    state = DeliveryState.FAILED if given_up else DeliveryState.WAITING
    return Result(state, answer, dropped=dropped, unreachable=unreachable)


def _mark(delivery: Delivery, claim: uuid.UUID, result: Result) -> None:
    """Write down what became of it, unless somebody else has taken it over since."""
    now = clock.now()
    values: dict[str, Any] = {
        "state": result.state,
        "claim": None,
        "claimed_until": None,
        "answer": result.answer,
        "message_id": message_id(delivery),
    }
    if result.state is DeliveryState.SENT:
        values |= {"sent_at": now, "subject": result.subject, "body": result.body}
    if result.state is DeliveryState.WAITING:
        values["next_try_at"] = _next_try(delivery.attempts, now)
    with transaction():
        changed: Any = _change(
            update(Delivery).where(Delivery.id == delivery.id, Delivery.claim == claim).values(**values)
        )
        if changed.rowcount == 0:
            _logger.warning("delivery_taken_over", extra={"delivery": str(delivery.id)})
            return
        if result.dropped:
            _change(
                update(DeliveryLine)
                .where(DeliveryLine.delivery_id == delivery.id, DeliveryLine.obligation_id.in_(result.dropped))
                .values(dropped=True)
            )
        row = {"id": new_id(), "delivery_id": delivery.id, "at": now, "outcome": result.state, "answer": result.answer}
        _change(insert(Attempt.__table__).values(row))


def _next_try(attempts: int, now: datetime) -> datetime:
    """After the schedule's delay, give or take a quarter, so that many messages do not come back in one moment."""
    delay = delay_after(attempts) or timedelta()
    return now + delay * (0.75 + secrets.randbelow(501) / 1000)


def _give_back(rest: Sequence[Delivery], claim: uuid.UUID) -> None:
    """Let go of messages that were claimed and not tried."""
    if not rest:
        return
    with transaction():
        _change(
            update(Delivery)
            .where(Delivery.id.in_([delivery.id for delivery in rest]), Delivery.claim == claim)
            .values(state=DeliveryState.WAITING, claim=None, claimed_until=None, attempts=Delivery.attempts - 1)
        )


def _change(statement: Any) -> Any:
    return db.session.execute(statement, execution_options={"synchronize_session": False})


def waiting_since() -> datetime | None:
    """When the longest-waiting message that is due should have gone; None when nothing is late. For the status page."""
    statement = select(func.min(Delivery.next_try_at)).where(IN_PLAY, Delivery.next_try_at <= clock.now())
    found: datetime | None = db.session.scalar(statement)
    return found
