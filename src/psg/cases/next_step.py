"""The one next step of a case: the first line of a list of rules that holds, with the reason in a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from psg.cases.rules import CaseState


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the rules look at."""

    state: CaseState
    today: date
    has_lead: bool = False
    at_risk_now: bool = False
    """The referral says that somebody is at risk now, and nobody has assessed it since."""
    overdue_actions: int = 0
    assessed: bool = False
    closure_proposed: bool = False
    review_on: date | None = None
    on_agenda: date | None = None
    """The day of the coming meeting that has it on its agenda."""


@dataclass(frozen=True)
class NextStep:
    """What to do now, why, and the page where it is done (a key that templates turn into a link)."""

    text: str
    why: str
    where: str = ""


def next_step(now: Situation) -> NextStep | None:
    """The next step, or None for a case in which nothing is left to do."""
    if now.state not in (CaseState.DRAFT, CaseState.SENT, CaseState.OPEN):
        return None
    return next((step for rule in _RULES if (step := rule(now)) is not None), None)


def _finish_the_draft(now: Situation) -> NextStep | None:
    if now.state is not CaseState.DRAFT:
        return None
    return NextStep("Finish this draft and send it to the group.", "Only you can see a draft.", "draft")


def _decide(now: Situation) -> NextStep | None:
    if now.state is not CaseState.SENT:
        return None
    why = "A referral that was sent is accepted, passed on or declined."
    return NextStep("This referral waits for a decision.", why, "decide")


def _name_a_lead(now: Situation) -> NextStep | None:
    if now.has_lead:
        return None
    return NextStep("Name a lead officer.", "An open case has one person who keeps it moving.", "lead")


def _look_after_who_is_at_risk(now: Situation) -> NextStep | None:
    if not now.at_risk_now:
        return None
    return NextStep(
        "Somebody was at risk when this was referred. Assess it.",
        "The referral says that somebody is at risk now, and it has not been assessed since.",
        "assess",
    )


def _chase(now: Situation) -> NextStep | None:
    if not now.overdue_actions:
        return None
    count = now.overdue_actions
    words = (
        "One action is overdue. Ask its owner or change the date."
        if count == 1
        else f"{count} actions are overdue. Ask the owners or change the dates."
    )
    return NextStep(words, "An action is past its date.", "actions")


def _assess(now: Situation) -> NextStep | None:
    if now.assessed:
        return None
    why = "Every open case has a band, so that the group can see what comes first."
    return NextStep("Assess the risk.", why, "assess")


def _decide_closure(now: Situation) -> NextStep | None:
    if not now.closure_proposed:
        return None
    return NextStep("Closure has been proposed. Close the case or say why not.", "Somebody has asked for it.", "close")


def _review(now: Situation) -> NextStep | None:
    if now.review_on is None or now.review_on > now.today:
        return None
    return NextStep(
        "The review is due. Say what is going on now and set the next date.",
        "Its review date has come.",
        "review",
    )


def _wait_for_the_meeting(now: Situation) -> NextStep | None:
    if now.on_agenda is None or now.on_agenda < now.today:
        return None
    return NextStep("It is on the agenda of the next meeting.", "The group will look at it there.", "meeting")


def _wait(now: Situation) -> NextStep | None:
    if now.review_on is None:
        return None
    return NextStep(
        "Nothing is needed until its review.", "Nothing is overdue, and its review date has not come.", "wait"
    )


_RULES: tuple[Callable[[Situation], NextStep | None], ...] = (
    _finish_the_draft,
    _decide,
    _look_after_who_is_at_risk,
    _name_a_lead,
    _chase,
    _assess,
    _decide_closure,
    _review,
    _wait_for_the_meeting,
    _wait,
)
