"""Why a meeting closed a case: the reason that was chosen, and what has changed for the person harmed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from psg import ids
from psg.cases.models import CaseDecision
from psg.cases.rules import DecisionKind
from psg.crypto import datakeys
from psg.db import db
from psg.meetings.live import effect_of
from psg.meetings.models import Meeting, Outcome
from psg.meetings.rules import Effect
from psg.partnerships.queries import labels

_ONE_ACT = timedelta(minutes=1)
"""A case is closed a moment before the meeting's decision on it is kept, in one transaction."""


@dataclass(frozen=True)
class Closing:
    """The reason for closing in the partnership's words, and what changed: case text, as what was agreed is."""

    reason: str
    changed: str


def closings_of(meeting: Meeting, outcomes: Mapping[uuid.UUID, Outcome]) -> dict[uuid.UUID, Closing]:
    """By case, for a meeting's decisions that closed one. Nothing of a case that was erased since: its key is gone."""
    owner = meeting.partnership_id
    closed = {case_id: one for case_id, one in outcomes.items() if effect_of(one.decision) is Effect.CLOSE}
    keys = datakeys.opened(owner, list(closed)) if closed else {}
    closed = {case_id: one for case_id, one in closed.items() if keys[owner.int, case_id.int]}
    if not closed:
        return {}
    words = labels(owner)
    found: dict[uuid.UUID, Closing] = {}
    decisions = select(CaseDecision).where(
        CaseDecision.partnership_id == owner,
        CaseDecision.case_id.in_(list(closed)),
        CaseDecision.kind == DecisionKind.CLOSED,
    )
    for decision in db.session.scalars(decisions.order_by(CaseDecision.decided_at)):
        # The first closing since the meeting decided: a case may be opened and closed again, before and after.
        if decision.decided_at >= ids.made_at(closed[decision.case_id].id) - _ONE_ACT:
            reason = words.get(("close-reasons", decision.reason_code), "")
            found.setdefault(decision.case_id, Closing(reason, decision.changed_for_person or ""))
    return found
