"""Words and decisions of cases, in plain Python."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    """Being written by its referrer."""
    SENT = "sent"
    """A referral that waits for the chair's or the coordinator's decision."""
    OPEN = "open"
    DECLINED = "declined"
    CLOSED = "closed"
    ERASED = "erased"
    """Its key was destroyed; only the row and its dates are left."""


class SubjectKind(StrEnum):
    """What a case is about."""

    PERSON = "person"
    PLACE = "place"
    BOTH = "both"


class DecisionKind(StrEnum):
    """A dated decision about the case as a whole."""

    ACCEPTED = "accepted"
    PASSED_ON = "passed-on"
    DECLINED = "declined"
    CLOSED = "closed"
    REOPENED = "reopened"


class NamedAs(StrEnum):
    """Why a person is named on a case and may therefore see it."""

    LEAD_OFFICER = "lead-officer"
    ACTION_OWNER = "action-owner"


class Tone(StrEnum):
    """How a risk band is drawn; a scheme maps its bands to these five."""

    HIGHEST = "highest"
    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"
    NONE = "none"


class Precision(StrEnum):
    """How exactly the date of an event is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    PERIOD = "period"
    UNKNOWN = "unknown"


TONE_ORDER = {Tone.HIGHEST: 4, Tone.HIGH: 3, Tone.MIDDLE: 2, Tone.LOW: 1, Tone.NONE: 0}
"""For sorting lists by band."""
