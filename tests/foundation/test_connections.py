"""Pooled connections: one that the database has dropped is replaced after a pause, not handed out."""

import pytest
from sqlalchemy import create_engine, text

from psg.db import db, session


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_the_database_dropped_is_replaced(context, app, monkeypatch):
    monkeypatch.setattr(session, "_PAUSE_SECONDS", 0)
    dropped = db.session.scalar(text("select pg_backend_pid()"))
    db.session.remove()
    other = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with other.begin() as connection:
        assert connection.scalar(text("select pg_terminate_backend(:pid)"), {"pid": dropped})
    other.dispose()
    assert db.session.scalar(text("select pg_backend_pid()")) != dropped
