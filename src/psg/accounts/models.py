"""People who sign in, their sessions, and the links that let them in for the first time or again."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from psg.accounts.rules import LinkKind
from psg.db import Model, Versioned
from psg.ids import new_id


class User(Versioned, Model):
    """A person who works for an agency. What they may see stands in their memberships, never here."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Lower case; a work address."""
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None]
    """argon2id; None until the invitation is accepted."""
    is_system_administrator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_signed_in_at: Mapped[datetime | None] = mapped_column(info={"digest": None})
    digest_muted: Mapped[bool] = mapped_column(default=False)
    """Whether the weekday digest is switched off. Escalations, meetings and account mails are not."""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


class UserSession(Model):
    """One browser, signed in. The cookie holds the id; the table only its hash."""

    __tablename__ = "sessions"
    __audited__: ClassVar[bool] = False

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(Text)
    """Flask's session as JSON: form token and messages to show once. Never case text."""
    browser: Mapped[str] = mapped_column(String(120), default="")
    """Browser and system in words, for the person's own list of sessions."""


class SignInAttempt(Model):
    """A failed sign-in, under keyed hashes of address and network, for slowing guessers down."""

    __tablename__ = "sign_in_attempts"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    account_tag: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    network_tag: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    device_tag: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    """Set when the browser is one that this account has signed in from before."""


class KnownDevice(Model):
    """A browser that an account has signed in from: it is throttled apart, so that nobody can lock its owner out."""

    __tablename__ = "known_devices"
    __audited__: ClassVar[bool] = False

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]


class PasswordLink(Model):
    """An invitation or a password reset. The token is derived when the mail is rendered; only its hash stands here."""

    __tablename__ = "password_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[LinkKind]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    partnership_id: Mapped[uuid.UUID | None]
    """The partnership invited to; no foreign key, because partnerships are a feature above this one."""
    invited_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeptPost(Model):
    """A form that arrived after its session had timed out: kept sealed for half an hour, given back, never executed."""

    __tablename__ = "kept_posts"
    __audited__: ClassVar[bool] = False

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    path: Mapped[str] = mapped_column(String(500))
    fields_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime]
