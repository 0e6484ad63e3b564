"""Inserts that find out whether the row is there already, on both databases. Each statement is built once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from psg.db import db


def insert_if_new(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; those whose key is there already stay as they are. Inside transaction() only."""
    if rows:
        db.session.execute(_new(model, db.session.get_bind().dialect.name), list(rows))


def upsert(model: Any, row: dict[str, Any], key: Sequence[str], keep: Sequence[str] = ()) -> Any:
    """Add one row, or change the row with that key; columns in `keep` stay as they were. Returns the record."""
    changed = tuple(name for name in row if name not in (*key, *keep))
    statement = _new_or_changed(model, db.session.get_bind().dialect.name, tuple(key), changed)
    return db.session.scalars(statement, row, execution_options={"populate_existing": True}).one()


@lru_cache(maxsize=16)
def _new(model: Any, dialect: str) -> Any:
    return _insert(model, dialect).on_conflict_do_nothing()


@lru_cache(maxsize=16)
def _new_or_changed(model: Any, dialect: str, key: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    statement = _insert(model, dialect)
    values = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(key), set_=values).returning(model)


def _insert(model: Any, dialect: str) -> Any:
    return sqlite.insert(model) if dialect == "sqlite" else postgresql.insert(model)
