"""Idempotency keys: a form that creates something can be sent twice and still creates one thing."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, String, Table, Uuid, select, update
from sqlalchemy.orm import Session

from psg.db.model import Base, UtcDateTime

done_once = Table(
    "done_once",
    Base.metadata,
    Column("user_id", Uuid(), primary_key=True),
    Column("key", Uuid(), primary_key=True),
    Column("location", String(500), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False, index=True),
)


@dataclass(frozen=True)
class OnceKey:
    """The key minted when a form was shown, and the person it was shown to."""

    user_id: uuid.UUID
    key: uuid.UUID

    def matches(self) -> tuple[ColumnElement[bool], ...]:
        """Conditions that find this key's row."""
        return (done_once.c.user_id == self.user_id, done_once.c.key == self.key)

    def remember(self, session: Session, location: str) -> None:
        """Keep where the first sending led."""
        session.execute(update(done_once).where(*self.matches()).values(location=location))


def already_done_at(session: Session, once: OnceKey) -> str:
    """Where the first sending of this form led."""
    return session.scalar(select(done_once.c.location).where(*once.matches())) or "/"
