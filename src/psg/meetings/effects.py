"""What a decision does to its case. The case's own rules may refuse; their sentence is shown to whoever decides."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from psg.audit import Event, record
from psg.cases import aftercare, checks
from psg.cases import operations as cases
from psg.cases.rules import CaseState
from psg.db import DomainError
from psg.meetings.live import effect_of
from psg.meetings.rules import REFERRAL_DECISIONS, Effect

if TYPE_CHECKING:
    from psg.access import Viewer
    from psg.cases.models import Case

OUTSIDE = "outside"
"""In place of a group: passed on to a forum that is none of this partnership's groups."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a meeting decides about a case, with what the decision needs."""

    code: str
    agreed: str
    next_review_on: date | None = None
    close_reason: str = ""
    """For closing and declining: a code of the partnership's list."""
    changed_for_person: str = ""
    """For closing: what changed for the person harmed."""
    check_days: int | None = None
    """For closing: in how many days somebody looks at it again; None for not at all."""
    to_group_id: uuid.UUID | None = None
    """For passing on: the group; None for a forum outside the partnership."""
    lead_agency_id: uuid.UUID | None = None
    """For accepting a referral."""
    lead_officer_id: uuid.UUID | None = None

    @property
    def seen_again_on(self) -> date | None:
        """When the case is looked at next: at its review, or at the check after it is closed."""
        if effect_of(self.code) is not Effect.CLOSE:
            return self.next_review_on
        return aftercare.check_on(self.check_days) if self.check_days else None


class Incomplete(DomainError):
    """A decision lacks something; `missing` says what, by field."""

    def __init__(self, missing: Mapping[str, str]) -> None:
        super().__init__(" ".join(missing.values()))
        self.missing = missing


def missing(decision: Decision, case: "Case") -> dict[str, str]:
    """Everything that a decision still needs, in words by field, in the order of the page."""
    found = effect_of(decision.code)
    allowed = decision.code in REFERRAL_DECISIONS if case.state is CaseState.SENT else found in _OPEN_EFFECTS
    if found is None or not allowed:
        return {"decision": "Select what was decided."}
    obstacles = checks.obstacles(case) if found is Effect.CLOSE else []
    lacks = {"decision": " ".join(obstacles)} if obstacles else {}
    return lacks | {
        field: words for field, answer, effects, words in _NEEDS if found in effects and not getattr(decision, answer)
    }


def check(decision: Decision, case: "Case") -> Effect:
    """The decision's effect, once everything it needs is there."""
    found = effect_of(decision.code)
    lacks = missing(decision, case)
    if found is None or lacks:
        raise Incomplete(lacks)
    return found


def apply(decision: Decision, case: "Case", *, by: "Viewer") -> Effect:
    """Let the decision take effect on the case."""
    found = check(decision, case)
    match found:
        case Effect.CLOSE:
            cases.close(
                case,
                reason_code=decision.close_reason,
                reason=decision.agreed,
                changed_for_person=decision.changed_for_person,
                by=by,
            )
            aftercare.plan(case, decision.check_days)
        case Effect.PASS_ON:
            _pass_on(decision, case, by=by)
        case Effect.DECLINE:
            cases.decline(case, reason_code=decision.close_reason, reason=decision.agreed, by=by)
        case Effect.ACCEPT:
            _accept(decision, case, by=by)
        case Effect.OPEN | Effect.ESCALATE | Effect.DEFER:
            if found is Effect.OPEN and case.closure_proposed_at is not None:
                # The group has answered the proposal: without this it would stand under closure next month again.
                case.closure_proposed_at = None
                record(Event.CASE_EDITED, case, by=by, fields=["closure_proposed_at"])
            if decision.next_review_on is not None and case.state is CaseState.OPEN:
                cases.set_review(case, review_on=decision.next_review_on, by=by)
    return found


def _accept(decision: Decision, case: "Case", *, by: "Viewer") -> None:
    if decision.lead_agency_id is None or decision.next_review_on is None:
        raise Incomplete(missing(decision, case))
    cases.accept(
        case,
        lead_agency_id=decision.lead_agency_id,
        lead_officer_id=decision.lead_officer_id,
        review_on=decision.next_review_on,
        reason=decision.agreed,
        by=by,
    )


def _pass_on(decision: Decision, case: "Case", *, by: "Viewer") -> None:
    if decision.to_group_id is not None:
        cases.pass_on(case, group_id=decision.to_group_id, reason=decision.agreed, by=by)
    elif case.state is CaseState.SENT:
        cases.decline(case, reason_code="better-forum", reason=decision.agreed, by=by)
    else:
        cases.close(
            case,
            reason_code="moved-process",
            reason=decision.agreed,
            changed_for_person=decision.changed_for_person or decision.agreed,
            by=by,
        )


_OPEN_EFFECTS = frozenset({Effect.OPEN, Effect.CLOSE, Effect.PASS_ON, Effect.ESCALATE, Effect.DEFER})

_NEEDS = (
    ("close_reason", "close_reason", {Effect.CLOSE}, "Select why the case is closed."),
    ("changed_for_person", "changed_for_person", {Effect.CLOSE}, "Enter what has changed for the person harmed."),
    ("lead_agency", "lead_agency_id", {Effect.ACCEPT}, "Select the lead agency."),
    ("decline_reason", "close_reason", {Effect.DECLINE}, "Select why the referral is declined."),
    ("agreed", "agreed", set(Effect) - {Effect.OPEN}, "Enter what was agreed and why."),
    ("next_review_on", "next_review_on", {Effect.ACCEPT, Effect.OPEN}, "Select when the case is reviewed next"),
)
"""What decisions need: the field it is typed in, the answer of the decision, for which effects, and what is said."""
