"""Words of partnerships, in plain Python."""

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
