"""Finding actions: one, those of a case, and counts. Lists stand in psg.actions.lists."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Date, Uuid, bindparam, func, select
from sqlalchemy import case as sql_case

from psg import clock
from psg.access import Standing, Viewer
from psg.access.facts import ActionFacts
from psg.actions.lists import agency_counts, chase_list, list_actions, mine, overdue_by_agency
from psg.actions.models import Action, ActionUpdate
from psg.actions.rules import ActionState
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import ask, db
from psg.partnerships.models import Partnership
from psg.web.words import plural

__all__ = [
    "agency_counts",
    "before_close",
    "chase_list",
    "find",
    "find_case",
    "history",
    "list_actions",
    "mine",
    "of_case",
    "open_counts",
    "open_facts",
    "open_work",
    "overdue_by_agency",
    "overdue_in",
    "visible_by_id",
    "with_facts",
]

# Loaders


def find(viewer: Viewer, standing: Standing, action_id: uuid.UUID) -> Action | None:
    """The action with that id, ready for the gate: its case's facts and data key loaded. Nothing of an erased case."""
    action = db.session.get(Action, (standing.partnership_id, action_id))
    if action is None:
        return None
    case = cases.find_id(viewer, standing, action.case_id)
    if case is None or case.state is CaseState.ERASED:
        return None
    return action.know_case(case.facts())


def find_case(viewer: Viewer, standing: Standing, action: Action) -> Case | None:
    """The case of an action that the gate has loaded."""
    return cases.find_id(viewer, standing, action.case_id)


# One case


def of_case(case: Case) -> list[Action]:
    """Every action of a case that has been loaded for the viewer: open ones by date, then the ended, latest first."""
    values = {"partnership": case.partnership_id, "case": case.id}
    facts = case.facts()
    actions = [action.know_case(facts) for action in db.session.scalars(_OF_CASE, values)]
    still_open = sorted((a for a in actions if a.state is ActionState.OPEN), key=lambda a: (a.due_on, a.number))
    ended = sorted((a for a in actions if a.state is not ActionState.OPEN), key=lambda a: a.number, reverse=True)
    return still_open + sorted(ended, key=lambda a: a.ended_at or a.set_at, reverse=True)


_OF_CASE = select(Action).where(
    Action.partnership_id == bindparam("partnership", type_=Uuid()), Action.case_id == bindparam("case", type_=Uuid())
)
"""Built once: every case page asks it."""


def history(action: Action) -> list[ActionUpdate]:
    """Every entry of an action's history, oldest first."""
    statement = (
        select(ActionUpdate)
        .where(ActionUpdate.partnership_id == action.partnership_id, ActionUpdate.action_id == action.id)
        .order_by(ActionUpdate.at, ActionUpdate.id)
    )
    return list(db.session.scalars(statement))


def before_close(case: Case) -> list[str]:
    """What stands in the way of closing a case: its open actions."""
    count = db.session.scalar(
        select(func.count()).where(
            Action.partnership_id == case.partnership_id, Action.case_id == case.id, Action.state == ActionState.OPEN
        )
    )
    if not count:
        return []
    words = "is open. Say first whether it was done." if count == 1 else "are open. Say first whether they were done."
    return [f"{plural(count, 'action')} {words}"]


def open_counts(case_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, int]]:
    """(open, overdue) actions of each of these cases that has any open: one query."""
    if not case_ids:
        return {}
    rows = ask(_OPEN_COUNTS, {"cases": list(case_ids), "today": clock.today()})
    return {case_id: (int(count), int(overdue)) for case_id, count, overdue in rows}


def overdue_in(case_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[uuid.UUID]]:
    """The overdue actions of each of these cases that has any, the oldest first: one query."""
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    if case_ids:
        rows = ask(_OVERDUE, {"cases": list(case_ids), "today": clock.today()})
        for case_id, action_id in rows:
            found.setdefault(case_id, []).append(action_id)
    return found


def open_columns() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Open and overdue actions as columns of a statement over cases, which names the parameter `today`."""
    of_case = select(func.count()).where(
        Action.partnership_id == Case.partnership_id, Action.case_id == Case.id, Action.state == ActionState.OPEN
    )
    late = of_case.where(Action.due_on < bindparam("today", type_=Date()))
    return of_case.correlate(Case).scalar_subquery(), late.correlate(Case).scalar_subquery()


_OPEN_COUNTS = (
    select(
        Action.case_id,
        func.count(),
        func.sum(sql_case((Action.due_on < bindparam("today", type_=Date()), 1), else_=0)),
    )
    # Named so that the index, which begins with the partnership, serves a question asked by case.
    .where(Action.partnership_id.in_(select(Partnership.id)))
    .where(Action.case_id.in_(bindparam("cases", expanding=True)), Action.state == ActionState.OPEN)
    .group_by(Action.case_id)
)
"""Built once: every list of cases asks it."""

_OVERDUE = (
    select(Action.case_id, Action.id)
    .where(Action.partnership_id.in_(select(Partnership.id)))  # for the index, as above
    .where(
        Action.case_id.in_(bindparam("cases", expanding=True)),
        Action.state == ActionState.OPEN,
        Action.due_on < bindparam("today", type_=Date()),
    )
    .order_by(Action.due_on, Action.id)
)


def with_facts(partnership_id: uuid.UUID, actions: Iterable[Action]) -> list[Action]:
    """Give actions of one partnership their cases' facts, with two queries; those of erased cases are left out."""
    actions = list(actions)
    wanted = {action.case_id for action in actions}
    if not wanted:
        return []
    found = db.session.scalars(select(Case).where(Case.partnership_id == partnership_id, Case.id.in_(wanted)))
    facts = {case.id: case.facts() for case in cases.load_facts(found) if case.state is not CaseState.ERASED}
    return [action.know_case(facts[action.case_id]) for action in actions if action.case_id in facts]


def open_facts(partnership_id: uuid.UUID, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ActionFacts]:
    """What the rules may know of these actions, of those that are still to be done in open cases: two queries."""
    asked = {"partnership": partnership_id, "actions": list(ids)}
    rows = ask(_OPEN_FACTS, asked)
    known = cases.facts_of(partnership_id, {row.case_id for row in rows})
    return {
        row.id: ActionFacts(known[row.case_id], row.owner_id, row.owner_agency_id)
        for row in rows
        if row.case_id in known and known[row.case_id].state == CaseState.OPEN
    }


_OPEN_FACTS = select(Action.id, Action.case_id, Action.owner_id, Action.owner_agency_id).where(
    Action.partnership_id == bindparam("partnership", type_=Uuid()),
    Action.id.in_(bindparam("actions", expanding=True)),
    Action.state == ActionState.OPEN,
)


def visible_by_id(viewer: Viewer, standing: Standing, ids: Iterable[uuid.UUID]) -> list[tuple[Action, Case]]:
    """Of these actions the ones in cases that this person may see, with their cases, by date."""
    wanted = set(ids)
    if not wanted:
        return []
    statement = (
        select(Action, Case)
        .join(Case, (Case.partnership_id == Action.partnership_id) & (Case.id == Action.case_id))
        .where(Action.id.in_(wanted), Action.partnership_id == standing.partnership_id)
        .where(cases.visible(viewer, standing), Case.state.in_((CaseState.OPEN, CaseState.CLOSED)))
        .order_by(Action.due_on, Action.id)
    )
    pairs = [(action, case) for action, case in db.session.execute(statement)]
    facts = {case.id: case.facts() for case in cases.load_facts({case for _, case in pairs})}
    return [(action.know_case(facts[action.case_id]), case) for action, case in pairs]


def open_work(partnership_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """How many open actions somebody owns, which have to be given to others before they leave."""
    return (
        db.session.scalar(
            select(func.count()).where(
                Action.partnership_id == partnership_id,
                Action.owner_id == user_id,
                Action.state == ActionState.OPEN,
            )
        )
        or 0
    )
