"""Inserts that find out whether the row is there already, on both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from psg.db import db


def insert_if_new(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; those whose key is there already stay as they are. Inside transaction() only."""
    if rows:
        db.session.execute(_insert(model).on_conflict_do_nothing(), list(rows))


def upsert(model: Any, row: dict[str, Any], key: Sequence[str], keep: Sequence[str] = ()) -> Any:
    """Add one row, or change the row with that key; columns in `keep` stay as they were. Returns the record."""
    statement = _insert(model).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in (*key, *keep)}
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed).returning(model)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).one()


def _insert(model: Any) -> Any:
    sqlite_in_use = db.session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(model) if sqlite_in_use else postgresql.insert(model)
