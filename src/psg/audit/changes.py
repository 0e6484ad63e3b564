"""What a transaction has changed so far and which events it has recorded: kept on the session until the commit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import InstanceState, Mapper, ORMExecuteState, Session
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from psg.audit.digest import plan_for, plan_of
from psg.db import Model
from psg.db.session import changed_records, is_writing

_ON_SESSION = "psg.audit"


@dataclass(frozen=True)
class Entry:
    """An event waiting to be written with the transaction."""

    row: dict[str, Any]
    about: object
    """The record that the event is about, or None."""
    covers: bool
    """Whether it accounts for changes; that somebody looked or was refused does not."""


@dataclass
class Pending:
    """One transaction's events and changes."""

    transaction: object
    """The set that `transaction()` made: another one means another transaction."""
    entries: list[Entry] = field(default_factory=list)
    added: set[object] = field(default_factory=set)
    before: dict[object, dict[str, Any] | None] = field(default_factory=dict)
    """For changed and removed records the values they were loaded with; None where those are not known."""
    unmodified: set[object] = field(default_factory=set)
    """Records that were touched but given the values they had."""
    by_statement: dict[type, set[uuid.UUID]] = field(default_factory=dict)
    """Records changed by statements, as their callers declared."""
    statements: set[str] = field(default_factory=set)
    """Audited tables that a statement changed."""


def pending(session: Session) -> Pending:
    """What the open transaction has gathered; what a rolled-back one left behind is dropped."""
    transaction = changed_records(session)
    found: Pending | None = session.info.get(_ON_SESSION)
    if found is None or found.transaction is not transaction:
        found = session.info[_ON_SESSION] = Pending(transaction)
    return found


def remember_before(session: Session, *_: Any) -> None:
    """Before each flush: note what is new, and what changed records held when they were loaded."""
    if not is_writing(session):
        return
    gathered = pending(session)
    gathered.added.update(session.new)
    for record in (*session.dirty, *session.deleted):
        if record not in session.deleted and not session.is_modified(record):
            if record not in gathered.before and record not in gathered.added:
                gathered.unmodified.add(record)
            continue
        gathered.unmodified.discard(record)
        if getattr(record, "__audited__", True) and record not in gathered.before and record not in gathered.added:
            gathered.before[record] = _loaded_values(record)


def remember_added(session: Session, records: Sequence[object]) -> None:
    """Note what was written without a flush."""
    pending(session).added.update(records)


def remember_statement(state: ORMExecuteState) -> None:
    """Note which audited table a statement is about to change without its records being in memory."""
    if not (state.is_insert or state.is_update or state.is_delete) or not is_writing(state.session):
        return
    # Compared by name: the statement of a mapped class holds an annotated copy of its table.
    name = getattr(getattr(state.statement, "table", None), "name", None)
    if _is_audited(name, state.bind_mapper):
        pending(state.session).statements.add(str(name))


@lru_cache(maxsize=256)
def _is_audited(name: str | None, mapper: Mapper[Any] | None) -> bool:
    mappers = [*Model.registry.mappers, *([mapper] if mapper is not None else [])]
    return any(_table_name(each) == name and getattr(each.class_, "__audited__", True) for each in mappers)


def changed(session: Session) -> list[object]:
    """The audited records that the transaction really changed, in a fixed order."""
    gathered = pending(session)
    records = [
        record
        for record in changed_records(session)
        if getattr(record, "__audited__", True) and record not in gathered.unmodified
    ]
    return sorted(records, key=_order)


def undeclared_statements(session: Session) -> set[str]:
    """Audited tables that a statement changed without anybody saying which records."""
    gathered = pending(session)
    return gathered.statements - {plan_for(model).record_type for model in gathered.by_statement}


def forget(session: Session) -> None:
    """Everything is written."""
    session.info.pop(_ON_SESSION, None)


def _loaded_values(record: object) -> dict[str, Any] | None:
    """Column values as they came from the database; None when one of them was never loaded."""
    state: InstanceState[Any] = sa_inspect(record)
    values: dict[str, Any] = {}
    for name, attribute, _, _ in plan_of(record).columns:
        history = state.get_history(attribute, PASSIVE_NO_INITIALIZE)
        if history.deleted:
            values[name] = history.deleted[0]
        elif history.unchanged:
            values[name] = history.unchanged[0]
        else:
            return None
    return values


def _table_name(mapper: Mapper[Any]) -> str | None:
    return getattr(mapper.local_table, "name", None)


def _order(record: object) -> tuple[str, tuple[Any, ...]]:
    state: InstanceState[Any] = sa_inspect(record)
    return plan_of(record).record_type, state.identity or ()
