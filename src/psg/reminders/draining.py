"""The drain: claim what is due with a lease, decide again, send, and mark.

A message is claimed before it is sent and marked after, each time committed. Killed in between, it is claimed anew when
the lease runs out and sent again under the same Message-ID: a repeat rather than a silence.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, Integer, and_, bindparam, or_, select, text, update

from psg import clock
from psg.db import QuickChanges, UtcDateTime, db, quick_changes, reading_done, transaction
from psg.ids import new_id
from psg.reminders.composing import UnusableAddress, compose
from psg.reminders.deciding import KindNotKnown, Knowledge, NotWanted, learn, letter_for
from psg.reminders.mailing import NotSent, Post, post_office
from psg.reminders.marking import Marks, Result, later, mark
from psg.reminders.models import Delivery
from psg.reminders.outgoing import Outgoing
from psg.reminders.rules import DeliveryState, delay_after
from psg.settings import current

LEASE = timedelta(minutes=5)
_MARGIN = timedelta(seconds=90)  # longer than the slowest single message: six answers of ten seconds each
_BATCH = 50
_logger = logging.getLogger(__name__)
IN_PLAY = text("deliveries.state in ('waiting', 'sending')")
"""What is still to go: in the words of the partial index, so that both databases use it."""


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
            if not batch:
                break
            with quick_changes() as quick:
                if not _Round(batch, claim, post, quick, until).work_off(done):
                    break
    return done


def _claim(claim: uuid.UUID, count: int, *, urgent_only: bool) -> list[Outgoing]:
    """Take messages that are due, or that a drain which died has left behind."""
    now = clock.now()
    values = {"now": now, "count": count, "claimed_by": claim, "until": now + LEASE}
    with transaction():
        taken = db.session.execute(_TAKE_URGENT if urgent_only else _TAKE, values).all()
    return sorted(map(Outgoing._make, taken), key=lambda delivery: (delivery.next_try_at, delivery.id))


_rows = Delivery.__table__.c


def _take(*more: ColumnElement[bool]) -> Executable:
    """Find and take in one statement; rows that another drain is taking are left to it."""
    now = bindparam("now", type_=UtcDateTime())
    free = or_(
        and_(_rows.state == DeliveryState.WAITING, _rows.next_try_at <= now),
        and_(_rows.state == DeliveryState.SENDING, _rows.claimed_until < now),
    )
    wanted = (
        select(_rows.id)
        .where(IN_PLAY, _rows.next_try_at <= now, free, *more)
        .order_by(_rows.next_try_at, _rows.id)
        .limit(bindparam("count", type_=Integer()))
        .with_for_update(skip_locked=True)
        .cte("wanted")
    )
    return (
        update(Delivery.__table__)
        .where(_rows.id.in_(select(wanted.c.id)))
        .values(
            state=DeliveryState.SENDING,
            claim=bindparam("claimed_by"),
            claimed_until=bindparam("until"),
            attempts=_rows.attempts + 1,
        )
        .returning(*(_rows[name] for name in Outgoing._fields))
    )


_TAKE, _TAKE_URGENT = _take(), _take(_rows.urgent)


class _Round:
    """One claimed batch on its way out."""

    def __init__(
        self, batch: Sequence[Outgoing], claim: uuid.UUID, post: Post, quick: QuickChanges | None, until: float
    ) -> None:
        self._batch, self._claim, self._post, self._until = batch, claim, post, until
        self._marks = Marks(claim, quick)
        self._known: Knowledge | None = None

    def work_off(self, done: Drained) -> bool:
        """Handle each; False when there is no point in claiming more."""
        try:
            for number, delivery in enumerate(self._batch):
                leased = clock.now() < delivery.claimed_until - _MARGIN
                if not leased or time.monotonic() > self._until:
                    _give_back(self._batch[number:], self._claim)
                    return False
                result = self._guarded(self._batch[number:])
                done.count(result.state)
                if result.unreachable:
                    _give_back(self._batch[number + 1 :], self._claim)
                    return False
            return True
        finally:
            self._marks.write()

    def _guarded(self, rest: Sequence[Outgoing]) -> Result:
        """Handle the first of the rest. A fault in one kind's words must hold up neither it nor the others for good."""
        began, finished = time.monotonic(), False
        try:
            result = self._handle(rest)
            self._marks.add(rest[0], result, began)
            finished = True
            return result
        finally:
            if not finished:
                self._marks.write()
                db.session.rollback()
                mark(rest[0], self._claim, later(rest[0], "could not be written"))
                _give_back(rest[1:], self._claim)

    def _handle(self, rest: Sequence[Outgoing]) -> Result:
        """Decide again, write and send one message."""
        delivery = rest[0]
        if delivery.attempts > 1 and delay_after(delivery.attempts - 1) is None:
            return Result(DeliveryState.FAILED, "given up after 48 hours")
        try:
            letter = letter_for(delivery, self._knowledge(rest))
            mail = compose(delivery, letter)
        except NotWanted as reason:
            return Result(DeliveryState.DROPPED, reason.reason, dropped=reason.dropped)
        except KindNotKnown:
            return later(delivery, "kind not known")
        except UnusableAddress:
            return Result(DeliveryState.FAILED, "address cannot be used")
        if db.session().in_transaction():
            reading_done()  # no transaction stays open while a mail server takes its time
        try:
            answer = self._post.send(mail)
        except NotSent as error:
            tried = {"delivery": str(delivery.id), "answer": error.answer, "attempts": delivery.attempts}
            _logger.warning("message_not_taken", extra=tried)
            if error.permanent and not error.unreachable:
                return Result(DeliveryState.FAILED, error.answer, dropped=letter.dropped)
            return later(delivery, error.answer, dropped=letter.dropped, unreachable=error.unreachable)
        body = mail.text if letter.message.keep_body else ""
        return Result(DeliveryState.SENT, answer, mail.subject, body, letter.dropped)

    def _knowledge(self, rest: Sequence[Outgoing]) -> Knowledge:
        """What deciding takes, read for all that are left while it is fresh."""
        if self._known is None or not self._known.good_for(rest[0]):
            self._marks.write()
            try:
                self._known = learn(rest)
            except Exception as fault:  # noqa: BLE001 - whatever it was: one of them is at fault, not this one perhaps
                _logger.warning("reminders_read_one_by_one", extra={"failure": type(fault).__name__})
                db.session.rollback()
                self._known = learn(rest[:1])
        return self._known


def _give_back(rest: Sequence[Outgoing], claim: uuid.UUID) -> None:
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
