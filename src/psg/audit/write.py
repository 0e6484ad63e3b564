"""Writing a transaction's events: all of them at once, just before its commit, with the digest of every change."""

import hmac
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import InstanceState, Session

from psg.audit import keys
from psg.audit.canonical import encode
from psg.audit.changes import Entry, Pending, changed, forget, pending, undeclared_statements
from psg.audit.digest import NOTHING, Plan, plan_for, plan_of
from psg.audit.models import AuditDigest, AuditEvent
from psg.db import UnauditedChange, ask, write_alone, write_rows

EVENT_COLUMNS = tuple(AuditEvent.__table__.columns.keys())
DIGEST_COLUMNS = tuple(AuditDigest.__table__.columns.keys())
_FORMAT = "psg audit event 1"
_CHUNK = 500
T = TypeVar("T")

_digests = AuditDigest.__table__.c
_newest = (
    select(_digests.record_type, _digests.record_key, func.max(_digests.turn).label("turn"))
    .where(_digests.record_type == bindparam("type"), _digests.record_key.in_(bindparam("keys", expanding=True)))
    .group_by(_digests.record_type, _digests.record_key)
    .subquery()
)
_LAST_DIGESTS = select(_digests.record_key, _digests.turn, _digests.digest, _digests.digest_version).join(
    _newest,
    and_(
        _digests.record_type == _newest.c.record_type,
        _digests.record_key == _newest.c.record_key,
        _digests.turn == _newest.c.turn,
    ),
)


@dataclass
class _Change:
    """One record's change, on its way to a digest row."""

    plan: Plan
    key: str
    partnership_id: uuid.UUID | None
    digest: bytes
    removed: bool
    record: object = None
    made_here: bool = False
    """Whether the record did not exist before this transaction."""
    loaded: Mapping[Any, Any] | None = None
    turn: int = 1
    before: bytes | None = None


def event_bytes(event: Mapping[Any, Any], digests: Iterable[Mapping[Any, Any]]) -> bytes:
    """An event with its digests, as bytes: what its code is computed over."""
    values: list[object] = [_FORMAT]
    values += [event[name] for name in EVENT_COLUMNS if name != "mac"]
    for digest in digests:
        values += [digest[name] for name in DIGEST_COLUMNS if name != "event_id"]
    return encode(values)


def event_mac(data: bytes, key: bytes) -> bytes:
    """The code that shows an event was written by the application."""
    return hmac.digest(key, data, "sha256")


def write_pending(session: Session) -> None:
    """Write what the transaction recorded. Raises UnauditedChange when records changed and no event accounts for it."""
    gathered = pending(session)
    if undeclared := undeclared_statements(session):
        raise UnauditedChange(f"a statement changed {', '.join(sorted(undeclared))} and no records were declared")
    changes = [*_changed_objects(session, gathered), *_changed_rows(session, gathered)]
    covering = [index for index, entry in enumerate(gathered.entries) if entry.covers]
    if changes and not covering:
        kinds = sorted({change.plan.record_type for change in changes})
        raise UnauditedChange(f"no audit event for a change of {', '.join(kinds)}")
    if gathered.entries:
        _place_in_history(changes)
        _insert(gathered.entries, _attach(changes, gathered.entries, covering))
    forget(session)


def write_at_once(entry: Entry) -> None:
    """Write an event that no change belongs to; it is committed when this returns. Outside transaction() only."""
    entry.row["mac"] = event_mac(event_bytes(entry.row, ()), keys.mac_key())
    write_alone(AuditEvent, entry.row)


def _insert(entries: Sequence[Entry], digests: Mapping[int, list[dict[str, Any]]]) -> None:
    key = keys.mac_key()
    for index, entry in enumerate(entries):
        entry.row["mac"] = event_mac(event_bytes(entry.row, digests.get(index, ())), key)
    write_rows(AuditEvent, [entry.row for entry in entries])
    write_rows(AuditDigest, [row for rows in digests.values() for row in rows])


def _changed_objects(session: Session, gathered: Pending) -> Iterator[_Change]:
    for record in changed(session):
        plan = plan_of(record)
        state: InstanceState[Any] = sa_inspect(record)
        made_here = record in gathered.added
        removed = state.deleted or state.was_deleted
        if not state.has_identity or (removed and made_here):
            continue
        values = _values(session, plan, state, from_memory=made_here or plan.versioned)
        yield _Change(
            plan=plan,
            key=plan.key(values),
            partnership_id=_partnership_of(values),
            digest=NOTHING if removed else plan.digest(values),
            removed=removed,
            record=record,
            made_here=made_here,
            # Without optimistic locking what was loaded may have been overtaken, and says nothing.
            loaded=gathered.before.get(record) if plan.versioned else None,
        )


def _values(session: Session, plan: Plan, state: InstanceState[Any], *, from_memory: bool) -> Mapping[Any, Any]:
    """The record's columns by name, as they are in the database at the end of the transaction."""
    record, loaded = state.obj(), state.dict
    if not from_memory and not (state.deleted or state.was_deleted):
        keys_match = (column == loaded[_attribute(state, column.name)] for column in plan.table.primary_key.columns)
        return session.connection().execute(plan.rows().where(*keys_match)).mappings().one()
    values = {name: loaded[key] if key in loaded else getattr(record, key) for name, key, _, _ in plan.columns}
    for column in plan.key_columns:
        values.setdefault(column.name, getattr(record, _attribute(state, column.name)))
    return values


def _attribute(state: InstanceState[Any], column: str) -> str:
    key: str = state.mapper.get_property_by_column(state.mapper.local_table.c[column]).key
    return key


def _changed_rows(session: Session, gathered: Pending) -> Iterator[_Change]:
    """Records that a statement changed: read back, because nothing in memory knows their values."""
    for model, ids in gathered.by_statement.items():
        plan = plan_for(model)
        left = set(ids)
        for chunk in chunks(sorted(ids), _CHUNK):
            for row in session.connection().execute(plan.rows().where(plan.table.c.id.in_(chunk))).mappings():
                left.discard(row["id"])
                yield _Change(plan, plan.key(row), _partnership_of(row), plan.digest(row), removed=False)
        for gone in sorted(left):
            yield _Change(plan, gone.hex, None, NOTHING, removed=True)


def _place_in_history(changes: Sequence[_Change]) -> None:
    """Give each change its turn in its record's history and say what the record was like before."""
    earlier: dict[Plan, list[_Change]] = {}
    for change in changes:
        if change.made_here:
            change.before = NOTHING
        if not (change.made_here and change.plan.has_own_id):
            earlier.setdefault(change.plan, []).append(change)
    for plan, asked in earlier.items():
        for chunk in chunks(asked, _CHUNK):
            parameters = {"type": plan.record_type, "keys": [change.key for change in chunk]}
            last = {row.record_key: row for row in ask(_LAST_DIGESTS, parameters)}
            for change in chunk:
                row = last.get(change.key)
                change.turn = row.turn + 1 if row is not None else 1
                if change.loaded is not None:
                    change.before = plan.digest(change.loaded, row.digest_version if row is not None else None)


def _attach(
    changes: Sequence[_Change], entries: Sequence[Entry], covering: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """Digest rows by the index of their event: the last one about the record, else the last of all."""
    about = {id(entries[index].about): index for index in covering if entries[index].about is not None}
    rows: dict[int, list[dict[str, Any]]] = {}
    for change in changes:
        index = about.get(id(change.record), covering[-1])
        placed = rows.setdefault(index, [])
        placed.append(
            {
                "event_id": entries[index].row["id"],
                "position": len(placed),
                "record_type": change.plan.record_type,
                "partnership_id": change.partnership_id,
                "record_key": change.key,
                "turn": change.turn,
                "before": change.before,
                "digest": change.digest,
                "digest_version": change.plan.version,
                "removed": change.removed,
            }
        )
    return rows


def _partnership_of(values: Mapping[Any, Any]) -> uuid.UUID | None:
    return values.get("partnership_id")


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
