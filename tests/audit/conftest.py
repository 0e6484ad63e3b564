"""An application with the audit and the test tables on SQLite and on PostgreSQL, and a way to tamper by plain SQL.

On PostgreSQL the application has a role of its own with the grants of production; tampering is done as the superuser.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from psg import audit
from psg import db as database
from psg.audit import changes, write
from psg.audit.models import TABLES
from psg.audit.verify import Report, verify
from psg.db import db
from psg.db.once import done_once
from psg.db.rows import after_add
from psg.db.session import before_commit, engine_options
from psg.settings import Settings
from tests.audit.models import MODELS, Base, Viewer

SUPERUSER = os.environ.get("PSG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass
class Place:
    """An application, its database seen by its owner, and its anchor file."""

    app: Flask
    owner: Engine
    anchor_file: Path

    @property
    def postgresql(self) -> bool:
        return self.owner.dialect.name == "postgresql"

    def tamper(self, *statements: str, **values: Any) -> None:
        """Run plain SQL as somebody who owns the database and has switched the triggers off."""
        with self.owner.begin() as connection:
            if self.postgresql:
                connection.execute(text("set session_replication_role = replica"))
            else:
                for statement in audit.drop_insert_only_triggers("sqlite"):
                    connection.execute(text(statement))
            for statement in statements:
                connection.execute(text(statement), values)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.owner.begin() as connection:
            return list(connection.execute(text(statement), values))

    def verify(self) -> Report:
        return verify(models=MODELS, anchor_file=self.anchor_file)


@pytest.fixture(scope="session")
def postgres() -> Iterator[tuple[str, str, str]]:
    """A scratch database: its owner's address, the application's address and role."""
    name = f"psg_audit_{uuid.uuid4().hex[:12]}"
    admin_url = make_url(SUPERUSER).set(drivername="postgresql+psycopg")
    admin = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
        connection.execute(text(f"create role {name} login password 'scratch'"))
    owner = admin_url.set(database=name)
    app = owner.set(username=name, password="scratch")
    yield owner.render_as_string(False), app.render_as_string(False), name
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
        connection.execute(text(f"drop role {name}"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    role = None
    if dialect == "sqlite":
        owner_url = app_url = f"sqlite:///{tmp_path / 'psg.db'}"
    else:
        owner_url, app_url, role = request.getfixturevalue("postgres")
    owner = create_engine(owner_url, poolclass=NullPool)
    _make_tables(owner, role)
    signing = Ed25519PrivateKey.generate()
    monkeypatch.setattr("psg.audit.keys.mac_key", lambda: b"k" * 32)
    monkeypatch.setattr("psg.audit.keys.signing_key", lambda: signing)
    anchor_file = tmp_path / "anchors" / "anchor.log"
    with _application(app_url, anchor_file) as app, app.app_context():
        yield Place(app, owner, anchor_file)
        db.session.remove()
        db.engine.dispose()
    with owner.begin() as connection:
        Base.metadata.drop_all(connection)
        for table in (*TABLES, done_once):
            table.drop(connection)
        if dialect == "postgresql":
            connection.execute(text("drop function audit_rows_stay()"))
    owner.dispose()


@pytest.fixture
def sam() -> Viewer:
    return Viewer()


def _make_tables(owner: Engine, role: str | None) -> None:
    with owner.begin() as connection:
        Base.metadata.create_all(connection)
        for table in (*TABLES, done_once):
            table.create(connection)
        for statement in audit.insert_only_triggers(owner.dialect.name):
            connection.execute(text(statement))
        if role is not None:
            names = ", ".join([*Base.metadata.tables, done_once.name])
            connection.execute(text(f"grant all on {names} to {role}"))
            for statement in audit.grants(role):
                connection.execute(text(statement))


class _application:  # noqa: N801 - reads as a with statement
    """An application; what it registers for the whole process goes away with it, unless it was there before."""

    def __init__(self, url: str, anchor_file: Path) -> None:
        self._registered = write.write_pending in before_commit
        self.app = Flask("audit-test")
        self.app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url)}
        self.app.extensions["psg.settings"] = Settings(
            database_url=url,
            database_owner_url=url,
            broker_url="memory://",
            keys=anchor_file.parent,
            root_key_file=None,
            anchor_file=anchor_file,
            base_url="http://localhost",
            mail_url="folder:///tmp",
            mail_from="psg@example.org",
        )
        database.init_app(self.app)
        audit.init_app(self.app)

    def __enter__(self) -> Flask:
        return self.app

    def __exit__(self, *_: object) -> None:
        if not self._registered:
            before_commit.remove(write.write_pending)
            after_add.remove(changes.remember_added)
            event.remove(Session, "before_flush", changes.remember_before)
            event.remove(Session, "do_orm_execute", changes.remember_statement)
