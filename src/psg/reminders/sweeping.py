"""The sweep: what is due becomes lines of one digest per person and day, or a message of its own.

Set-based in bounded batches, each its own transaction. Every row it writes has a key, and an obligation moves on in the
transaction that told it, so running twice, or two at once, changes nothing. Its cost follows what is due.
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text, update

from psg import clock
from psg.db import db, reading_done, transaction
from psg.ids import new_id
from psg.reminders import kinds
from psg.reminders.models import Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState, covers_until, digest_moment, next_occasion, read_time
from psg.reminders.storing import insert_if_new

_BATCH = 500
_logger = logging.getLogger(__name__)
_STILL_OWED = text("next_on is not null")  # as the partial index has it, so that both databases use it


@dataclass
class _Day:
    """What one run knows about today; filled as it meets partnerships and roles."""

    today: date
    now: datetime
    until: date
    moments: dict[uuid.UUID, datetime] = field(default_factory=dict)
    recipients: dict[tuple[Any, ...], list[uuid.UUID]] = field(default_factory=dict)

    def digest_at(self, partnership_id: uuid.UUID) -> datetime:
        """When the digests of a partnership go out today."""
        if partnership_id not in self.moments:
            at = read_time(kinds.settings_for(partnership_id).get("digest-time"))
            self.moments[partnership_id] = digest_moment(self.today, at)
        return self.moments[partnership_id]

    def who(self, obligation: Obligation) -> list[uuid.UUID]:
        """The people to tell."""
        if obligation.user_id is not None:
            return [obligation.user_id]
        asked = (obligation.partnership_id, obligation.role, obligation.group_id, obligation.agency_id)
        if asked not in self.recipients:
            self.recipients[asked] = holders_of(obligation)
        return self.recipients[asked]


def sweep(*, at_most: int = 100_000) -> int:
    """Turn what is due into today's digests and messages; how many obligations were told.

    Nothing happens on weekends and bank holidays, nor before the earliest digest time of a partnership with anything
    due. A person's digest waits for the latest digest time among the partnerships it speaks of.
    """
    now = clock.now()
    today = clock.local(now).date()
    if not clock.is_working_day(today):
        return 0
    day = _Day(today, now, covers_until(today))
    due = select(Obligation.partnership_id).where(_STILL_OWED, Obligation.next_on < day.until).distinct()
    begun = any(day.digest_at(partnership_id) <= now for partnership_id in db.session.scalars(due).all())
    reading_done()
    told = 0
    while begun and told < at_most:
        count = _batch(day)
        told += count
        if count < _BATCH:
            break
    return told


def _batch(day: _Day) -> int:
    with transaction():
        found = db.session.scalars(
            select(Obligation)
            .where(_STILL_OWED, Obligation.next_on < day.until)
            .order_by(Obligation.next_on)
            .limit(_BATCH)
            .with_for_update(skip_locked=True),
            execution_options={"populate_existing": True},
        ).all()
        if not found:
            return 0
        late = _into_digests(day, [obligation for obligation in found if not _own(obligation)])
        _into_messages(day, [obligation for obligation in found if _own(obligation)])
        _move_on(day, found, late)
    return len(found)


def _own(obligation: Obligation) -> bool:
    kind = kinds.obligation_kind(obligation.kind)
    return kind is not None and kind.own_message


def _into_digests(day: _Day, obligations: Sequence[Obligation]) -> set[uuid.UUID]:
    """Add lines to the digests; ids of obligations that came too late for somebody's digest of today."""
    wanted: dict[uuid.UUID, list[Obligation]] = defaultdict(list)
    for obligation in obligations:
        for user_id in day.who(obligation):
            wanted[user_id].append(obligation)
    if not wanted:
        return set()
    key = day.today.isoformat()
    insert_if_new(Delivery, [_digest(user_id, key, day, rows) for user_id, rows in sorted(wanted.items())])
    statement = (
        select(Delivery.id, Delivery.user_id, Delivery.state, Delivery.attempts, Delivery.next_try_at)
        .where(Delivery.kind == kinds.DIGEST, Delivery.key == key, Delivery.user_id.in_(wanted))
        .order_by(Delivery.id)
        .with_for_update()  # nobody may claim a digest while lines are being added to it
    )
    lines: list[dict[str, Any]] = []
    late: set[uuid.UUID] = set()
    postponed: dict[datetime, list[uuid.UUID]] = defaultdict(list)
    for digest in db.session.execute(statement).all():
        rows = wanted[digest.user_id]
        if digest.state is not DeliveryState.WAITING or digest.attempts:
            late.update(obligation.id for obligation in rows)  # frozen: it has been claimed
            continue
        lines += [_line(digest.id, obligation) for obligation in rows]
        if (latest := max(day.digest_at(obligation.partnership_id) for obligation in rows)) > digest.next_try_at:
            postponed[latest].append(digest.id)
    insert_if_new(DeliveryLine, lines)
    for latest, ids in postponed.items():
        _change(update(Delivery).where(Delivery.id.in_(ids)).values(next_try_at=latest))
    return late


def _digest(user_id: uuid.UUID, key: str, day: _Day, obligations: Sequence[Obligation]) -> dict[str, Any]:
    latest = max(day.digest_at(obligation.partnership_id) for obligation in obligations)
    return _delivery(user_id, kinds.DIGEST, key, day) | {"next_try_at": max(latest, day.now)}


def _into_messages(day: _Day, obligations: Sequence[Obligation]) -> None:
    """A message of its own to each person, at the partnership's digest time."""
    rows = []
    for obligation in obligations:
        details = {
            "obligation_id": str(obligation.id),
            "record_id": str(obligation.record_id),
            "case_id": str(obligation.case_id) if obligation.case_id else None,
            "stage": obligation.stage,
            "reference": obligation.reference,
            "path": obligation.path,
            "due_on": obligation.due_on.isoformat(),
        }
        for user_id in day.who(obligation):
            row = _delivery(user_id, obligation.kind, f"{obligation.id}/{day.today.isoformat()}", day)
            row |= {
                "partnership_id": obligation.partnership_id,
                "details": details,
                "next_try_at": max(day.digest_at(obligation.partnership_id), day.now),
            }
            rows.append(row)
    insert_if_new(Delivery, rows)


def _delivery(user_id: uuid.UUID, kind: str, key: str, day: _Day) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": user_id,
        "partnership_id": None,
        "kind": kind,
        "key": key,
        "state": DeliveryState.WAITING,
        "urgent": False,
        "details": {},
        "created_at": day.now,
        "next_try_at": day.now,
        "attempts": 0,
        "message_id": "",
        "answer": "",
        "subject": "",
        "body": "",
    }


def _line(delivery_id: uuid.UUID, obligation: Obligation) -> dict[str, Any]:
    return {
        "partnership_id": obligation.partnership_id,
        "id": new_id(),
        "delivery_id": delivery_id,
        "obligation_id": obligation.id,
        "dropped": False,
    }


def _move_on(day: _Day, obligations: Sequence[Obligation], late: set[uuid.UUID]) -> None:
    """Give each its next date; what came too late for today's digest is told in the next one."""
    by_date: dict[date | None, list[uuid.UUID]] = defaultdict(list)
    for obligation in obligations:
        by_date[day.until if obligation.id in late else _next(obligation, day)].append(obligation.id)
    for following, ids in by_date.items():
        _change(update(Obligation).where(Obligation.id.in_(ids)).values(next_on=following))


def _next(obligation: Obligation, day: _Day) -> date | None:
    kind = kinds.obligation_kind(obligation.kind)
    if kind is None or obligation.next_on is None:
        # No feature knows the kind: an older version is running beside a newer one. It keeps till that one is gone.
        _logger.error("reminder_kind_unknown", extra={"kind": obligation.kind})
        return day.until
    after = kind.next_after
    return next_occasion(lambda told_on: after(obligation, told_on), max(obligation.next_on, day.today), day.today)


def holders_of(obligation: Obligation) -> list[uuid.UUID]:
    """Whom an obligation is told to: its person, the holders of its role, or the agency's people."""
    if obligation.user_id is not None:
        return [obligation.user_id]
    if obligation.role:
        return kinds.holders(obligation.partnership_id, obligation.role, obligation.group_id, obligation.agency_id)
    if obligation.agency_id is None:
        return []
    members: list[uuid.UUID] = []
    if obligation.group_id is not None:
        members = kinds.holders(obligation.partnership_id, "practitioner", obligation.group_id, obligation.agency_id)
    return members or kinds.holders(obligation.partnership_id, "agency-lead", None, obligation.agency_id)


def _change(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
