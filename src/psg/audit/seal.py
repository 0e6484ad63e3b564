"""Sealing: every few minutes the events since are closed into a signed tree, chained to the one before.

An event belongs to no seal until a membership row says so, so a transaction that commits late is simply picked up by a
later run; nothing depends on ids or clocks being in order.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, not_, select

from psg import clock
from psg.audit import anchor, keys
from psg.audit.canonical import encode
from psg.audit.merkle import Tree, leaf_hash
from psg.audit.models import AuditDigest, AuditEvent, AuditMember, AuditSeal
from psg.audit.write import chunks, event_bytes
from psg.db import db, reading_done, transaction
from psg.settings import current

BATCH = 5_000
FIRST_PREVIOUS = bytes(32)
_WINDOW = timedelta(days=1)
_LOCK = 0x5053_4741  # any number that nothing else on the database server locks

_events = AuditEvent.__table__.c
_members = AuditMember.__table__.c
_seals = AuditSeal.__table__.c
_digests = AuditDigest.__table__.c


@dataclass(frozen=True)
class Sealed:
    """One seal just made."""

    number: int
    count: int


def seal_once(*, everything: bool = False) -> Sealed | None:
    """Close the events that are in no seal yet, at most BATCH; None when there are none or another process is at it.

    everything: search all events, not only the recent ones, for what is in no seal.
    The anchor file is locked for the whole run and the database for its transaction, so one process seals at a time on
    this machine and on any other.
    """
    with anchor.held(current().anchor_file) as handle:
        if handle is None:
            return None
        _anchor_missing(handle)
        with transaction():
            made = _seal_batch(db.session.connection(), everything=everything)
        if made is not None:
            _anchor_missing(handle)
        return made


def seal_all(*, everything: bool = False) -> int:
    """Seal until nothing is left; how many events were sealed."""
    total = 0
    while (made := seal_once(everything=everything)) is not None:
        total += made.count
        if made.count < BATCH:
            break
    return total


def signed_bytes(number: int, sealed_at: datetime, head: bytes) -> bytes:
    """What the signature of a seal covers."""
    return encode(("psg audit seal 1", number, sealed_at, head))


def head_of(previous: bytes, root: bytes, count: int, first: uuid.UUID, last: uuid.UUID) -> bytes:
    """The head of the chain after a seal."""
    return hashlib.sha256(encode(("psg audit head 1", previous, root, count, first, last))).digest()


def leaf_of(event: Any, digests: Sequence[Any]) -> bytes:
    """The leaf of an event, given as mappings: everything that was written about it, its code included."""
    return leaf_hash(encode((event_bytes(event, digests), event["mac"])))


def floor(moment: datetime) -> uuid.UUID:
    """The smallest id that an event of this moment can have."""
    return uuid.UUID(int=(int(moment.timestamp() * 1000) & ((1 << 48) - 1)) << 80)


def _seal_batch(connection: Connection, *, everything: bool) -> Sealed | None:
    if connection.dialect.name == "postgresql" and not connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return None
    last = connection.execute(select(AuditSeal.__table__).order_by(_seals.number.desc()).limit(1)).one_or_none()
    events = _unsealed(connection, None if everything else last)
    if not events:
        return None
    digests: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for chunk in chunks([event["id"] for event in events], 500):
        wanted = select(AuditDigest.__table__).where(_digests.event_id.in_(chunk)).order_by(_digests.position)
        for digest in connection.execute(wanted).mappings():
            digests[digest["event_id"]].append(digest)
    tree, members = Tree(), []
    number = last.number + 1 if last is not None else 1
    for position, event in enumerate(events):
        leaf = leaf_of(event, digests[event["id"]])
        tree.add(leaf)
        members.append({"seal_number": number, "position": position, "event_id": event["id"], "leaf": leaf})
    _insert_seal(connection, number, last.head if last is not None else FIRST_PREVIOUS, tree, members)
    return Sealed(number, tree.count)


def _insert_seal(
    connection: Connection, number: int, previous: bytes, tree: Tree, members: Sequence[dict[str, Any]]
) -> None:
    first, last, sealed_at = members[0]["event_id"], members[-1]["event_id"], clock.now()
    head = head_of(previous, tree.root(), tree.count, first, last)
    seal = {
        "number": number,
        "previous_head": previous,
        "root": tree.root(),
        "count": tree.count,
        "first_event_id": first,
        "last_event_id": last,
        "sealed_at": sealed_at,
        "head": head,
        "signature": keys.signing_key().sign(signed_bytes(number, sealed_at, head)),
    }
    connection.execute(insert(AuditSeal.__table__), seal)
    connection.execute(insert(AuditMember.__table__), members)


def _unsealed(connection: Connection, last: Row[Any] | None) -> Sequence[Any]:
    """Events in no seal, in order of their ids.

    Usually only the last day before the newest seal is searched. The first run of a day, and any run after the clock
    went back, searches everything: that finds what a transaction left open for days, or a wrong clock, put in the past.
    """
    sealed = select(_members.event_id).where(_members.event_id == _events.id).exists()
    wanted = select(AuditEvent.__table__).where(not_(sealed)).order_by(_events.id).limit(BATCH)
    now = clock.now()
    if last is not None and last.sealed_at <= now and last.sealed_at.date() == now.date():
        wanted = wanted.where(_events.id >= floor(last.sealed_at - _WINDOW))
    return connection.execute(wanted).mappings().all()


def _anchor_missing(handle: int) -> None:
    """Append the line of every seal that has none: normally the one just made, after a crash also the one before."""
    reading_done()
    done = anchor.last_number(handle)
    wanted = select(AuditSeal.__table__).where(_seals.number > done).order_by(_seals.number)
    texts = [anchor.line_for(seal) for seal in db.session.execute(wanted)]
    reading_done()
    if texts:
        anchor.append(handle, texts)
