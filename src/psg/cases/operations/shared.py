"""What several operations on cases share."""

import uuid

from psg import clock
from psg.access import Viewer
from psg.audit import Actor
from psg.cases.models import Case, CaseDecision
from psg.cases.rules import DecisionKind, Move, why_not
from psg.db import DomainError, add_new
from psg.ids import new_id


def require(move: Move, case: Case) -> None:
    """Refuse a step that the case's state does not allow, in a sentence."""
    if sentence := why_not(move, case.state):
        raise DomainError(sentence)


def person_of(by: Actor) -> uuid.UUID:
    """Who does it; the system itself does none of these things."""
    if by.user_id is None:
        raise ValueError("this is done by a person, not by the system")
    return by.user_id


def agency_of(by: Viewer, partnership_id: uuid.UUID) -> uuid.UUID:
    """The agency that the person acts for in the partnership."""
    agency_id = by.agency_in(partnership_id)
    if agency_id is None:
        raise DomainError("You are not a member of this partnership any more.")
    return agency_id


def touch(case: Case) -> None:
    """Note that something has happened on the case just now: lists sort by it."""
    case.last_activity_at = clock.now()


def decide(
    case: Case,
    kind: DecisionKind,
    *,
    reason: str,
    by: Viewer,
    reason_code: str = "",
    to_group_id: uuid.UUID | None = None,
    changed_for_person: str = "",
) -> CaseDecision:
    """Write down a decision about the whole case. It needs a reason, and is never changed."""
    if not reason.strip():
        raise DomainError("A decision needs a reason.")
    decision = CaseDecision(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        kind=kind,
        decided_at=clock.now(),
        decided_by=person_of(by),
        from_group_id=case.group_id,
        to_group_id=to_group_id,
        reason_code=reason_code,
        reason=reason,
        changed_for_person=changed_for_person,
    )
    add_new(decision)
    return decision
