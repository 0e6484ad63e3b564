"""Finding accounts and links."""

import hashlib
import uuid
from collections.abc import Collection

from sqlalchemy import bindparam, select

from psg import clock
from psg.accounts.models import PasswordLink, User
from psg.accounts.rules import Account, LinkKind
from psg.db import ask, db


def by_email(email: str) -> User | None:
    """The account with a work address, in any case."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def get(user_id: uuid.UUID) -> User | None:
    """The account with an id."""
    return db.session.get(User, user_id)


def people(user_ids: Collection[uuid.UUID]) -> list[tuple[Account, bool]]:
    """These people's accounts as they stand now, each with whether the digest is switched off: one query."""
    rows = ask(_PEOPLE, {"user_ids": list(user_ids)})
    return [(Account(*row[:5]), row.digest_muted) for row in rows]


_PEOPLE = select(
    User.id, User.email, User.first_name, User.last_name, User.is_system_administrator, User.digest_muted
).where(User.id.in_(bindparam("user_ids", expanding=True)))


def usable_link(token: str, kind: LinkKind) -> PasswordLink | None:
    """The link with a token, while it is neither used, revoked nor old."""
    token_hash = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    link: PasswordLink | None = db.session.scalar(
        select(PasswordLink).where(PasswordLink.token_hash == token_hash, PasswordLink.kind == kind)
    )
    if link is None or link.used_at or link.revoked_at or link.expires_at < clock.now():
        return None
    return link
