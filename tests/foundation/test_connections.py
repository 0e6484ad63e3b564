"""Connections: one that the database dropped is replaced; reading takes no transaction; a row may stand alone."""

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from psg import audit
from psg.audit.models import AuditEvent
from psg.db import db, postgres, transaction, write_alone


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_the_database_dropped_is_replaced(context, app, monkeypatch):
    monkeypatch.setattr(postgres, "_PAUSE_SECONDS", 0)
    dropped = db.session.scalar(text("select pg_backend_pid()"))
    db.session.remove()
    other = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with other.begin() as connection:
        assert connection.scalar(text("select pg_terminate_backend(:pid)"), {"pid": dropped})
    other.dispose()
    assert db.session.scalar(text("select pg_backend_pid()")) != dropped


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_reading_leaves_no_transaction_open(context):
    db.session.scalar(text("select 1"))
    assert _status() is TransactionStatus.IDLE


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_reads_without_a_transaction_after_a_change_and_after_the_audits_own_way_of_reading(context):
    with transaction():
        db.session.execute(text("select 1"))
        assert _status() is TransactionStatus.INTRANS
    with pytest.raises(ProgrammingError), transaction():
        db.session.execute(text("select nothing from nowhere"))
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.scalar(text("select 1"))
    db.session.scalar(text("select 1"))
    assert _status() is TransactionStatus.IDLE


def test_a_row_that_stands_alone_stays_and_is_refused_inside_a_change(context):
    count = select(func.count()).select_from(AuditEvent)
    before = db.session.scalar(count)
    audit.security(audit.Event.PASSWORD_LINK_ENDED, user_id=None)
    db.session.rollback()
    assert db.session.scalar(count) == before + 1
    with pytest.raises(RuntimeError), transaction():
        write_alone(AuditEvent, {})


def _status() -> TransactionStatus:
    return db.session.connection().connection.driver_connection.info.transaction_status
