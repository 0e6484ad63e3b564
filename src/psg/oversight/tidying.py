"""Working rows go when they have been kept long enough: messages, settled obligations, known browsers, used links.

The rules are dated data (reference/retention.yaml). Records of cases have none here, and the audit is never touched.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import delete, select

from psg import audit, clock, reference
from psg.accounts.models import KnownDevice, PasswordLink
from psg.audit.events import Event
from psg.db import db, reading_done, transaction
from psg.reminders import life
from psg.reminders.models import Attempt, Delivery, DeliveryLine, LastDone, Obligation
from psg.reminders.rules import DeliveryState

TIDIED = "tidied"
_BATCH = 500
_DONE = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)


def tidy(*, batches: int = 1_000) -> Mapping[str, int]:
    """Remove what the rules say, in batches that each stand alone; how many rows of each kind went.

    Stopped in the middle, the next run carries on and counts on. The audit gets one line when all is done.
    """
    for code, remove in _REMOVERS.items():
        limit = _limit(code)
        while batches and limit is not None and _batch(code, remove, limit):
            batches -= 1
    return _finish() if batches else _so_far()


def _limit(code: str) -> datetime | None:
    """The moment before which rows of a kind go; None when no rule holds today."""
    rule = next((entry for entry in reference.current("retention", clock.today()) if entry["code"] == code), None)
    if rule is None:
        return None
    span = relativedelta(**{rule["unit"]: rule["value"]})
    return clock.now() - span


def _batch(code: str, remove: Callable[[datetime], int], limit: datetime) -> bool:
    """One transaction's part, counted in it; False when nothing was left."""
    reading_done()
    with transaction():
        count = remove(limit)
        if count:
            life.note_done(f"tidying-{code}", _counted(code) + count)
    return count > 0


def _counted(code: str) -> int:
    found = life.last_done(f"tidying-{code}")
    return (found.count or 0) if found else 0


def _so_far() -> dict[str, int]:
    return {code: count for code in _REMOVERS if (count := _counted(code))}


def _finish() -> dict[str, int]:
    """Note that it was done, and say in one line of the audit what went since the line before."""
    reading_done()
    with transaction():
        gone = _so_far()
        life.note_done(TIDIED, sum(gone.values()))
        if gone:
            _execute(delete(LastDone).where(LastDone.what.in_([f"tidying-{code}" for code in gone])))
            words = ", ".join(f"{code} {count}" for code, count in gone.items())
            audit.security(Event.TIDIED, user_id=None, why=words)
    return gone


def _messages(limit: datetime) -> int:
    old = select(Delivery.id).where(Delivery.created_at < limit, Delivery.state.in_(_DONE))
    ids = _some(old.order_by(Delivery.created_at))
    if ids:
        _execute(delete(Attempt).where(Attempt.delivery_id.in_(ids)))
        _execute(delete(DeliveryLine).where(DeliveryLine.delivery_id.in_(ids)))
        _execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return len(ids)


def _obligations(limit: datetime) -> int:
    ids = _some(select(Obligation.id).where(Obligation.settled_at < limit).order_by(Obligation.settled_at))
    if ids:
        _execute(delete(Obligation).where(Obligation.id.in_(ids), Obligation.settled_at < limit))
    return len(ids)


def _devices(limit: datetime) -> int:
    ids = _some(select(KnownDevice.id_hash).where(KnownDevice.created_at < limit))
    if ids:
        _execute(delete(KnownDevice).where(KnownDevice.id_hash.in_(ids)))
    return len(ids)


def _links(limit: datetime) -> int:
    """Each is a record that the audit knows, so its going is recorded with it."""
    links = db.session.scalars(select(PasswordLink).where(PasswordLink.expires_at < limit).limit(_BATCH)).all()
    for link in links:
        db.session.delete(link)
    if links:
        db.session.flush()
        audit.security(Event.PASSWORD_LINK_ENDED, user_id=None, why="kept long enough")
    return len(links)


def _some(wanted: Any) -> Sequence[uuid.UUID | bytes]:
    found: Sequence[uuid.UUID | bytes] = db.session.scalars(
        wanted.limit(_BATCH).with_for_update(skip_locked=True)
    ).all()
    return found


def _execute(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})


_REMOVERS: Mapping[str, Callable[[datetime], int]] = {
    "messages": _messages,
    "obligations": _obligations,
    "devices": _devices,
    "links": _links,
}
