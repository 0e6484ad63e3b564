"""Decisions about a whole case: accept, pass on, decline, close, re-open. Each keeps its reason for good."""

import uuid
from datetime import date

from psg import audit, clock
from psg.access import Viewer
from psg.audit import Event
from psg.cases import checks, reminding
from psg.cases.models import Case
from psg.cases.operations.leading import put_lead, put_review
from psg.cases.operations.recording import write_event
from psg.cases.operations.shared import decide, require, touch
from psg.cases.rules import CaseState, DecisionKind, Move, When, passes_elsewhere
from psg.db import DomainError, db


def accept(
    case: Case,
    *,
    lead_agency_id: uuid.UUID,
    lead_officer_id: uuid.UUID | None,
    review_on: date,
    reason: str,
    group_id: uuid.UUID | None = None,
    by: Viewer,
) -> None:
    """Take a referral as a case of its group, with a lead and a review date.

    group_id: which group it is to belong to, when its referrer was not sure.
    """
    require(Move.DECIDE, case)
    if case.group_id is None and group_id is None:
        raise DomainError("Choose the group that this case is to belong to.")
    decide(case, DecisionKind.ACCEPTED, reason=reason, to_group_id=case.group_id or group_id, by=by)
    case.group_id = case.group_id or group_id
    case.state = CaseState.OPEN
    case.accepted_at = clock.now()
    new_officer = put_lead(case, lead_agency_id, lead_officer_id)
    put_review(case, review_on)
    touch(case)
    reminding.referral_decided(case, "accepted")
    if new_officer:
        reminding.lead_named(case, by.user_id)
    audit.record(Event.CASE_ACCEPTED, case, by=by)
    db.session.flush()


def pass_on(case: Case, *, group_id: uuid.UUID, reason: str, by: Viewer, reason_code: str = "") -> None:
    """Give a referral, or an open case, to another group of the partnership. An open case stays open there."""
    require(Move.PASS_ON, case)
    if group_id == case.group_id:
        raise DomainError("The case already belongs to that group.")
    decide(case, DecisionKind.PASSED_ON, reason=reason, reason_code=reason_code, to_group_id=group_id, by=by)
    case.group_id = group_id
    touch(case)
    if case.state is CaseState.SENT:
        reminding.referral_decided(case, "passed-on")
        reminding.referral_waits(case, again=True)
    audit.record(Event.CASE_REDIRECTED, case, by=by)
    db.session.flush()


def decline(case: Case, *, reason_code: str, reason: str, by: Viewer) -> None:
    """Do not take a referral. The referrer reads the reason."""
    require(Move.DECIDE, case)
    decide(case, DecisionKind.DECLINED, reason=reason, reason_code=reason_code, by=by)
    case.state = CaseState.DECLINED
    case.ended_at = clock.now()
    touch(case)
    reminding.referral_decided(case, "passed-elsewhere" if passes_elsewhere(reason_code) else "declined")
    audit.record(Event.CASE_DECLINED, case, by=by, why=reason_code)
    db.session.flush()


def propose_closure(case: Case, *, reason: str, by: Viewer) -> None:
    """Ask for the case to be closed; the group decides. The reason stands on the timeline."""
    require(Move.PROPOSE_CLOSURE, case)
    if not reason.strip():
        raise DomainError("Say why the case could be closed.")
    if case.closure_proposed_at is not None:
        raise DomainError("Closure of this case has already been proposed.")
    case.closure_proposed_at = clock.now()
    write_event(case, kind="decision", when=When.day(clock.today()), what=f"Closure proposed: {reason}", who="", by=by)
    audit.record(Event.CASE_CLOSURE_PROPOSED, case, by=by)
    db.session.flush()


def close(case: Case, *, reason_code: str, reason: str, changed_for_person: str, by: Viewer) -> None:
    """Close the case, once nothing stands in the way any more (open actions, for one)."""
    require(Move.CLOSE, case)
    if sentences := checks.obstacles(case):
        raise DomainError(" ".join(sentences))
    decide(
        case,
        DecisionKind.CLOSED,
        reason=reason,
        reason_code=reason_code,
        changed_for_person=changed_for_person,
        by=by,
    )
    case.state = CaseState.CLOSED
    case.ended_at = clock.now()
    case.closure_proposed_at = None
    touch(case)
    reminding.review_owed(case)
    reminding.case_closed(case, by.user_id)
    audit.record(Event.CASE_CLOSED, case, by=by, why=reason_code)
    db.session.flush()


def reopen(case: Case, *, reason: str, review_on: date, by: Viewer) -> None:
    """Open a closed case, or a declined referral, again."""
    require(Move.REOPEN, case)
    if case.group_id is None:
        raise DomainError("This referral never belonged to a group, so it cannot be opened. Log it anew.")
    decide(case, DecisionKind.REOPENED, reason=reason, by=by)
    case.state = CaseState.OPEN
    case.accepted_at = case.accepted_at or clock.now()
    case.ended_at = None
    put_review(case, review_on)
    touch(case)
    audit.record(Event.CASE_REOPENED, case, by=by)
    db.session.flush()
