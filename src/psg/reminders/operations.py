"""Owing, settling and telling: called by features inside their own transaction, so that a reminder stands with it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update

from psg import audit, clock
from psg.access.viewer import Viewer
from psg.audit.events import Event
from psg.db import DomainError, db
from psg.ids import new_id
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState
from psg.reminders.storing import insert_if_new, upsert


class NothingToRetry(DomainError):
    """Only a message that failed, or that waits for another try, can be sent again."""

    def __init__(self) -> None:
        super().__init__("This message is not waiting and has not failed, so there is nothing to send again.")


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Something owed by a date; told for the first time on `next_on` (None: never by itself).

    Owed by a person, by the holders of a role, or (neither given) by an agency's members of the group, else its lead.
    """

    partnership_id: uuid.UUID
    kind: str
    record_id: uuid.UUID
    due_on: date
    next_on: date | None
    stage: str = ""
    case_id: uuid.UUID | None = None
    reference: str = ""
    path: str = ""
    user_id: uuid.UUID | None = None
    agency_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    role: str = ""


def owe(*owed: Owed) -> None:
    """Note what is owed. What is owed already for the same record, kind and stage is replaced, and owed anew if it had
    been settled."""
    now = clock.now()
    rows = [vars(one) | {"id": new_id(), "created_at": now, "settled_at": None} for one in owed]
    upsert(Obligation, rows, key=("partnership_id", "kind", "record_id", "stage"), keep=("id", "created_at"))


def settle(*, partnership_id: uuid.UUID, record_id: uuid.UUID, kind: str | None = None) -> None:
    """It is owed no longer: done, cancelled, or of no more use. Of one kind, or of every kind for the record."""
    db.session.execute(
        update(Obligation)
        .where(*_of(partnership_id, record_id, kind), Obligation.settled_at.is_(None))
        .values(next_on=None, settled_at=clock.now()),
        execution_options={"synchronize_session": False},
    )


def reschedule(
    *,
    partnership_id: uuid.UUID,
    record_id: uuid.UUID,
    kind: str,
    due_on: date,
    next_on: date | None,
    stage: str | None = None,
) -> None:
    """It is owed by another date: told next on `next_on`. One stage of the kind, or all of them."""
    conditions = _of(partnership_id, record_id, kind)
    if stage is not None:
        conditions.append(Obligation.stage == stage)
    db.session.execute(
        update(Obligation).where(*conditions).values(due_on=due_on, next_on=next_on, settled_at=None),
        execution_options={"synchronize_session": False},
    )


def tell(
    *,
    user_id: uuid.UUID,
    kind: str,
    key: str,
    partnership_id: uuid.UUID | None = None,
    details: Mapping[str, Any] | None = None,
    urgent: bool = False,
) -> None:
    """Send somebody a message soon. The same user, kind and key is the same message, sent once.

    details: ids, references, counts and dates for the kind's words; never typed text.
    """
    tell_all((user_id,), kind=kind, key=key, partnership_id=partnership_id, details=details, urgent=urgent)


def tell_all(
    user_ids: Iterable[uuid.UUID],
    *,
    kind: str,
    key: str,
    partnership_id: uuid.UUID | None = None,
    details: Mapping[str, Any] | None = None,
    urgent: bool = False,
) -> None:
    """Send several people the same message soon, each their own."""
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "user_id": user_id,
            "partnership_id": partnership_id,
            "kind": kind,
            "key": key,
            "state": DeliveryState.WAITING,
            "urgent": urgent,
            "details": dict(details or {}),
            "created_at": now,
            "next_try_at": now,
            "attempts": 0,
            "message_id": "",
            "answer": "",
            "subject": "",
            "body": "",
        }
        for user_id in user_ids
    ]
    insert_if_new(Delivery, rows)


def try_again(delivery: Delivery, *, partnership_id: uuid.UUID, by: Viewer) -> None:
    """Send a failed or waiting message at the next round; its lines stay the ones it had. Hold the delivery first.

    partnership_id: whose coordinator asked for it.
    """
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.WAITING):
        raise NothingToRetry
    delivery.state = DeliveryState.WAITING
    delivery.next_try_at = clock.now()
    delivery.attempts = min(delivery.attempts, 1)  # tries begin anew; 0 would open a digest for further lines
    audit.record(Event.DELIVERY_RETRIED, delivery, by=by, partnership_id=partnership_id)


def owed(partnership_id: uuid.UUID, record_id: uuid.UUID) -> list[Obligation]:
    """What is owed for one record, settled or not."""
    statement = (
        select(Obligation).where(*_of(partnership_id, record_id, None)).order_by(Obligation.kind, Obligation.stage)
    )
    return list(db.session.scalars(statement, execution_options={"populate_existing": True}))


def _of(partnership_id: uuid.UUID, record_id: uuid.UUID, kind: str | None) -> list[Any]:
    conditions: list[Any] = [Obligation.partnership_id == partnership_id, Obligation.record_id == record_id]
    if kind is not None:
        conditions.append(Obligation.kind == kind)
    return conditions
