"""After a partnership's key was replaced: wrap its data keys by the new one. What is sealed under them stays as it is.

Works in small transactions, each of which a kill leaves done or not begun; run again it carries on with what is left.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from psg.crypto import wrapping
from psg.crypto.datakeys import DataKey
from psg.crypto.keyring import Keyring, keyring
from psg.db import db, reading_done, transaction

Progress = Callable[[int], object]


def waiting(partnership_id: UUID) -> int:
    """How many data keys of a partnership are not yet wrapped by its newest key."""
    count = db.session.scalar(select(func.count(DataKey.id)).where(*_left(keyring(), partnership_id)))
    reading_done()
    return count or 0


def rewrap(partnership_id: UUID, *, batch: int = 200, progress: Progress = lambda _count: None) -> int:
    """Wrap all data keys of a partnership by its newest key; gives their number and reports each batch's."""
    total = 0
    while done := _one_batch(partnership_id, batch):
        total += done
        progress(done)
    return total


def by_key(partnership_id: UUID) -> dict[bytes, int]:
    """How many data keys each key of a partnership wraps."""
    counted = db.session.execute(
        select(DataKey.kek_id, func.count())
        .where(DataKey.partnership_id == partnership_id, DataKey.shredded_at.is_(None))
        .group_by(DataKey.kek_id)
    )
    counts = {bytes(kek_id): count for kek_id, count in counted}
    reading_done()
    return counts


def open_one_of_each(partnership_id: UUID) -> int:
    """Open one data key for each key that wraps any, as a proof that key folder and database belong together."""
    ring = keyring()
    keys = by_key(partnership_id)
    for kek_id in keys:
        row = db.session.execute(
            select(DataKey.id, DataKey.kind, DataKey.wrapped)
            .where(DataKey.partnership_id == partnership_id, DataKey.kek_id == kek_id, DataKey.shredded_at.is_(None))
            .limit(1)
        ).first()
        if row is not None:
            wrapping.unwrap(ring.by_id(kek_id), row.id, row.kind, row.wrapped)
    reading_done()
    return len(keys)


def _one_batch(partnership_id: UUID, batch: int) -> int:
    ring = keyring()
    with transaction():
        new = ring.partnership(partnership_id)
        rows = db.session.execute(
            select(DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped)
            .where(*_left(ring, partnership_id))
            .order_by(DataKey.id)
            .limit(batch)
        ).all()
        for row in rows:
            data_key = wrapping.unwrap(ring.by_id(row.kek_id), row.id, row.kind, row.wrapped)
            # "kek_id = old" in the condition: a key that was shredded or re-wrapped meanwhile is left alone.
            db.session.execute(
                update(DataKey)
                .where(
                    DataKey.partnership_id == partnership_id,
                    DataKey.id == row.id,
                    DataKey.kek_id == row.kek_id,
                    DataKey.shredded_at.is_(None),
                )
                .values(kek_id=new.key_id, wrapped=wrapping.wrap(new, row.id, row.kind, data_key))
                .execution_options(synchronize_session=False)
            )
    return len(rows)


def _left(ring: Keyring, partnership_id: UUID) -> tuple[ColumnElement[bool], ...]:
    new = ring.partnership(partnership_id)
    return (
        DataKey.partnership_id == partnership_id,
        DataKey.kek_id != new.key_id,
        DataKey.shredded_at.is_(None),
    )
