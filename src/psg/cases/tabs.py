"""The frame that every page of a case shares: its sub-navigation and its state in one word."""

from typing import Any

from flask import current_app, g, url_for
from sqlalchemy import func, select

from psg.cases import checks
from psg.cases.models import Case, CasePlace, Event, Involvement
from psg.cases.rules import CaseState
from psg.db import db

_TABS = (
    ("overview", "Overview", "casefile.show"),
    ("timeline", "Timeline", "casefile.timeline"),
    ("people", "People and places", "casefile.people"),
    ("risk", "Risk", "risk.of_case"),
    ("actions", "Actions", "actions.of_case"),
    ("meetings", "Meetings", "casefile.meetings"),
    ("sharing", "Sharing", "casefile.sharing"),
)

_TAGS = {
    CaseState.DRAFT: ("Draft", "grey"),
    CaseState.SENT: ("New referral", "blue"),
    CaseState.DECLINED: ("Declined", "grey"),
    CaseState.CLOSED: ("Closed", "grey"),
    CaseState.ERASED: ("Erased", "grey"),
}


def has_page(endpoint: str) -> bool:
    """Whether this installation has such a page: features above this one bring theirs."""
    return endpoint in current_app.view_functions


def case_tabs(case: Case, current: str, counts: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The links of a case's sub-navigation, for the macro `records.sub_navigation`."""
    numbers = counts or {}
    return [
        {
            "text": words,
            "href": url_for(endpoint, partnership=g.standing.slug, reference=case.reference),
            "current": key == current,
            "count": numbers.get(key),
        }
        for key, words, endpoint in _TABS
        if has_page(endpoint)
    ]


def case_counts(case: Case) -> dict[str, int]:
    """How many entries, people with places, and open actions a case has: for the sub-navigation of its sub-pages."""

    def count(model: Any, *conditions: Any) -> Any:
        return (
            select(func.count())
            .select_from(model)
            .where(model.partnership_id == case.partnership_id, model.case_id == case.id, *conditions)
            .scalar_subquery()
        )

    events, people, places = db.session.execute(
        select(
            count(Event, Event.corrects_id.is_(None)),
            count(Involvement, Involvement.ended_at.is_(None)),
            count(CasePlace, CasePlace.ended_at.is_(None)),
        )
    ).one()
    actions = checks.counts_of([case.id]).get(case.id, checks.ActionCount())
    return {"timeline": events, "people": people + places, "actions": actions.open}


def case_tag(case: Case) -> tuple[str, str] | None:
    """The word for the case's state and its tone; an open case has none unless its closure has been proposed."""
    if case.state is CaseState.OPEN and case.closure_proposed_at is not None:
        return ("Closure proposed", "amber")
    return _TAGS.get(case.state)
