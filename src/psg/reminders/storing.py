"""Inserts that find out whether the row is there already, on both databases. Each statement is built once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from psg.db import db, write_rows


def insert_if_new(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; those whose key is there already stay as they are. Inside transaction() only."""
    if rows:
        write_rows(_new(model.__table__, _dialect()), rows[0] if len(rows) == 1 else list(rows))


def upsert(model: Any, row: dict[str, Any], key: Sequence[str], keep: Sequence[str] = ()) -> None:
    """Add one row, or change the row with that key; columns in `keep` stay as they were. Inside transaction() only."""
    changed = tuple(name for name in row if name not in (*key, *keep))
    write_rows(_new_or_changed(model.__table__, _dialect(), tuple(key), changed), row)


def _dialect() -> str:
    return str(db.engine.dialect.name)


@lru_cache(maxsize=16)
def _new(table: Any, dialect: str) -> Any:
    return _insert(table, dialect).on_conflict_do_nothing()


@lru_cache(maxsize=16)
def _new_or_changed(table: Any, dialect: str, key: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    statement = _insert(table, dialect)
    values = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(key), set_=values)


def _insert(table: Any, dialect: str) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
