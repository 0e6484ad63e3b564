"""Codes of meetings in the words people read. Plain text, for pages, documents and messages alike."""

from psg import reference
from psg.meetings.live import effect_of
from psg.meetings.rules import REFERRAL_DECIDED, REFERRAL_WORDS, Attended, Effect, MeetingState

STATE_WORDS = {
    MeetingState.PREPARING: "Preparing",
    MeetingState.PUBLISHED: "Published",
    MeetingState.HELD: "Held, minutes in draft",
    MeetingState.AGREED: "Minutes agreed",
    MeetingState.CANCELLED: "Cancelled",
}

ATTENDED_WORDS = {
    Attended.HERE: "Here",
    Attended.DEPUTY: "Deputy came",
    Attended.APOLOGIES: "Apologies",
    Attended.ABSENT: "Absent",
}


EXPECTED_WORDS = {Attended.DEPUTY: "Deputy comes", Attended.APOLOGIES: "Apologies"}
"""The same before the day: what can be said beforehand."""


def decision_words(code: str) -> str:
    """A decision as it is offered: "Keep open"; the code itself when no list has it any more."""
    return REFERRAL_WORDS.get(code) or reference.labels("meeting-decisions").get(code, code)


def decided_words(code: str) -> str:
    """The same decision once it is recorded: "Kept open"."""
    return REFERRAL_DECIDED.get(code) or reference.labels("meeting-decisions", "decided").get(code, code)


def seen_again_words(code: str) -> str:
    """What the date is that goes with a decision."""
    return "Check after closing" if effect_of(code) is Effect.CLOSE else "Next review"
