"""Agenda values in words, for pages and documents: one place, so that both say the same."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psg.cases.rules import Tone
from psg.meetings.agenda import Aside, Change
from psg.meetings.cards import Card
from psg.meetings.models import Meeting
from psg.meetings.reasons import Why, why_here, why_left_off
from psg.meetings.rules import Reason
from psg.partnerships.queries import Directory
from psg.web.words import join_and, long_date

_ENDED = {
    Reason.NEW_REFERRAL.value: "is a new referral",
    Reason.ACCEPTED.value: "has been accepted since the last meeting",
    Reason.REVIEW_DUE.value: "has a review due",
    Reason.OVERDUE_ACTIONS.value: "has overdue actions",
    Reason.RISK_RISE.value: "has a risk that went up",
    Reason.CARRIED_OVER.value: "is carried over",
    Reason.ASKED_FOR.value: "is asked for",
    Reason.FOR_CLOSURE.value: "is proposed for closure",
}


@dataclass(frozen=True)
class Presenter:
    """Puts names and dates into reasons."""

    names: Directory

    def why(self, reasons: Sequence[Why]) -> str:
        """Why a case is on the agenda."""
        return why_here(tuple(reasons), day=long_date, agency=self.names.agency)

    def left_off(self, aside: Aside) -> str:
        """Why a case is not on the agenda."""
        if aside.until is not None:
            return f"parked until {long_date(aside.until)}"
        return why_left_off(aside.case, aside.off_reason, day=long_date, closed=aside.closed)

    def change(self, change: Change) -> str:
        """One change since the agenda was arranged."""
        if change.kind == "gone":
            return f"{change.words} since, so it has come off"
        if change.kind == "new":
            return f"new: {self.why(change.added)}"
        words = [f"now also: {self.why(change.added)}"] if change.added else []
        words += [f"no longer {_ENDED[code]}" for code in sorted(change.ended) if code in _ENDED]
        return "; ".join(words)

    def risk(self, card: Card) -> str:
        """Band and score of a case."""
        if card.tone is Tone.NONE:
            return "Not assessed"
        return f"{card.band}, {card.score}" if card.score else card.band

    def group_name(self, meeting: Meeting) -> str:
        """The name of a meeting's group."""
        return self.names.group_name(meeting.group_id)

    def owner(self, user_id: uuid.UUID | None, agency_id: uuid.UUID) -> str:
        """Who does an action: a person with their agency, or the agency."""
        agency = self.names.agency(agency_id)
        return f"{self.names.user(user_id)} ({agency})" if user_id else agency

    def people(self, user_ids: Sequence[uuid.UUID]) -> str:
        """Several people's names."""
        return join_and(sorted(self.names.user(user_id) for user_id in user_ids))

    def agencies(self, agency_ids: Sequence[Any]) -> str:
        """Several agencies' names."""
        return join_and(sorted(self.names.agency_name(agency_id) for agency_id in agency_ids))
