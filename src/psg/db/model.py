"""Base class, column types and mixins of every table.

Tables that a partnership owns carry its id inside the primary key, so that a foreign key can never lead into another
partnership. Models have no `relationship()`: what is read is written as a query, so nothing is fetched by surprise.
"""

import enum
import uuid
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Enum, ForeignKey, ForeignKeyConstraint, MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from psg.ids import new_id

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes and gives aware datetimes in UTC only; SQLite, which knows no zones, stores the UTC wall time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, which would silently mean different moments in summer and winter."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Give the moment back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every mapped class shares."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UtcDateTime(),
            uuid.UUID: Uuid(),
            str: String(200),
            # Words as text: a new word needs no migration, and a dump can be read.
            enum.Enum: Enum(
                enum.Enum, native_enum=False, length=40, values_callable=lambda words: [w.value for w in words]
            ),
        },
    )

    __audited__: ClassVar[bool] = True
    """False only for rows that are not business records (sessions, deliveries, the audit itself)."""

    def complete(self) -> None:
        """Called before a new record is written: the last moment to fill in what nobody set."""

    def __repr__(self) -> str:
        """Class and id only: a repr ends up in logs, and no typed text may."""
        return f"<{type(self).__name__} {getattr(self, 'reference', None) or getattr(self, 'id', '')}>"


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": False})


class Model(db.Model):  # type: ignore[name-defined]  # Flask-SQLAlchemy builds the class at run time
    """A table of the installation as a whole, with a client-made id unless it declares another key."""

    __abstract__ = True


@cache
def _plain(model: Any) -> frozenset[str]:
    """Attributes that are columns as they stand."""
    return frozenset(model.__table__.columns.keys())


class Owned:
    """A table that belongs to a partnership."""

    @declared_attr
    @classmethod
    def partnership_id(cls) -> Mapped[uuid.UUID]:
        """The owning partnership: first part of the key, so that no foreign key can leave it."""
        return mapped_column(ForeignKey("partnerships.id"), primary_key=True, sort_order=-20)

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[uuid.UUID]:
        """Made by the client, because sealed values are bound to it before the row exists."""
        return mapped_column(primary_key=True, sort_order=-19)

    def __init__(self, **values: Any) -> None:
        """Take column values by name. The plain ones are set first: sealing needs the ids."""
        if "id" not in values:
            values["id"] = new_id()
        kind: Any = type(self)
        for name in _plain(kind) & values.keys():
            setattr(self, name, values.pop(name))
        for name, value in values.items():
            if not hasattr(kind, name):
                raise TypeError(f"{kind.__name__} has no column {name!r}")
            setattr(self, name, value)


class Versioned:
    """A record that several people may change: the version in the form must still be the version in the database."""

    version: Mapped[int] = mapped_column(default=1, sort_order=90)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let SQLAlchemy check and raise the version on every update."""
        return {"version_id_col": cls.version}


def owned_fk(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key to a partnership-owned table that cannot lead into another partnership."""
    return ForeignKeyConstraint(["partnership_id", column], [f"{table}.partnership_id", f"{table}.id"])
