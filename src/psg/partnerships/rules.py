"""Words of partnerships, in plain Python."""

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum


class MembershipState(StrEnum):
    """Whether a person's membership of a partnership opens anything."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class GroupState(StrEnum):
    """Whether a group takes cases and meets."""

    ACTIVE = "active"
    ENDED = "ended"


def is_dormant(last_signed_in_at: datetime | None, now: datetime, after: timedelta) -> bool:
    """Whether an account has been asleep for longer than that, or was never used."""
    return last_signed_in_at is None or now - last_signed_in_at > after


def role_sentence(role: str, group: str, of: bool) -> str:
    """As in "Chair of Adults PSG", "Practitioner in Adults PSG", "Coordinator"."""
    return f"{role} {'of' if of else 'in'} {group}" if group else role


def code_from(label: str) -> str:
    """A short code made of a label: small letters, figures and dashes."""
    folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", folded))[:40].strip("-")
