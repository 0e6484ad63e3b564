"""The list of cases: what may be seen, filtered, sorted by plain columns, paged by key, and opened row by row.

The statements are built once for each shape of list (state, sort, filters in use) and get their values as parameters;
each row's key comes with it by a join, and its three sealed columns are opened together.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Date, Select, Uuid, and_, bindparam, func, null, select

from psg import clock
from psg.access import Standing, Viewer
from psg.cases import checks
from psg.cases.checks import ActionCount
from psg.cases.fence import PREPARED, in_state, parameters, sight_of
from psg.cases.models import Case, CaseTheme
from psg.cases.rules import CaseState, SubjectKind, Tone
from psg.crypto import datakeys, open_rows
from psg.crypto.datakeys import DataKey
from psg.db import ask
from psg.text import opening
from psg.web import paging
from psg.web.paging import Cursor, Page

PAGE = 50
COUNTED = 1000
"""Lists are counted exactly up to here; beyond, they are "more than 1,000"."""


class Shown(StrEnum):
    """Which cases a list is about."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"
    DECLINED = "declined"
    MINE = "mine"
    """One's own drafts."""
    ERASED = "erased"


_STATE = {
    Shown.OPEN: CaseState.OPEN,
    Shown.WAITING: CaseState.SENT,
    Shown.CLOSED: CaseState.CLOSED,
    Shown.DECLINED: CaseState.DECLINED,
    Shown.MINE: CaseState.DRAFT,
    Shown.ERASED: CaseState.ERASED,
}


class Sort(StrEnum):
    """What a list is sorted by."""

    REVIEW = "review"
    ACTIVITY = "activity"
    BAND = "band"
    REFERENCE = "reference"


@dataclass(frozen=True)
class _Order:
    column: Any
    kind: type
    descending: bool


_ORDERS = {
    Sort.REVIEW: _Order(Case.review_on, date, descending=False),
    Sort.ACTIVITY: _Order(Case.last_activity_at, datetime, descending=True),
    Sort.BAND: _Order(Case.band_rank, int, descending=True),
    Sort.REFERENCE: _Order(Case.reference, str, descending=False),
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed to."""

    shown: Shown = Shown.OPEN
    sort: Sort = Sort.REVIEW
    agency_id: uuid.UUID | None = None
    """Cases that this agency leads."""
    tone: Tone | None = None
    overdue: bool = False
    """Only cases whose review date has passed."""
    theme: str = ""
    group_id: uuid.UUID | None = None

    @property
    def order(self) -> Sort:
        """The sort in use: only open cases all have a review date, so other lists go by activity instead."""
        return Sort.ACTIVITY if self.sort is Sort.REVIEW and self.shown is not Shown.OPEN else self.sort

    @property
    def narrowed(self) -> bool:
        """Whether anything but state and sort is set."""
        return self != replace(Filters(), shown=self.shown, sort=self.sort)


class Row(NamedTuple):
    """One case of a list, opened. A tuple, because it is made some fifty times for each page."""

    id: uuid.UUID
    reference: str
    state: CaseState
    title: str
    subject_kind: SubjectKind | None
    band: str
    tone: Tone
    summary: str
    now: str
    """How what is going on now begins."""
    lead_agency_id: uuid.UUID | None
    lead_officer_id: uuid.UUID | None
    group_id: uuid.UUID | None
    review_on: date | None
    last_activity_at: datetime
    closure_proposed: bool
    actions: ActionCount
    sort_value: Any


@dataclass(frozen=True)
class CaseList:
    """A page of the list with its counts."""

    page: Page[Row]
    filters: Filters
    count: int
    """Of the filtered list; COUNTED + 1 means more than that."""
    of: int
    """Of the list without its filters, counted alike."""

    @property
    def words(self) -> str:
        """Such as "12 of 58 cases"."""
        total = _number(self.of)
        noun = "case" if self.of == 1 else "cases"
        return f"{_number(self.count)} of {total} {noun}" if self.filters.narrowed else f"{total} {noun}"


def _number(count: int) -> str:
    return f"more than {COUNTED:,}" if count > COUNTED else f"{count:,}"


def list_cases(viewer: Viewer, standing: Standing, filters: Filters, after: str | None = None) -> CaseList:
    """A page of the cases that this person may see, with its counts and the actions': one query.

    An empty page is counted by queries of its own.
    """
    if not standing.agreement_signed:
        return CaseList(Page([], "", ""), filters, 0, 0)
    order = _ORDERS[filters.order]
    cursor = paging.decode(after, (order.kind, uuid.UUID))
    shape = _Shape(sight_of(viewer, standing).coordinates, filters.shown, _used(filters))
    values = parameters(viewer, standing) | {"partnership": standing.partnership_id, "today": clock.today()}
    values |= {name: getattr(filters, name) for name in shape.used if name != "overdue"}
    statement = _statement(shape, filters.order, cursor and cursor.backwards)
    if cursor is not None:
        values |= {"after_value": cursor.values[0], "after_id": cursor.values[1]}
    rows = ask(statement, values)
    # A case without any key is no erased one: it is left to `open_rows`, which says that something is wrong.
    keys = [(row[0], datakeys.CASE, *row[_KEY]) for row in rows if row[_KEY.stop - 1] is not None]
    datakeys.adopt(standing.partnership_id, keys)
    sealed = [(row[0], row[0], *row[_SEALED_AT]) for row in rows]
    opened = open_rows(standing.partnership_id, Case, _SEALED, sealed)
    sorted_by = _NAMES.index(_ORDERS[filters.order].column.key)
    state = _STATE[filters.shown]
    ready = [_row(row, state, texts, row[sorted_by]) for row, texts in zip(rows, opened, strict=True)]
    page = paging.page(ready, PAGE, lambda row: (row.sort_value, row.id), cursor)
    if rows:
        count, everything = rows[0].counted, rows[0].of_all
        return CaseList(page, filters, count, count if everything is None else everything)
    count = _count(shape, values)
    return CaseList(page, filters, count, _count(replace(shape, used=()), values) if shape.used else count)


def _row(row: Any, state: CaseState, texts: tuple[Any, ...] | None, sort_value: Any) -> Row:
    # Unpacked rather than asked by name: the list is the page people open most.
    case_id, reference, subject, band, tone, _, agency, officer, group, review, activity, closing = row[: len(_PLAIN)]
    title, summary, now = texts or ("Erased", "", "")
    return Row(
        case_id,
        reference,
        state,
        title or "No title yet",
        subject,
        band,
        tone,
        summary or "",
        opening(now) if now else "",
        agency,
        officer,
        group,
        review,
        activity,
        closing,
        ActionCount(*row[_ACTIONS_AT]),
        sort_value,
    )


_SEALED = ("title", "summary", "now_text")
_PLAIN = (
    Case.id,
    Case.reference,
    Case.subject_kind,
    Case.band,
    Case.band_tone,
    Case.band_rank,
    Case.lead_agency_id,
    Case.lead_officer_id,
    Case.group_id,
    Case.review_on,
    Case.last_activity_at,
    Case.closure_proposed_at.is_not(None),
)
_NAMES = [getattr(column, "key", None) for column in _PLAIN]
_SEALED_AT = slice(len(_PLAIN), len(_PLAIN) + len(_SEALED))
_KEY = slice(_SEALED_AT.stop, _SEALED_AT.stop + 2)
_ACTIONS_AT = slice(_KEY.stop, _KEY.stop + 2)
"""Where the statement has what: plain columns, sealed ones, the data key, the actions' counts, the list's counts."""
_NARROWING = ("agency_id", "tone", "overdue", "theme", "group_id")


def _used(filters: Filters) -> tuple[str, ...]:
    """Names of the filters in use: with state, sort and paging they make the shape of the statement."""
    return tuple(name for name in _NARROWING if getattr(filters, name) not in (None, "", False))


_CONDITIONS: dict[str, Any] = {
    "agency_id": Case.lead_agency_id == bindparam("agency_id"),
    "tone": Case.band_tone == bindparam("tone", type_=Case.band_tone.type),
    "overdue": Case.review_on < bindparam("today", type_=Date()),
    "theme": Case.id.in_(
        select(CaseTheme.case_id).where(
            CaseTheme.partnership_id == bindparam("partnership"), CaseTheme.code == bindparam("theme")
        )
    ),
    "group_id": Case.group_id == bindparam("group_id"),
}


@dataclass(frozen=True)
class _Shape:
    """What makes a list's conditions: the values come as parameters."""

    coordinates: bool
    shown: Shown
    used: tuple[str, ...]
    """Names of the filters in use."""

    def conditions(self) -> list[Any]:
        """For a statement over cases."""
        state = _STATE[self.shown]
        return [
            Case.partnership_id == bindparam("partnership", type_=Uuid()),
            Case.state == state,
            in_state(state, PREPARED[self.coordinates]),
            *(_CONDITIONS[name] for name in self.used),
        ]


@lru_cache(maxsize=256)
def _statement(shape: _Shape, sort: Sort, backwards: bool | None) -> Select[Any]:
    """The statement of one shape. `backwards` is None on the first page."""
    order = _ORDERS[sort]
    columns, down = (order.column, Case.id), (order.descending, order.descending)
    key = (DataKey.kek_id, DataKey.wrapped)
    sealed = [getattr(Case, name).column for name in _SEALED]
    counts = (
        _counting(shape).scalar_subquery().label("counted"),
        (_counting(replace(shape, used=())).scalar_subquery() if shape.used else null()).label("of_all"),
    )
    statement = (
        select(*_PLAIN, *sealed, *key, *checks.action_counting(), *counts)
        .outerjoin(DataKey, and_(DataKey.partnership_id == Case.partnership_id, DataKey.id == Case.id))
        .where(*shape.conditions())
    )
    cursor = None
    if backwards is not None:
        given = (bindparam("after_value", type_=order.column.type), bindparam("after_id", type_=Uuid()))
        cursor = Cursor(given, backwards)  # type: ignore[arg-type]  # parameters stand in for the values
        statement = statement.where(paging.condition(columns, cursor, down))
    return statement.order_by(*paging.order(columns, cursor, down)).limit(PAGE + 1)


@lru_cache(maxsize=256)
def _counting(shape: _Shape) -> Select[Any]:
    some = select(Case.id).where(*shape.conditions()).limit(COUNTED + 1).correlate(None).subquery()
    return select(func.count()).select_from(some)


def _count(shape: _Shape, values: dict[str, Any]) -> int:
    return int(ask(_counting(shape), values)[0][0])
