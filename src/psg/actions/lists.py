"""Lists of actions. Each starts from the cases' fence: who may not see a case does not see its actions either."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from psg import clock
from psg.access import Standing, Viewer
from psg.access.facts import ActionFacts, CaseFacts
from psg.actions.models import Action
from psg.actions.rules import ActionState, is_overdue
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.crypto.sealed import open_rows
from psg.db import db
from psg.web import paging

PAGE_SIZE = 50
COUNT_LIMIT = 1000
_MOST_CHASED = 500


class Whose(StrEnum):
    """Whose actions a list shows."""

    MINE = "mine"
    AGENCY = "agency"
    ALL = "all"


class Standings(StrEnum):
    """Which actions a list shows."""

    OPEN = "open"
    OVERDUE = "overdue"
    ENDED = "ended"


@dataclass(frozen=True)
class Filters:
    """What narrows a list of actions."""

    whose: Whose = Whose.MINE
    status: Standings = Standings.OPEN
    agency_id: uuid.UUID | None = None


@dataclass(frozen=True)
class ActionRow:
    """One line of a list."""

    partnership_id: uuid.UUID
    id: uuid.UUID
    case_id: uuid.UUID
    reference: str
    number: int
    what: str
    owner_id: uuid.UUID | None
    owner_agency_id: uuid.UUID
    due_on: date
    priority: str
    state: ActionState
    times_moved: int
    meeting_id: uuid.UUID | None
    group_id: uuid.UUID | None
    ended_at: datetime | None
    case_state: CaseState
    referrer_id: uuid.UUID
    seen_by: uuid.UUID
    """Whose list it stands in."""

    def facts(self) -> ActionFacts:
        """What access rules may know about it.

        The fence lets an open case through to its group, its coordinator and whoever is named on it. So whoever reads
        this line without a role that explains it is named there.
        """
        named = frozenset({self.seen_by})
        case = CaseFacts(self.partnership_id, self.group_id, self.case_state.value, self.referrer_id, named)
        return ActionFacts(case, self.owner_id, self.owner_agency_id)

    @property
    def overdue(self) -> bool:
        """Whether it should have been done by now."""
        return is_overdue(self.state, self.due_on, clock.today())

    @property
    def name(self) -> str:
        """Such as "action 1 of EC-7QK4-M2"."""
        return f"action {self.number} of {self.reference}"


@dataclass(frozen=True)
class AgencyLine:
    """What the lead of an agency sees of an action: no text."""

    id: uuid.UUID
    case_id: uuid.UUID
    reference: str
    number: int
    owner_id: uuid.UUID | None
    due_on: date
    priority: str
    times_moved: int

    @property
    def overdue(self) -> bool:
        """Whether it should have been done by now."""
        return self.due_on < clock.today()


@dataclass(frozen=True)
class ListPage:
    """A page of a list, and how many actions it has in all (at most COUNT_LIMIT + 1 are counted)."""

    page: paging.Page[ActionRow]
    total: int


_COLUMNS: tuple[Any, ...] = (
    Action.partnership_id,
    Action.id,
    Action.case_id,
    Case.reference,
    Action.number,
    Action.owner_id,
    Action.owner_agency_id,
    Action.due_on,
    Action.priority,
    Action.state,
    Action.times_moved,
    Action.meeting_id,
    Case.group_id,
    Action.ended_at,
    Case.state,
    Case.referrer_id,
    Action.what.column,
)
_SAME_CASE = and_(Case.partnership_id == Action.partnership_id, Case.id == Action.case_id)


def mine(viewer: Viewer) -> list[ActionRow]:
    """The open actions that this person owns, in all their partnerships, by date."""
    places = [place for place in viewer.standings.values() if place.agreement_signed]
    if not places:
        return []
    statement = (
        select(*_COLUMNS)
        .join(Case, _SAME_CASE)
        .where(
            Action.partnership_id.in_([place.partnership_id for place in places]),
            Action.owner_id == viewer.user_id,
            Action.state == ActionState.OPEN,
            Case.state == CaseState.OPEN,
            or_(*(cases.visible(viewer, place) for place in places)),
        )
        .order_by(Action.due_on, Action.id)
    )
    return _rows(viewer, db.session.execute(statement).all())


def list_actions(viewer: Viewer, standing: Standing, filters: Filters, cursor: paging.Cursor | None = None) -> ListPage:
    """One page of the actions of cases that this person may see: open ones by date, ended ones latest date first."""
    wanted = _wanted(viewer, standing, filters)
    down = [filters.status is Standings.ENDED] * 2
    keys = [Action.due_on, Action.id]
    statement = select(*_COLUMNS).join(Case, _SAME_CASE).where(*wanted)
    if cursor is not None:
        statement = statement.where(paging.condition(keys, cursor, down))
    statement = statement.order_by(*paging.order(keys, cursor, down)).limit(PAGE_SIZE + 1)
    rows = _rows(viewer, db.session.execute(statement).all())
    return ListPage(paging.page(rows, PAGE_SIZE, lambda row: (row.due_on, row.id), cursor), _count(wanted))


def cursor_of(text: str | None) -> paging.Cursor | None:
    """The place in a list that an address names."""
    return paging.decode(text, (date, uuid.UUID))


def chase_list(viewer: Viewer, standing: Standing) -> dict[uuid.UUID, list[ActionRow]]:
    """Overdue actions of cases that this person may see, by owning agency, oldest first: at most 500."""
    wanted = _wanted(viewer, standing, Filters(Whose.ALL, Standings.OVERDUE))
    statement = select(*_COLUMNS).join(Case, _SAME_CASE).where(*wanted).order_by(Action.due_on, Action.id)
    grouped: dict[uuid.UUID, list[ActionRow]] = {}
    for row in _rows(viewer, db.session.execute(statement.limit(_MOST_CHASED)).all()):
        grouped.setdefault(row.owner_agency_id, []).append(row)
    return grouped


def overdue_by_agency(viewer: Viewer, standing: Standing) -> dict[uuid.UUID, int]:
    """How many overdue actions each agency has in cases that this person may see."""
    wanted = _wanted(viewer, standing, Filters(Whose.ALL, Standings.OVERDUE))
    statement = (
        select(Action.owner_agency_id, func.count())
        .select_from(Action)
        .join(Case, _SAME_CASE)
        .where(*wanted)
        .group_by(Action.owner_agency_id)
    )
    counts: dict[uuid.UUID, int] = {}
    for agency_id, count in db.session.execute(statement):
        counts[agency_id] = count
    return counts


def agency_counts(viewer: Viewer, standing: Standing) -> list[AgencyLine]:
    """Open actions of the viewer's agency, for its lead: references, dates, owners; no text."""
    if not standing.agreement_signed or viewer.agency_in(standing.partnership_id) != standing.agency_id:
        return []
    statement = (
        select(
            Action.id,
            Action.case_id,
            Case.reference,
            Action.number,
            Action.owner_id,
            Action.due_on,
            Action.priority,
            Action.times_moved,
        )
        .join(Case, _SAME_CASE)
        .where(
            Action.partnership_id == standing.partnership_id,
            Action.owner_agency_id == standing.agency_id,
            Action.state == ActionState.OPEN,
            Case.state == CaseState.OPEN,
        )
        .order_by(Action.due_on, Action.id)
        .limit(COUNT_LIMIT)
    )
    return [AgencyLine(*row) for row in db.session.execute(statement)]


def _wanted(viewer: Viewer, standing: Standing, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        Action.partnership_id == standing.partnership_id,
        cases.visible(viewer, standing),
    ]
    if filters.status is Standings.ENDED:
        wanted += [Action.state != ActionState.OPEN, Case.state.in_((CaseState.OPEN, CaseState.CLOSED))]
    else:
        wanted += [Action.state == ActionState.OPEN, Case.state == CaseState.OPEN]
    if filters.status is Standings.OVERDUE:
        wanted.append(Action.due_on < clock.today())
    if filters.whose is Whose.MINE:
        wanted.append(Action.owner_id == viewer.user_id)
    elif filters.whose is Whose.AGENCY:
        wanted.append(Action.owner_agency_id == standing.agency_id)
    if filters.agency_id is not None:
        wanted.append(Action.owner_agency_id == filters.agency_id)
    return wanted


def _count(wanted: Sequence[ColumnElement[bool]]) -> int:
    some: Select[Any] = select(Action.id).join(Case, _SAME_CASE).where(*wanted).limit(COUNT_LIMIT + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _rows(viewer: Viewer, found: Sequence[Any]) -> list[ActionRow]:
    """Open the text of each row, partnership by partnership, in the order found; rows of erased cases are left out."""
    texts: dict[uuid.UUID, str] = {}
    for partnership_id in {row[0] for row in found}:
        here = [row for row in found if row[0] == partnership_id]
        opened = open_rows(partnership_id, Action, ("what",), [(row[2], row[1], row[-1]) for row in here])
        texts |= {row[1]: values[0] for row, values in zip(here, opened, strict=True) if values is not None}
    shown = [(*row[:5], texts[row[1]], *row[5:-1], viewer.user_id) for row in found if row[1] in texts]
    return [ActionRow(*values) for values in shown]
