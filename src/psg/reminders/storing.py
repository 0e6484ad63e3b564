"""Rows that may be there already: left as they are, or changed."""

from collections.abc import Sequence
from typing import Any

from psg.db import UNLESS_THERE, write_rows


def insert_if_new(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; those whose key is there already stay as they are. Inside transaction() only."""
    write_rows(model, rows, UNLESS_THERE)


def upsert(model: Any, rows: Sequence[dict[str, Any]], key: Sequence[str], keep: Sequence[str] = ()) -> None:
    """Add rows, or change those with their key; columns in `keep` stay as they were. Inside transaction() only."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in (*key, *keep))
    write_rows(model, rows, f"on conflict ({', '.join(key)}) do update set {changed}")
