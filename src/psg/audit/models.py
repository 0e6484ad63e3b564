"""The tables of the audit. Rows are only ever added (`ddl` makes the database itself refuse anything else).

No foreign keys: audit rows outlive the people, agencies and records they are about, and no constraint may delete or
block them. `ids` of a list page are text because they are written on every page view and searched rarely.
"""

import uuid
from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psg.db import Model


class AuditEvent(Model):
    """Who did what to which record, when and by which rule. Never what was typed."""

    __tablename__ = "audit_events"
    __audited__ = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    partnership_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    agency_id: Mapped[uuid.UUID | None]
    session_ref: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(20))
    record_type: Mapped[str | None] = mapped_column(String(63))
    record_id: Mapped[uuid.UUID | None]
    case_id: Mapped[uuid.UUID | None]
    ids: Mapped[str] = mapped_column(Text)
    fields: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(String(120))
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


# Pages of the trail run by id, which sorts by time; every index therefore ends in it.
_event = AuditEvent.__table__.c
Index("ix_audit_events_partnership", _event.partnership_id, _event.id)
Index("ix_audit_events_user", _event.user_id, _event.id)
for _name, _columns, _where in (
    ("case", (_event.case_id, _event.id), _event.case_id.is_not(None)),
    ("record", (_event.record_id, _event.id), _event.record_id.is_not(None)),
    ("listed", (_event.partnership_id, _event.id), _event.ids != ""),
):
    Index(f"ix_audit_events_{_name}", *_columns, postgresql_where=_where, sqlite_where=_where)


class AuditDigest(Model):
    """What a changed record looked like after an event, as a digest; and, where known, before it."""

    __tablename__ = "audit_digests"
    __audited__ = False
    __table_args__ = (UniqueConstraint("record_type", "record_key", "turn", name="uq_audit_digests_turn"),)

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record_type: Mapped[str] = mapped_column(String(63))
    partnership_id: Mapped[uuid.UUID | None]
    record_key: Mapped[str] = mapped_column(String(200))
    turn: Mapped[int]
    """1 for a record's first digest, then without gaps: the order does not depend on any clock."""
    before: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest_version: Mapped[int]
    removed: Mapped[bool]


class AuditSeal(Model):
    """A batch of events closed for ever: the root of their tree, chained to the seal before, and signed."""

    __tablename__ = "audit_seals"
    __audited__ = False

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous_head: Mapped[bytes] = mapped_column(LargeBinary(32))
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    count: Mapped[int]
    first_event_id: Mapped[uuid.UUID]
    last_event_id: Mapped[uuid.UUID]
    sealed_at: Mapped[datetime]
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class AuditMember(Model):
    """Which seal holds an event, in which place, and the leaf it had then."""

    __tablename__ = "audit_members"
    __audited__ = False
    __table_args__ = (UniqueConstraint("event_id", name="uq_audit_members_event"),)

    seal_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[uuid.UUID]
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))


TABLES = tuple(model.__table__ for model in (AuditEvent, AuditDigest, AuditSeal, AuditMember))
