"""Reading and changing: a request reads freely; only `transaction()` changes anything, and only it commits.

PostgreSQL is read without a transaction: every statement sees what others have committed, as it would inside one (READ
COMMITTED), nothing is begun and ended for it, and no page leaves a transaction open while it is drawn. `transaction()`
begins one (SQLite, whose reads hold on to what they saw, ends the read and begins anew with BEGIN IMMEDIATE), re-reads
the records it is told to hold under a lock, runs the checks that features registered (the audit's is one) and commits
once. A single row that is a whole change by itself, such as a line of the audit, needs none: `write_alone`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError

from psg import clock
from psg.db.errors import AlreadyDone, Clash, WriteOutsideTransaction
from psg.db.model import Base, db
from psg.db.once import OnceKey, already_done_at, done_once

_WRITING = "psg.writing"
before_commit: list[Callable[[Session], None]] = []
"""Checks run after the flush and before the commit of every transaction, in the order they were added."""


@dataclass
class Transaction:
    """A change in progress."""

    result: str = ""
    """Where the browser is sent afterwards; remembered with the form's idempotency key."""


@contextmanager
def transaction(*, hold: Sequence[Base] = (), once: OnceKey | None = None) -> Iterator[Transaction]:
    """Change records: all of it or nothing.

    hold: records to lock and read again first, because they were read before the write began.
    once: the form's idempotency key; a key used before raises AlreadyDone before anything is changed.
    Raises Clash when somebody else's change came first. Transactions do not nest.
    """
    session = db.session()
    if _WRITING in session.info:
        raise RuntimeError("transactions do not nest")
    _begin_to_write(session)
    session.info[_WRITING] = set()
    change = Transaction()
    try:
        for record in hold:
            session.refresh(record, with_for_update=True)
        if once is not None:
            _claim(session, once)
        yield change
        session.flush()
        for check in before_commit:
            check(session)
        if once is not None and change.result:
            once.remember(session, change.result)
        session.commit()
    except StaleDataError as error:
        session.rollback()
        raise Clash from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_WRITING, None)


def _begin_to_write(session: Session) -> None:
    """Begin the write. On SQLite a read becomes a write only if nobody wrote in between, so it is ended first."""
    if db.engine.dialect.name == "sqlite":
        reading_done()
        session.connection(execution_options={_WRITING: True})
    else:
        refuse_unsaved(session)
        driver: Any = session.connection().connection.driver_connection
        driver.autocommit = False


class QuickChanges:
    """Changes in quick succession, each its own transaction. Only for rows that no audit watches.

    They go to PostgreSQL's driver as they stand: what SQLAlchemy adds would cost more than the statement.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def make(self, statement: str, values: Sequence[Any]) -> int:
        """Run one statement, which PostgreSQL commits as it ends, with $1 and so on; how many rows it changed."""
        return int(self._cursor.execute(statement, values, prepare=True).rowcount)


@contextmanager
def quick_changes() -> Iterator[QuickChanges | None]:
    """A connection for many small changes, beside the session's own; None on SQLite, which gains nothing by one."""
    if db.engine.dialect.name == "sqlite":
        yield None
        return
    from psg.db.postgres import plain_cursor

    with db.engine.connect() as connection, plain_cursor(connection.connection.driver_connection) as cursor:
        yield QuickChanges(cursor)


def reading_done() -> None:
    """End the read transaction, keeping what was loaded. A changed record at this point is a mistake and raises."""
    session = db.session()
    refuse_unsaved(session)
    session.commit()


def refuse_unsaved(session: Session) -> None:
    if session.new or session.dirty or session.deleted:
        raise WriteOutsideTransaction("records were changed outside transaction()")


def changed_records(session: Session) -> set[Base]:
    """The records inserted, updated or deleted in the transaction so far."""
    changed: set[Base] = session.info[_WRITING]
    return changed


def is_writing(session: Session) -> bool:
    """Whether a transaction() is open on the session."""
    return _WRITING in session.info


def _claim(session: Session, once: OnceKey) -> None:
    """Take the idempotency key, or raise AlreadyDone with the first use's outcome."""
    if (location := session.scalar(select(done_once.c.location).where(*once.matches()))) is not None:
        raise AlreadyDone(location)
    try:
        session.execute(
            insert(done_once).values(user_id=once.user_id, key=once.key, location="", created_at=clock.now())
        )
    except IntegrityError:
        # Two presses at once: the other one has committed by the time the database refuses ours.
        session.rollback()
        raise AlreadyDone(already_done_at(session, once)) from None


def _refuse_stray_writes(session: Session, *_: Any) -> None:
    if _WRITING not in session.info:
        refuse_unsaved(session)


def _refuse_stray_statements(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and _WRITING not in state.session.info:
        raise WriteOutsideTransaction("a statement that changes records ran outside transaction()")


def _remember_changes(session: Session, _context: Any) -> None:
    if _WRITING in session.info:
        session.info[_WRITING] |= {*session.new, *session.dirty, *session.deleted}


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=wal", "synchronous=normal", "busy_timeout=10000", "foreign_keys=on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def configure_engine(engine: Engine) -> None:
    """Check pooled connections after a pause; make SQLite begin when told to, wait for locks, enforce foreign keys."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
        return
    from psg.db import postgres

    event.listen(engine, "checkin", postgres.returned)
    event.listen(engine, "checkout", postgres.ask_after_a_pause)


def engine_options(url: str) -> dict[str, Any]:
    """Options for an engine: never print bound values."""
    options: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("postgresql"):
        from psg.db.postgres import BinaryCursor

        how = {"cursor_factory": BinaryCursor, "autocommit": True, "connect_timeout": 10}
        options |= {"pool_size": 8, "max_overflow": 8, "connect_args": how}
    return options


def init_app(app: Flask) -> None:
    """Bind the database to an application."""
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)
    if not event.contains(Session, "before_flush", _refuse_stray_writes):
        event.listen(Session, "before_flush", _refuse_stray_writes)
        event.listen(Session, "after_flush", _remember_changes)
        event.listen(Session, "do_orm_execute", _refuse_stray_statements)
