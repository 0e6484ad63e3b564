"""Records for the audit's tests: tables of their own, so that no feature's model has to exist or stay as it is."""

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, Enum, LargeBinary, MetaData, Numeric, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from psg.db import UtcDateTime, Versioned

PARTNERSHIP = uuid.UUID(int=0xEC)
OTHER_PARTNERSHIP = uuid.UUID(int=0xCC)
AGENCY = uuid.UUID(int=0xA6)


class Band(enum.Enum):
    LOW = "low"
    HIGH = "very high"


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(),
        type_annotation_map={
            datetime: UtcDateTime(),
            uuid.UUID: Uuid(),
            str: String(200),
            Decimal: Numeric(10, 2),
            enum.Enum: Enum(enum.Enum, native_enum=False, values_callable=lambda words: [w.value for w in words]),
        },
    )
    __audited__: ClassVar[bool] = True

    def complete(self) -> None:
        """Nothing is filled in here."""


class Sample(Versioned, Base):
    """A record with a column of every kind."""

    __tablename__ = "samples"

    partnership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    band: Mapped[Band] = mapped_column(default=Band.LOW)
    due_on: Mapped[date | None]
    seen_at: Mapped[datetime | None]
    open: Mapped[bool] = mapped_column(default=True)
    points: Mapped[int] = mapped_column(default=0)
    cost: Mapped[Decimal | None]
    share: Mapped[float | None]
    words: Mapped[str] = mapped_column(default="")
    title_sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    cached: Mapped[str] = mapped_column(default="", info={"digest": None})


class Link(Base):
    """A record named by its whole key, without optimistic locking."""

    __tablename__ = "links"

    partnership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[Band] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(default="")
    points: Mapped[int] = mapped_column(default=0)


class Unaudited(Base):
    """A row that is no business record."""

    __tablename__ = "unaudited"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(default="")


MODELS = (Sample, Link, Unaudited)


class Viewer:
    """Somebody with a place in one partnership."""

    def __init__(self) -> None:
        self.user_id: uuid.UUID | None = uuid.UUID(int=0x1)

    def agency_in(self, partnership_id: uuid.UUID) -> uuid.UUID | None:
        return AGENCY if partnership_id == PARTNERSHIP else None
