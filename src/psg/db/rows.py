"""New rows: several of a table with one statement, whose text is made once for each number of rows.

The driver would send a statement for each row, and SQLAlchemy compile one of several rows anew each time; either costs
twice as much. New records go the same way: there is nothing in them for the unit of work to find out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached

from psg.db.asking import connection_of, run
from psg.db.errors import UnauditedChange, WriteOutsideTransaction
from psg.db.model import Base, db
from psg.db.session import changed_records, is_writing, refuse_unsaved, transaction

_TOGETHER = 20
"""Rows in one statement; longer lists take several."""
UNLESS_THERE = "on conflict do nothing"

after_add: list[Callable[[Session, Sequence[Base]], None]] = []
"""Told of the records that `add_new` has written."""


def write_rows(model: Any, rows: Sequence[Mapping[str, Any]], otherwise: str = "") -> int:
    """Write rows past the session, which would take each for a record; how many were written.

    For rows that no audit watches and that nobody holds in memory. They have the same columns, all that have no value
    by themselves. otherwise: what follows the values, for rows that may be there already. Inside transaction() only.
    """
    if getattr(model, "__audited__", True):
        raise UnauditedChange(f"records of {model.__tablename__} are written by add_new, which the audit hears of")
    return _write(model, rows, otherwise)


def write_alone(model: Any, row: Mapping[str, Any]) -> None:
    """Insert one row that is a whole change by itself; it is committed when this returns. Outside transaction() only.

    For rows as above that account for no other record's change: nothing is checked before the commit.
    """
    session = db.session()
    if is_writing(session):
        raise RuntimeError("a row that stands alone was written inside transaction()")
    if db.engine.dialect.name == "sqlite":
        with transaction():
            write_rows(model, [row])
        return
    refuse_unsaved(session)
    _write_some(connection_of(session), model, [row], "")


def _write(model: Any, rows: Sequence[Mapping[str, Any]], otherwise: str) -> int:
    session = db.session()
    if not is_writing(session):
        raise WriteOutsideTransaction("rows were written outside transaction()")
    connection, written = connection_of(session), 0
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        written += _write_some(connection, model, some, otherwise)
    return written


def _write_some(connection: Connection, model: Any, some: Sequence[Mapping[str, Any]], otherwise: str) -> int:
    statement, ready = _insert(model.__table__, tuple(some[0]), len(some), otherwise, connection.dialect)
    values = tuple(
        prepare(row[column]) if prepare is not None else row[column] for row in some for column, prepare in ready
    )
    return int(run(connection, statement, values).rowcount)


def add_new(*records: Base) -> None:
    """Write new records at once, parents before children, and hold them as if they had just been read."""
    _add(records, "")


def add_if_free(record: Base) -> bool:
    """Write a new record unless another has its id or one of its unique values; whether it was written."""
    return _add((record,), UNLESS_THERE)


def _add(records: Sequence[Base], otherwise: str) -> bool:
    for kind, same in groupby(records, type):
        rows = [_row(record) for record in same]
        if _write(kind, rows, otherwise) < len(rows):
            return False
    session = db.session()
    for record in records:
        make_transient_to_detached(record)
    session.add_all(records)
    changed_records(session).update(records)
    for tell in after_add:
        tell(session, records)
    return True


def _row(record: Base) -> dict[str, Any]:
    """A new record's columns; those that nobody set get their starting values, in the record too."""
    record.complete()
    held = sa_inspect(record).dict
    row = {}
    for column, attribute, start in _columns(type(record)):
        if attribute not in held:
            held[attribute] = start()
        row[column] = held[attribute]
    return row


@cache
def _columns(kind: type[Base]) -> tuple[tuple[str, str, Callable[[], Any]], ...]:
    """Column name, attribute name and what makes the starting value."""
    mapper: Mapper[Any] = sa_inspect(kind)
    return tuple(
        (column.name, mapper.get_property_by_column(column).key, _start(column))
        for column in mapper.local_table.columns
    )


def _start(column: Any) -> Callable[[], Any]:
    default = column.default
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg


@lru_cache(maxsize=512)
def _insert(
    table: Table, columns: tuple[str, ...], count: int, otherwise: str, dialect: Dialect
) -> tuple[str, list[tuple[str, Any]]]:
    """The statement for so many rows, and what makes a value of each column ready for the driver."""
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join([f"({', '.join([mark] * len(columns))})"] * count)
    ready = [(column, table.c[column].type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]
    return f"insert into {table.name} ({listed}) values {values} {otherwise}", ready  # noqa: S608 - our own names
