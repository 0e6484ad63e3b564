"""Finding accounts and links."""

import hashlib
import uuid

from sqlalchemy import select

from psg import clock
from psg.accounts.models import PasswordLink, User
from psg.accounts.rules import LinkKind
from psg.db import db


def by_email(email: str) -> User | None:
    """The account with a work address, in any case."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def get(user_id: uuid.UUID) -> User | None:
    """The account with an id."""
    return db.session.get(User, user_id)


def address_of(user_id: uuid.UUID) -> tuple[str, str] | None:
    """E-mail address and first name, for a message."""
    row = db.session.execute(select(User.email, User.first_name).where(User.id == user_id)).one_or_none()
    return (row.email, row.first_name) if row else None


def usable_link(token: str, kind: LinkKind) -> PasswordLink | None:
    """The link with a token, while it is neither used, revoked nor old."""
    token_hash = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    link: PasswordLink | None = db.session.scalar(
        select(PasswordLink).where(PasswordLink.token_hash == token_hash, PasswordLink.kind == kind)
    )
    if link is None or link.used_at or link.revoked_at or link.expires_at < clock.now():
        return None
    return link
