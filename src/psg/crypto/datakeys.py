"""Data keys: one random key for each case, person and meeting, under which everything typed about it is sealed.

Destroying the one row here makes all of it unreadable. Opened keys are kept for the length of a database session, so a
page asks for each once; `load` fetches the keys of a whole list with one query.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, event, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from psg import clock
from psg.crypto import wrapping
from psg.crypto.envelope import SealingKey
from psg.crypto.errors import Erased, NoDataKey, Unopenable
from psg.crypto.keyring import keyring
from psg.crypto.opened import WrappedKey
from psg.db import Model, Owned, db, write_rows

log = logging.getLogger(__name__)
CASE, PERSON, MEETING = "case", "person", "meeting"
_SESSION = "psg.datakeys"
_MANY = 1000


class DataKey(Owned, Model):
    """The wrapped data key of one record; `id` is that record's id."""

    __tablename__ = "data_keys"
    __audited__ = False  # the making and the erasing of the record itself are audited; re-wrapping changes no record
    __table_args__ = (Index(None, "partnership_id", "kek_id"),)

    kind: Mapped[str] = mapped_column(String(20))
    kek_id: Mapped[bytes] = mapped_column(LargeBinary(8))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(wrapping.WRAPPED_SIZE))
    created_at: Mapped[datetime]
    shredded_at: Mapped[datetime | None]


class _SessionKeys:
    """What one database session has opened: None stands for an erased record."""

    def __init__(self) -> None:
        self.keys: dict[tuple[int, int], SealingKey | None] = {}
        self.uncommitted: set[tuple[int, int]] = set()

    def __repr__(self) -> str:
        return f"<{len(self.keys)} data keys>"


def create(partnership_id: UUID, owner_id: UUID, kind: str) -> SealingKey:
    """Make the data key of a new record, before anything of the record is sealed. Inside transaction()."""
    create_all(partnership_id, {owner_id: kind})
    return get(partnership_id, owner_id)


def create_all(partnership_id: UUID, kinds: Mapping[UUID, str]) -> None:
    """Make the data keys of several new records at once."""
    write_rows(DataKey, [_made(partnership_id, owner_id, kind) for owner_id, kind in kinds.items()])


def _made(partnership_id: UUID, owner_id: UUID, kind: str) -> dict[str, Any]:
    """The row of a new key, which is held open from now on."""
    by, data_key = keyring().partnership(partnership_id), wrapping.new_data_key()
    held, name = _held(), (partnership_id.int, owner_id.int)
    held.keys[name] = wrapping.ready(data_key)
    held.uncommitted.add(name)
    return {
        "partnership_id": partnership_id,
        "id": owner_id,
        "kind": kind,
        "kek_id": by.key_id,
        "wrapped": wrapping.wrap(by, owner_id, kind, data_key),
        "created_at": clock.now(),
        "shredded_at": None,
    }


def get(partnership_id: UUID, owner_id: UUID) -> SealingKey:
    """The data key of a record; raises Erased when it was destroyed, NoDataKey when there is none."""
    held = _held().keys
    name = (partnership_id.int, owner_id.int)
    if name not in held:
        load(partnership_id, (owner_id,))
    if (key := held.get(name)) is not None:
        return key
    if name in held:
        raise Erased(f"the record {owner_id} is erased")
    log.error("no data key for record %s of partnership %s", owner_id, partnership_id)
    raise NoDataKey(f"there is no data key for record {owner_id}")


def expect_erased(partnership_id: UUID, owner_id: UUID) -> None:
    """Return for an erased record; raises NoDataKey when the record simply has no key."""
    with suppress(Erased):
        get(partnership_id, owner_id)


def load(partnership_id: UUID, owner_ids: Iterable[UUID]) -> None:
    """Open the keys of these records with one query; those already open cost nothing. Missing ones show in `get`."""
    held = _held().keys
    partnership = partnership_id.int
    # A set of the missing only: hashing a UUID costs as much as looking it up by number.
    wanted = list({owner_id for owner_id in owner_ids if (partnership, owner_id.int) not in held})
    for start in range(0, len(wanted), _MANY):
        found = select(DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped).where(
            DataKey.partnership_id == partnership_id, DataKey.id.in_(wanted[start : start + _MANY])
        )
        adopt(partnership_id, db.session.execute(found))


def adopt(partnership_id: UUID, rows: Iterable[Any]) -> None:
    """Open keys that a list's own query fetched by joining data_keys: rows of (owner id, kind, kek_id, wrapped)."""
    held, recent = _held().keys, keyring().data_keys
    partnership = partnership_id.int
    recent.grow_older()
    unseen: list[tuple[UUID, WrappedKey]] = []
    for owner_id, kind, kek_id, wrapped in rows:
        name = (partnership, owner_id.int)
        if name in held:
            continue
        known = (partnership, owner_id.int, kind, kek_id, wrapped)
        if not wrapped:
            held[name] = None
        elif (key := recent.get(known)) is not None:
            held[name] = key
        else:
            unseen.append((owner_id, known))
    if unseen:
        fresh = _open_all(partnership_id, unseen)
        recent.put_all(fresh)
        held.update((known[:2], key) for known, key in fresh)


def opened(partnership_id: UUID, owner_ids: Iterable[UUID]) -> Mapping[tuple[int, int], SealingKey | None]:
    """The keys of many records by (partnership, owner) as numbers: None for an erased one, none for a missing one."""
    load(partnership_id, owner_ids)
    return _held().keys


def shred(partnership_id: UUID, owner_id: UUID) -> None:
    """Destroy the data key of a record: nothing sealed under it opens again. Inside transaction()."""
    db.session.flush()
    gone = db.session.execute(
        update(DataKey)
        .where(DataKey.partnership_id == partnership_id, DataKey.id == owner_id, DataKey.shredded_at.is_(None))
        .values(wrapped=b"", kek_id=b"", shredded_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(DataKey.id)
    ).all()
    if not gone:
        raise NoDataKey(f"there is no data key to destroy for record {owner_id}")
    held, name = _held(), (partnership_id.int, owner_id.int)
    held.keys[name] = None
    held.uncommitted.add(name)
    keyring().data_keys.forget(partnership_id, owner_id)


def _open_all(partnership_id: UUID, unseen: list[tuple[UUID, WrappedKey]]) -> list[tuple[WrappedKey, SealingKey]]:
    """Unwrap keys together: what is the same for all those of one kind under one key is made once."""
    openers: dict[tuple[str, bytes], Callable[[UUID, bytes], SealingKey]] = {}
    fresh = []
    for owner_id, known in unseen:
        _, _, kind, kek_id, wrapped = known
        try:
            if (opener := openers.get((kind, kek_id))) is None:
                opener = openers[kind, kek_id] = _opener(partnership_id, kind, kek_id)
            fresh.append((known, opener(owner_id, wrapped)))
        except Unopenable as problem:
            log.error("data key of record %s of partnership %s does not open: %s", owner_id, partnership_id, problem)
            raise
    return fresh


def _opener(partnership_id: UUID, kind: str, kek_id: bytes) -> Callable[[UUID, bytes], SealingKey]:
    by = keyring().by_id(kek_id)
    if by.partnership_id != partnership_id:
        raise Unopenable("the data key names the key of another partnership")
    return wrapping.opener(by, kind)


def _held() -> _SessionKeys:
    info = db.session.info
    held: _SessionKeys | None = info.get(_SESSION)
    if held is None:
        held = info[_SESSION] = _SessionKeys()
    return held


def _settled(session: Session) -> None:
    if (held := session.info.get(_SESSION)) is not None:
        held.uncommitted.clear()


def _undone(session: Session, _previous: Any) -> None:
    """A key made or destroyed in a transaction that did not happen must be asked for again."""
    if (held := session.info.get(_SESSION)) is not None:
        for name in held.uncommitted:
            held.keys.pop(name, None)
        held.uncommitted.clear()


event.listen(Session, "after_commit", _settled)
event.listen(Session, "after_soft_rollback", _undone)
