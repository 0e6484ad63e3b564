"""Statements that make the database refuse to change or remove audit rows; for migrations and the set-up command."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from psg.audit.models import TABLES

_FUNCTION = """create or replace function audit_rows_stay() returns trigger language plpgsql as $$
begin
  raise exception 'audit rows are only ever added';
end $$"""


def insert_only_triggers(dialect: str) -> list[str]:
    """Statements for one dialect ("postgresql" or "sqlite") that refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE."""
    return list(_postgresql() if dialect == "postgresql" else _sqlite())


def drop_insert_only_triggers(dialect: str) -> list[str]:
    """Statements that take the triggers away again; for the downgrade of a migration only."""
    if dialect == "postgresql":
        drops = [f"drop trigger if exists {table.name}_stay on {table.name}" for table in _tables()]
        return [*drops, "drop function if exists audit_rows_stay()"]
    names = ("no_update", "no_delete", "no_replace")
    return [f"drop trigger if exists {table.name}_{name}" for table in _tables() for name in names]


def grants(app_role: str, dialect: str = "postgresql") -> list[str]:
    """What the application's database role may do with audit rows: read and add. SQLite knows no roles."""
    if dialect != "postgresql":
        return []
    role = '"' + app_role.replace('"', '""') + '"'
    names = ", ".join(table.name for table in _tables())
    return [f"revoke all on {names} from {role}", f"grant select, insert on {names} to {role}"]


def _tables() -> tuple[Any, ...]:
    return TABLES


def _postgresql() -> Iterator[str]:
    yield _FUNCTION
    for table in _tables():
        # Per statement: refused even when no row would match.
        yield (
            f"create trigger {table.name}_stay before update or delete or truncate on {table.name} "
            "for each statement execute function audit_rows_stay()"
        )


def _sqlite() -> Iterator[str]:
    refuse = "begin select raise(abort, 'audit rows are only ever added'); end"
    for table in _tables():
        yield f"create trigger {table.name}_no_update before update on {table.name} {refuse}"
        yield f"create trigger {table.name}_no_delete before delete on {table.name} {refuse}"
        # INSERT OR REPLACE removes the old row without asking the delete trigger.
        yield f"create trigger {table.name}_no_replace before insert on {table.name} when {_same_key(table)} {refuse}"


def _same_key(table: Table) -> str:
    unique = PrimaryKeyConstraint | UniqueConstraint
    keys = [constraint for constraint in table.constraints if isinstance(constraint, unique)]
    same = sorted(" and ".join(f"{column.name} = new.{column.name}" for column in key.columns) for key in keys)
    return f"exists (select 1 from {table.name} where {' or '.join(same)})"  # noqa: S608 - our own tables' names
