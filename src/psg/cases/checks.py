"""What cases must ask of features above them. The application's assembly fills these in, one visible line each."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, literal

from psg.cases.models import Case


class ActionCount(NamedTuple):
    """How many actions of a case are open, and how many of these are overdue."""

    open: int = 0
    overdue: int = 0


before_close: list[Callable[[Case], list[str]]] = []
"""Each gives sentences on what stands in the way of closing a case, such as "2 actions are open."."""

action_counts: list[Callable[[Sequence[uuid.UUID]], Mapping[uuid.UUID, tuple[int, int]]]] = []
"""Each gives (open, overdue) actions of the cases with these ids, in one query."""

action_columns: list[Callable[[], tuple[ColumnElement[int], ColumnElement[int]]]] = []
"""Each gives two columns for a statement over cases: its open and its overdue actions, by the parameter `today`."""

next_meeting_on: list[Callable[[uuid.UUID, uuid.UUID], date | None]] = []
"""Each gives the date of a group's next meeting, by partnership and group."""

review_interval: list[Callable[[Case], int | None]] = []
"""Each gives the days until the next review that the case's risk band asks for."""

band_labels: list[Callable[[uuid.UUID], Mapping[str, Sequence[str]]]] = []
"""Each gives what a partnership's schemes call the bands of each tone."""


def obstacles(case: Case) -> list[str]:
    """Everything that stands in the way of closing the case."""
    return [sentence for check in before_close for sentence in check(case)]


def counts_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, ActionCount]:
    """Open and overdue actions of each case that has any."""
    found: dict[uuid.UUID, ActionCount] = {}
    if case_ids:
        for provider in action_counts:
            found |= {case_id: ActionCount(*counts) for case_id, counts in provider(case_ids).items()}
    return found


def action_counting() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Open and overdue actions of each case as columns; noughts while no feature keeps actions."""
    columns = next((provider() for provider in action_columns), None)
    return columns or (literal(0), literal(0))


def next_meeting(partnership_id: uuid.UUID, group_id: uuid.UUID | None) -> date | None:
    """The date of the group's next meeting, if it has one."""
    if group_id is None:
        return None
    return next((day for ask in next_meeting_on if (day := ask(partnership_id, group_id)) is not None), None)


def bands_by_tone(partnership_id: uuid.UUID) -> dict[str, Sequence[str]]:
    """What the bands of each tone are called in a partnership."""
    return {tone: labels for ask in band_labels for tone, labels in ask(partnership_id).items()}


def band_interval(case: Case) -> int | None:
    """Days until the next review by the case's band, if it has been assessed."""
    return next((days for ask in review_interval if (days := ask(case)) is not None), None)
