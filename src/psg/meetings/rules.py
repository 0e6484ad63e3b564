"""Words and decisions of meetings, in plain Python."""

import re
from datetime import date, time
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
    ACCEPTED = "accepted"
    """Accepted between meetings, so no meeting has talked about it yet."""
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


class ComesAs(StrEnum):
    """How somebody from outside the group comes to one agenda item."""

    GUEST = "guest"
    """Takes part."""
    OBSERVER = "observer"
    """Listens, such as somebody in training."""


class Effect(StrEnum):
    """What a decision does to its case."""

    OPEN = "open"
    CLOSE = "close"
    PASS_ON = "pass-on"  # noqa: S105 - a decision, not a password
    ESCALATE = "escalate"
    DEFER = "defer"
    ACCEPT = "accept"
    DECLINE = "decline"


CASE_SECTIONS = (Section.NEW_REFERRALS, Section.OPEN_PEOPLE, Section.OPEN_PLACES, Section.CLOSURE)
"""Sections that hold cases, in their usual order."""

SECTION_TITLES = {
    Section.NEW_REFERRALS: "New referrals",
    Section.OPEN_PEOPLE: "Open cases: people",
    Section.OPEN_PLACES: "Open cases: places",
    Section.CLOSURE: "Cases proposed for closure",
}
"""Used when a group's standing agenda has no such section but a case needs it."""

OFF_REASONS = {
    "waits-for-court": "waits for a court or an order",
    "waits-for-agency": "waits for an agency's answer",
    "nothing-new": "nothing new to decide",
    "lead-absent": "its lead cannot come",
    "dealt-with": "dealt with since",
    "other-meeting": "another meeting takes it",
    "no-time": "no time at this meeting",
}
"""Why the chair took a case off an agenda. Codes: free words would be case text."""

CANCEL_REASONS = {
    "no-quorum": "too few agencies can come",
    "holiday": "it falls on or near a holiday",
    "nothing-to-discuss": "no case needs it",
    "chair-absent": "nobody can take the chair",
    "place": "the place cannot be used",
    "emergency": "an emergency",
}
"""Why a meeting was cancelled."""

REFERRAL_DECISIONS = {
    "accept": Effect.ACCEPT,
    "decline": Effect.DECLINE,
    "pass-on": Effect.PASS_ON,
    "defer": Effect.DEFER,
}
"""What can be decided about a referral; an open case has the decisions of reference/meeting-decisions.yaml."""

REFERRAL_WORDS = {"accept": "Accept", "decline": "Decline"}
"""Labels of the decisions that only a referral has."""

REFERRAL_DECIDED = {"accept": "Accepted", "decline": "Declined"}
"""The same once they are recorded."""

PRESENT = frozenset({Attended.HERE, Attended.DEPUTY})
"""What counts an agency towards the quorum."""

BEFOREHAND = frozenset({Attended.APOLOGIES, Attended.DEPUTY})
"""What can be said of somebody's coming before the day."""

MAY_ARRANGE = frozenset({MeetingState.PREPARING, MeetingState.PUBLISHED})
MAY_RECORD = frozenset({MeetingState.PREPARING, MeetingState.PUBLISHED})
MAY_CORRECT = frozenset({MeetingState.PREPARING, MeetingState.PUBLISHED, MeetingState.HELD})
HAPPENED = frozenset({MeetingState.HELD, MeetingState.AGREED})


def agreeing_due(next_on: date | None, today: date) -> bool:
    """Whether draft minutes are to be agreed now: at the group's next meeting, whose day has come."""
    return next_on is not None and next_on <= today


def has_come(held_on: date, today: date) -> bool:
    """Whether a meeting's day has come. Until then apologies are noted and words prepared, and nothing is decided: a
    decision takes effect on its case at once."""
    return held_on <= today


_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(am|pm)?")


def time_from(typed: str) -> time | None:
    """The time of day meant by "10am", "10:30", "2.15 pm" or "midday"; None when it is none."""
    word = "".join(typed.lower().split())
    if word in ("midday", "noon"):
        return time(12, 0)
    found = _TIME.fullmatch(word)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif not found[2]:
        return None  # "2" alone could be night or afternoon
    return time(hour, minute) if hour < 24 and minute < 60 else None
