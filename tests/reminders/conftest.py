"""An application with an empty database for each test of the reminders, a mail folder and a clock that stands still."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from psg import clock
from psg.db import db, session
from psg.reminders import draining, kinds
from tests.reminders import small
from tests.reminders.office import Office
from tests.required import left_out

FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """The address of a new database on PostgreSQL, for this process's tests one after the other."""
    admin = os.environ.get("PSG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
    try:
        psycopg.connect(admin, connect_timeout=3).close()
    except psycopg.OperationalError:
        left_out("PostgreSQL cannot be reached")
    name = f"{os.environ.get('PSG_TEST_DATABASE_PREFIX', 'psg_test_')}{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    address = make_url(admin).set(drivername="postgresql+psycopg", database=name)
    try:
        yield address.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The same, emptied."""
    names = ", ".join(table.name for table in small.tables())
    with psycopg.connect(postgres_database.replace("+psycopg", ""), autocommit=True) as connection:
        if connection.execute("select 1 from pg_tables where tablename = 'obligations'").fetchone():
            connection.execute(f"truncate {names} cascade")
    return postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "postgres":
        address: str = request.getfixturevalue("postgres_url")
        return address
    return f"sqlite:///{tmp_path / 'psg.db'}"


@pytest.fixture
def mail_folder(tmp_path: Path) -> Path:
    """Where messages land."""
    return tmp_path / "mail"


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    """A Friday morning in winter."""
    before = clock.source
    small.set_clock(FRIDAY)
    yield
    clock.source = before


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other application's kinds, and no audit, whatever ran in this process before."""
    monkeypatch.setattr(kinds, "_registry", kinds._Registry())
    monkeypatch.setattr(session, "before_commit", [])


@pytest.fixture(autouse=True)
def nobody_special() -> Iterator[None]:
    """No roles, no muted digests, no other digest times."""
    yield
    for held in (small.HOLDERS, small.MUTED, small.TIMES, small.ABSENT):
        held.clear()


@pytest.fixture
def app(database_url: str, mail_folder: Path) -> Iterator[Flask]:
    """The small application, with its context open."""
    app = small.make_app(database_url, f"folder://{mail_folder}")
    small.make_tables(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """In the place of the mail server."""
    made = Office()
    monkeypatch.setattr(draining, "post_office", lambda _url: made)
    return made
