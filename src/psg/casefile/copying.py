"""What an agency may copy into its own file about a case: reference, decision and dates. No names, no case text."""

from collections.abc import Sequence

from psg.cases.contents import DecisionView
from psg.cases.models import Case
from psg.cases.rules import CaseState, DecisionKind, passes_elsewhere
from psg.meetings.queries import Appearance
from psg.web.words import full_date

_STATE = {
    CaseState.DRAFT: "Draft, not sent",
    CaseState.SENT: "Referral, not decided yet",
    CaseState.OPEN: "Open",
    CaseState.DECLINED: "Declined",
    CaseState.CLOSED: "Closed",
}
_DECIDED = {
    DecisionKind.ACCEPTED: "accepted",
    DecisionKind.PASSED_ON: "passed on to another group",
    DecisionKind.DECLINED: "declined",
    DecisionKind.CLOSED: "closed",
    DecisionKind.REOPENED: "opened again",
}


def for_own_system(case: Case, decisions: Sequence[DecisionView], met: Sequence[Appearance], group: str) -> str:
    """The lines to paste."""
    lines = [f"Case: {case.reference}", f"State: {_STATE[case.state]}"]
    if case.group_id is not None:
        lines.insert(1, f"Group: {group}")
    if decisions:
        last = max(decisions, key=lambda one: one.at)
        lines.append(f"Decision: {_words(last)}, {full_date(last.at)}")
    said = max((one for one in met if one.decision), key=lambda one: one.held_on, default=None)
    if said is not None:
        lines.append(f"At the meeting of {full_date(said.held_on)}: {said.decision.lower()}")
    if case.state is CaseState.OPEN and case.review_on is not None:
        lines.append(f"Next review: {full_date(case.review_on)}")
    return "\n".join(lines)


def _words(decision: DecisionView) -> str:
    elsewhere = decision.kind is DecisionKind.DECLINED and passes_elsewhere(decision.reason_code)
    return _DECIDED[decision.kind] + (" and passed on elsewhere" if elsewhere else "")
