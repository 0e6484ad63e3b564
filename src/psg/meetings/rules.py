"""Words and decisions of meetings, in plain Python."""

from enum import StrEnum


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PREPARING = "preparing"
    PUBLISHED = "published"
    HELD = "held"
    """Ended by the chair; its record can be read and agreed."""
    AGREED = "agreed"
    """Minutes agreed and sealed: later truth is an addendum."""
    CANCELLED = "cancelled"


class Section(StrEnum):
    """What an agenda section holds."""

    TEXT = "text"
    ATTENDANCE = "attendance"
    ACTIONS = "actions"
    NEW_REFERRALS = "new_referrals"
    OPEN_PEOPLE = "open_people"
    OPEN_PLACES = "open_places"
    CLOSURE = "closure"


class Reason(StrEnum):
    """Why a case is on an agenda."""

    NEW_REFERRAL = "new-referral"
    REVIEW_DUE = "review-due"
    OVERDUE_ACTIONS = "overdue-actions"
    RISK_RISE = "risk-rise"
    CARRIED_OVER = "carried-over"
    ASKED_FOR = "asked-for"
    FOR_CLOSURE = "for-closure"


class ItemState(StrEnum):
    """Whether an item is on the agenda."""

    ON = "on"
    OFF = "off"
    """Taken off by the chair, with a reason."""
    PARKED = "parked"
    """Kept for a later month."""


class Attended(StrEnum):
    """How an agency's person came to the meeting."""

    HERE = "here"
    DEPUTY = "deputy"
    APOLOGIES = "apologies"
    ABSENT = "absent"
