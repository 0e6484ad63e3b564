"""Tables of obligations, deliveries and signs of life. No column holds typed text."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from psg.db import Model, Owned
from psg.ids import new_id
from psg.reminders.rules import Beat, DeliveryState


class Obligation(Owned, Model):
    """Something owed by a date: written with the change that made it, ended with the change that settles it."""

    __tablename__ = "obligations"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        UniqueConstraint("partnership_id", "kind", "record_id", "stage"),
        Index("ix_obligations_record", "partnership_id", "record_id"),
        # Partial: only what is still owed stands in it, so a sweep costs what is due, not what ever was.
        Index(
            "ix_obligations_next",
            "next_on",
            postgresql_where=text("next_on is not null"),
            sqlite_where=text("next_on is not null"),
        ),
        Index("ix_obligations_settled", "settled_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    """Registered by the feature that owns the record."""
    record_id: Mapped[uuid.UUID]
    stage: Mapped[str] = mapped_column(String(20), default="")
    """Set apart obligations of one kind for one record, such as the owner's and the agency lead's."""
    case_id: Mapped[uuid.UUID | None]
    reference: Mapped[str] = mapped_column(String(120), default="")
    """What a message may call it, such as 'action 1 of EC-7QK4-M2'."""
    path: Mapped[str] = mapped_column(String(200), default="")
    """Where the link leads, below the base address."""
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    """Who owes it; None when it is an agency's or a role's."""
    agency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agencies.id"))
    group_id: Mapped[uuid.UUID | None]
    role: Mapped[str] = mapped_column(String(20), default="")
    """With agency or group: the role whose holders are told, such as agency-lead or coordinator."""
    due_on: Mapped[date]
    next_on: Mapped[date | None]
    """The local date of the next digest it belongs into; None when it has been settled."""
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Delivery(Model):
    """One message to one person."""

    __tablename__ = "deliveries"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "key"),
        Index(
            "ix_deliveries_due",
            "next_try_at",
            postgresql_where=text("state in ('waiting', 'sending')"),
            sqlite_where=text("state in ('waiting', 'sending')"),
        ),
        Index(
            "ix_deliveries_refused",
            "next_try_at",
            postgresql_where=text("state in ('waiting', 'sending') and answer <> ''"),
            sqlite_where=text("state in ('waiting', 'sending') and answer <> ''"),
        ),
        Index("ix_deliveries_partnership", "partnership_id", "created_at"),
        Index("ix_deliveries_created", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    partnership_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("partnerships.id"))
    """None for a digest, which spans partnerships (see its lines), and for account mails."""
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(100))
    """What makes it the same message, such as the local date of a digest."""
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    urgent: Mapped[bool] = mapped_column(default=False)
    """Account mails: drained every half minute."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Ids, references, counts and dates the kind's words need; never typed text."""
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    claim: Mapped[uuid.UUID | None]
    """Who claimed it, so that a late worker cannot mark what another has taken over."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(120), default="")
    answer: Mapped[str] = mapped_column(String(80), default="")
    """Class and code of the mail server's last answer."""
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(Text, default="")
    """What was sent, kept for the deliveries page; empty for account mails, which carry a token."""


class DeliveryLine(Owned, Model):
    """One obligation in one digest, frozen when the digest was first claimed."""

    __tablename__ = "delivery_lines"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        UniqueConstraint("delivery_id", "obligation_id"),
        Index("ix_delivery_lines_partnership", "partnership_id", "delivery_id"),
    )

    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deliveries.id"))
    obligation_id: Mapped[uuid.UUID]
    dropped: Mapped[bool] = mapped_column(default=False)
    """No longer wanted at a later try."""


class Attempt(Model):
    """One try to send one message."""

    __tablename__ = "delivery_attempts"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deliveries.id"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[DeliveryState]
    answer: Mapped[str] = mapped_column(String(80), default="")


class SignOfLife(Model):
    """When the scheduler and the worker were last seen at work."""

    __tablename__ = "signs_of_life"
    __audited__: ClassVar[bool] = False

    who: Mapped[Beat] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class LastDone(Model):
    """When something that is done now and then was last done: each kind of backup, and the daily tidying."""

    __tablename__ = "last_done"
    __audited__: ClassVar[bool] = False

    what: Mapped[str] = mapped_column(String(30), primary_key=True)
    at: Mapped[datetime]
    count: Mapped[int | None]
    """How many rows it was about, where that says something."""
