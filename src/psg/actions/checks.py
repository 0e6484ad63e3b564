"""What actions ask of features above them. The application's assembly fills this in, one visible line."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple


class MeetingChoice(NamedTuple):
    """A meeting that an action may have been agreed at."""

    id: uuid.UUID
    held_on: date


meetings_of: list[Callable[[uuid.UUID, uuid.UUID], Sequence[MeetingChoice]]] = []
"""Each gives a group's last few meetings and the next one, by partnership and group."""

meeting_dates: list[Callable[[uuid.UUID, Sequence[uuid.UUID]], dict[uuid.UUID, date]]] = []
"""Each gives the dates of the meetings with these ids, by partnership."""


def choices(partnership_id: uuid.UUID, group_id: uuid.UUID | None) -> list[MeetingChoice]:
    """The meetings that an action of this group's case may come from."""
    if group_id is None:
        return []
    return [MeetingChoice(*choice) for ask in meetings_of for choice in ask(partnership_id, group_id)]


def dates(partnership_id: uuid.UUID, ids: Sequence[uuid.UUID | None]) -> dict[uuid.UUID, date]:
    """The dates of the meetings that actions come from."""
    wanted = list({meeting_id for meeting_id in ids if meeting_id is not None})
    found: dict[uuid.UUID, date] = {}
    if wanted:
        for ask in meeting_dates:
            found |= ask(partnership_id, wanted)
    return found
