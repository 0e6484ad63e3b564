"""Creating accounts, inviting, signing in and out, setting passwords. Called inside `transaction()`."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from psg import audit, clock
from psg.accounts import passwords, queries, sessions
from psg.accounts.models import KnownDevice, PasswordLink, User
from psg.accounts.rules import LinkKind
from psg.audit import Actor
from psg.audit.events import Event
from psg.crypto import keyring
from psg.db import DomainError, db
from psg.ids import new_id
from psg.reminders import operations as reminders

INVITATION_LASTS = timedelta(hours=48)
RESET_LASTS = timedelta(minutes=45)
_RESETS_AN_HOUR = 3

on_activation: list[Callable[[uuid.UUID], None]] = []
"""What features above do when a person accepts an invitation, such as opening their memberships."""


on_rename: list[Callable[[uuid.UUID], None]] = []
"""What features above do when a person changes their own name."""


def create_user(
    *, email: str, first_name: str, last_name: str, is_system_administrator: bool = False, by: Actor
) -> User:
    """A new account without a password: it opens with an invitation."""
    email = email.strip().lower()
    if queries.by_email(email) is not None:
        raise DomainError("There is already an account with that e-mail address.")
    user = User(
        email=email,
        first_name=first_name,
        last_name=last_name,
        is_system_administrator=is_system_administrator,
        created_at=clock.now(),
    )
    db.session.add(user)
    db.session.flush()
    audit.record(Event.ACCOUNT_CHANGED, user, by=by, fields=("created",))
    return user


def invite(user: User, *, partnership_id: uuid.UUID | None, by: Actor) -> PasswordLink:
    """Write an invitation and the message that carries it; an older one for the same person ends."""
    _revoke(user.id, by=by)
    link = _link(user, LinkKind.INVITATION, partnership_id=partnership_id, by=by)
    reminders.tell(user_id=user.id, kind="invitation", key=str(link.id), details={"link": str(link.id)}, urgent=True)
    return link


def ask_reset(email: str) -> None:
    """Write a reset link when the account exists and may have one. The caller answers the same in any case."""
    user = queries.by_email(email)
    if user is None or user.password_hash is None:
        return
    recent = db.session.scalar(
        select(func.count(PasswordLink.id)).where(
            PasswordLink.user_id == user.id,
            PasswordLink.kind == LinkKind.RESET,
            PasswordLink.created_at > clock.now() - timedelta(hours=1),
        )
    )
    if (recent or 0) >= _RESETS_AN_HOUR:
        return
    link = _link(user, LinkKind.RESET, partnership_id=None, by=audit.SYSTEM)
    reminders.tell(user_id=user.id, kind="reset", key=str(link.id), details={"link": str(link.id)}, urgent=True)


def use_link(link: PasswordLink, password: str, *, first_name: str = "", last_name: str = "") -> User:
    """Set the password that a link allows; every other session and link of the account ends."""
    user = db.session.get(User, link.user_id)
    if user is None or link.used_at is not None or link.revoked_at is not None:
        raise DomainError("This link has already been used.")
    link.used_at = clock.now()
    if first_name:
        user.first_name, user.last_name = first_name, last_name
    user.password_hash = passwords.hash_password(password)
    _revoke(user.id, by=audit.SYSTEM)
    event = Event.INVITATION_ACCEPTED if link.kind is LinkKind.INVITATION else Event.PASSWORD_RESET_USED
    audit.security(event, user_id=user.id, record=user)
    audit.security(event, user_id=user.id, record=link)
    sessions.end_all(user.id)
    if link.kind is LinkKind.RESET:
        _notice(user)
    else:
        for activate in on_activation:
            activate(user.id)
    return user


def change_password(user: User, password: str, *, by: Actor) -> None:
    """Set a new password; every session but this one ends, and so does every link that could set another."""
    user.password_hash = passwords.hash_password(password)
    _revoke(user.id, by=by)
    audit.record(Event.PASSWORD_CHANGED, user, by=by)
    kept = sessions.current()
    sessions.end_all(user.id, but=kept.id_hash if kept is not None else None)
    _notice(user)


def change_settings(user: User, *, first_name: str, last_name: str, digest_muted: bool, by: Actor) -> None:
    """Change one's own name and whether the weekday digest comes."""
    user.first_name, user.last_name, user.digest_muted = first_name, last_name, digest_muted
    audit.record(Event.ACCOUNT_CHANGED, user, by=by, fields=("name", "digest"))
    for tell in on_rename:
        tell(user.id)


def signed_in(user: User, password: str, *, browser: str, new_device: bytes | None) -> None:
    """Start a session after the password was found right."""
    if user.password_hash and passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    user.last_signed_in_at = clock.now()
    if new_device is not None:
        db.session.add(KnownDevice(id_hash=new_device, user_id=user.id, created_at=clock.now()))
    sessions.begin(user, browser)
    audit.security(Event.SIGNED_IN, user_id=user.id, record=user)


def token_of(link_id: uuid.UUID) -> str:
    """The token of a link: derived from its id, so that it stands nowhere; only its hash is stored."""
    key = keyring().app_secret("password-links")
    return base64.urlsafe_b64encode(hmac.digest(key, link_id.bytes, "sha256")).decode().rstrip("=")


def _link(user: User, kind: LinkKind, *, partnership_id: uuid.UUID | None, by: Actor) -> PasswordLink:
    now = clock.now()
    link_id = new_id()
    link = PasswordLink(
        id=link_id,
        user_id=user.id,
        kind=kind,
        token_hash=hashlib.sha256(token_of(link_id).encode()).digest(),
        partnership_id=partnership_id,
        invited_by=by.user_id,
        created_at=now,
        expires_at=now + (INVITATION_LASTS if kind is LinkKind.INVITATION else RESET_LASTS),
    )
    db.session.add(link)
    if kind is LinkKind.INVITATION:
        audit.security(Event.INVITATION_SENT, user_id=by.user_id, record=link)  # nobody, where PSG itself invites
    else:
        audit.security(Event.PASSWORD_RESET_ASKED, user_id=user.id, record=link)
    return link


def _revoke(user_id: uuid.UUID, *, by: Actor) -> None:
    """End every link of an account that has not been used: it would set a password that its owner has not chosen."""
    waiting = select(PasswordLink).where(
        PasswordLink.user_id == user_id,
        PasswordLink.used_at.is_(None),
        PasswordLink.revoked_at.is_(None),
    )
    for link in db.session.scalars(waiting):
        link.revoked_at = clock.now()
        if link.kind is LinkKind.INVITATION:
            audit.record(Event.INVITATION_WITHDRAWN, link, by=by)
        else:
            audit.security(Event.PASSWORD_LINK_ENDED, user_id=user_id, record=link)


def _notice(user: User) -> None:
    reminders.tell(user_id=user.id, kind="password-changed", key=new_id().hex, urgent=True)
