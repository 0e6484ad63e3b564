"""Bringing a database to the newest form, with the owner's rights; the application's own role gets less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.engine import make_url

from psg import paths
from psg.db.session import configure_engine

# Alembic is imported where it is used: the web process asks it nothing but the revision, on one page.
if TYPE_CHECKING:
    from alembic.config import Config


def owner_engine(url: str) -> Engine:
    """An engine for the owner's address: one connection, values never printed."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    configure_engine(engine)
    return engine


def upgrade(url: str, *, to: str = "head") -> None:
    """Run every migration that is missing."""
    from alembic import command

    _run(url, lambda config: command.upgrade(config, to))


def downgrade(url: str, *, to: str) -> None:
    """Take migrations back, down to `to` or 'base'."""
    from alembic import command

    _run(url, lambda config: command.downgrade(config, to))


def head() -> str:
    """The newest revision this program knows."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(paths.MIGRATIONS)).get_current_head() or ""


def revision_of(connection: Connection) -> str:
    """The revision a database is at; empty when it has never been migrated."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision() or ""


def application_role(url: str) -> str | None:
    """The PostgreSQL role the application signs in as, for granting; None on SQLite."""
    address = make_url(url)
    return address.username if address.get_backend_name() == "postgresql" else None


def _run(url: str, run: Callable[[Config], None]) -> None:
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # Batch migrations rebuild tables: dropping the old one, with what refers to it, must be allowed. Said
                # past SQLAlchemy, which would begin a transaction first, and in one SQLite ignores it.
                connection.connection.cursor().execute("pragma foreign_keys=off")
            run(_config(connection))
            connection.commit()
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(paths.MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
