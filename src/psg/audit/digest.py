"""The digest of a record: SHA-256 over its columns, ciphertext included, the same from memory as from the database.

A column takes part from digest version 1, or from the version its `info` names: `info={"digest": 2}` for a column added
later, `info={"digest": None}` for one that never does. Older digests are recomputed over the columns of their version.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum as PythonEnum
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, Date, Enum, Integer, LargeBinary, Numeric, Select, String, Table, Uuid, select
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import Mapper

from psg.audit.canonical import encode, encode_one

NOTHING = bytes(32)
"""The digest of a record that does not exist: before it was made, after it was removed."""

Coerce = Callable[[Any], object]


@dataclass(frozen=True)
class Plan:
    """How one mapped class is digested."""

    table: Table
    version: int
    versioned: bool
    """Whether the class has optimistic locking, so that what is in memory after a save is what is in the database."""
    columns: tuple[tuple[str, str, int, Coerce], ...]
    """Column name, attribute name, first digest version, coercion; in order of the column names."""
    key_columns: tuple[Column[Any], ...]

    @property
    def record_type(self) -> str:
        """The name that audit rows use for the class."""
        return self.table.name

    @property
    def has_own_id(self) -> bool:
        """Whether one id names the record; if not, its whole primary key does."""
        return len(self.key_columns) == 1 and self.key_columns[0].name == "id"

    def key(self, values: Mapping[Any, Any]) -> str:
        """The record's key as text, from its columns by name."""
        return "/".join(_key_part(values[column.name]) for column in self.key_columns)

    def digest(self, values: Mapping[Any, Any], version: int | None = None) -> bytes:
        """The digest of a record given as column values by name."""
        wanted = self.version if version is None else version
        parts = [encode((self.table.name, wanted))]
        for name, _, first, coerce in self.columns:
            if first <= wanted:
                value = values[name]
                parts += (_name(name), encode_one(None if value is None else coerce(value)))
        return hashlib.sha256(b"".join(parts)).digest()

    def rows(self) -> Select[Any]:
        """The statement that reads the columns needed for key and digest."""
        digested = {name: self.table.c[name] for name, *_ in self.columns}
        return select(*(digested | {column.name: column for column in self.key_columns}).values())


def plan_of(record: object) -> Plan:
    """The plan for a record's class."""
    kind: Any = type(record)
    return plan_for(kind)


@cache
def plan_for(model: Any) -> Plan:
    """The plan for a mapped class."""
    mapper: Mapper[Any] = sa_inspect(model)
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101 - for the type checker: every audited class is mapped to a table
    columns = []
    for name in sorted(table.c.keys()):
        column = table.c[name]
        first = column.info.get("digest", 1)
        if first is not None:
            columns.append((name, mapper.get_property_by_column(column).key, first, _coercion(column)))
    own_id = table.c.get("id")
    keyed_by_id = own_id is not None and own_id.primary_key and isinstance(own_id.type, Uuid)
    return Plan(
        table=table,
        version=max((first for _, _, first, _ in columns), default=1),
        versioned=mapper.version_id_col is not None,
        columns=tuple(columns),
        key_columns=(own_id,) if keyed_by_id and own_id is not None else tuple(table.primary_key.columns),
    )


_name = cache(encode_one)
"""Columns' names as they stand in every digest."""


def audited_models(models: Sequence[type]) -> dict[str, type]:
    """Of some mapped classes those whose records are audited, by table name."""
    return {plan_for(model).record_type: model for model in models if getattr(model, "__audited__", True)}


def _key_part(value: object) -> str:
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, PythonEnum):
        value = value.value
    return str(value).replace("%", "%25").replace("/", "%2F")


def _coercion(column: Column[Any]) -> Coerce:
    """What a value in memory becomes when it has been stored and read back."""
    kind = column.type
    if isinstance(kind, Numeric):
        return _number(kind)
    return next((coerce for types, coerce in _COERCIONS if isinstance(kind, types)), _as_it_is)


def _number(kind: Numeric[Any]) -> Coerce:
    if not kind.asdecimal:
        return float
    scale = kind.scale
    return lambda value: round(Decimal(value), scale) if scale is not None else Decimal(value)


def _as_it_is(value: object) -> object:
    return value


_COERCIONS: tuple[tuple[type, Coerce], ...] = (
    (Boolean, bool),
    (Integer, int),
    # A word list is a kind of string to SQLAlchemy, so it stands before that.
    (Enum, lambda value: value.value if isinstance(value, PythonEnum) else str(value)),
    (Uuid, lambda value: value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))),
    (LargeBinary, bytes),
    (Date, lambda value: value.date() if isinstance(value, datetime) else value),
    (String, str),
)
