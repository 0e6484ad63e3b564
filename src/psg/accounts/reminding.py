"""The messages of accounts: invitations, resets and the notice that a password was changed."""

import uuid

from psg import settings
from psg.access import Viewer
from psg.accounts.models import PasswordLink
from psg.accounts.operations import token_of
from psg.accounts.rules import LinkKind
from psg.db import db
from psg.reminders.kinds import Message, MessageKind
from psg.reminders.outgoing import Outgoing


def _link(delivery: Outgoing) -> PasswordLink | None:
    return db.session.get(PasswordLink, uuid.UUID(delivery.details["link"]))


def _still_open(_viewer: Viewer, delivery: Outgoing) -> bool:
    link = _link(delivery)
    return link is not None and link.used_at is None and link.revoked_at is None


def _address(link: PasswordLink) -> str:
    page = "invitations" if link.kind is LinkKind.INVITATION else "reset"
    return f"{settings.current().base_url}/{page}/{token_of(link.id)}"


def _invitation(_viewer: Viewer, delivery: Outgoing) -> Message:
    link = _link(delivery)
    if link is None:
        raise LookupError("the invitation is gone")
    return Message(
        subject="Set up your PSG account",
        paragraphs=[
            "You have been invited to PSG, where your Community Safety Partnership works on cases together.",
            f"Set your password here: {_address(link)}",
            "The link works once, for 48 hours. Not you? Do nothing.",
        ],
        keep_body=False,
    )


def _reset(_viewer: Viewer, delivery: Outgoing) -> Message:
    link = _link(delivery)
    if link is None:
        raise LookupError("the link is gone")
    return Message(
        subject="Reset your PSG password",
        paragraphs=[
            "Somebody asked for a new password for your PSG account.",
            f"Set it here: {_address(link)}",
            "The link works once, for 45 minutes. Not you? Do nothing: your password stays as it is.",
        ],
        keep_body=False,
    )


def _changed(_viewer: Viewer, _delivery: Outgoing) -> Message:
    return Message(
        subject="Your PSG password was changed",
        paragraphs=[
            "The password of your PSG account was changed just now, and other browsers were signed out.",
            "Not you? Ask for a new password on the sign-in page at once, and tell your coordinator.",
        ],
    )


def _always(_viewer: Viewer, _delivery: Outgoing) -> bool:
    return True


INVITATION = MessageKind("invitation", _still_open, _invitation, needs_place=False, label="Invitation")
RESET = MessageKind("reset", _still_open, _reset, needs_place=False, label="Password reset")
PASSWORD_CHANGED = MessageKind("password-changed", _always, _changed, needs_place=False, label="Password changed")

KINDS = (INVITATION, RESET, PASSWORD_CHANGED)
