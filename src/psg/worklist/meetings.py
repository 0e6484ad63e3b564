"""Meetings on my work: the next one of each group, and those whose minutes wait to be agreed."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from psg import clock
from psg.access import Permission, Role, Standing, Viewer, policy
from psg.cases.models import CaseNamed
from psg.db import db
from psg.meetings.clocks import cut_offs
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.rules import MeetingState
from psg.partnerships.models import Group


@dataclass(frozen=True)
class MeetingLine:
    """A coming meeting of one of the person's groups."""

    place: Standing
    id: uuid.UUID
    group: str
    held_on: date
    at: time
    published: bool
    yours: int
    """How many of its items concern a case on which the person is named."""
    prepares: bool
    """Whether the person arranges its agenda."""
    publish_by: date

    @property
    def href(self) -> str:
        """Where the person reads or arranges it."""
        base = f"/{self.place.slug}/meetings/{self.id}"
        return base if self.published or not self.prepares else f"{base}/agenda"


@dataclass(frozen=True)
class MinutesLine:
    """A group with meetings that have ended and whose minutes the person may agree: one line, however many."""

    place: Standing
    id: uuid.UUID
    """The oldest of these meetings."""
    group: str
    group_slug: str
    held_on: date
    """The day of the oldest."""
    count: int
    next_on: date | None
    """When the group meets next, which is where minutes are agreed; None while no meeting is planned."""


def meetings_of(viewer: Viewer, places: Sequence[Standing]) -> tuple[list[MeetingLine], list[MinutesLine]]:
    """The next meeting of each of the person's groups, and the draft minutes that they may agree: one query."""
    ways: list[ColumnElement[bool]] = []
    for place in places:
        here = Meeting.partnership_id == place.partnership_id
        ways.append(here if Role.COORDINATOR in place.roles else and_(here, Meeting.group_id.in_(list(place.groups))))
    if not ways:
        return [], []
    by_id = {place.partnership_id: place for place in places}
    coming: list[MeetingLine] = []
    ended: dict[uuid.UUID, list[tuple[Meeting, Group]]] = defaultdict(list)
    next_on: dict[uuid.UUID, date] = {}
    rows: Any = db.session.execute(_statement(viewer, or_(*ways)))
    for meeting, group, yours in rows:
        if meeting.state is not MeetingState.HELD:
            coming.append(_meeting_line(by_id[meeting.partnership_id], meeting, group, yours))
            next_on[group.id] = meeting.held_on
        elif policy.permits(viewer, Permission.MINUTES_AGREE, meeting.facts()):
            ended[group.id].append((meeting, group))
    return coming, [
        _minutes_line(by_id[drafts[0][0].partnership_id], drafts, next_on.get(group_id))
        for group_id, drafts in ended.items()
    ]


def _minutes_line(place: Standing, drafts: Sequence[tuple[Meeting, Group]], next_on: date | None) -> MinutesLine:
    """One line for the draft minutes of a group, oldest first."""
    oldest, group = drafts[0]
    return MinutesLine(place, oldest.id, group.name, group.slug, oldest.held_on, len(drafts), next_on)


def _statement(viewer: Viewer, theirs: ColumnElement[bool]) -> Any:
    """Meetings of the person's groups: the next one of each, and those that have ended without agreed minutes."""
    rank = func.row_number().over(
        partition_by=(Meeting.partnership_id, Meeting.group_id), order_by=(Meeting.held_on, Meeting.at, Meeting.id)
    )
    coming = (
        select(Meeting.partnership_id, Meeting.id, rank.label("rank"))
        .where(
            theirs,
            Meeting.state.in_((MeetingState.PREPARING, MeetingState.PUBLISHED)),
            Meeting.held_on >= clock.today(),
        )
        .subquery()
    )
    return (
        select(Meeting, Group, _yours(viewer))
        .outerjoin(coming, and_(coming.c.partnership_id == Meeting.partnership_id, coming.c.id == Meeting.id))
        .join(Group, and_(Group.partnership_id == Meeting.partnership_id, Group.id == Meeting.group_id))
        .where(theirs, or_(coming.c.rank == 1, Meeting.state == MeetingState.HELD))
        .order_by(Meeting.held_on, Meeting.at)
    )


def _yours(viewer: Viewer) -> Any:
    return (
        select(func.count(AgendaItem.id.distinct()))
        .join(
            CaseNamed,
            and_(
                CaseNamed.partnership_id == AgendaItem.partnership_id,
                CaseNamed.case_id == AgendaItem.case_id,
                CaseNamed.user_id == viewer.user_id,
            ),
        )
        .where(
            AgendaItem.partnership_id == Meeting.partnership_id,
            AgendaItem.meeting_id == Meeting.id,
            AgendaItem.in_version > 0,
        )
        .correlate(Meeting)
        .scalar_subquery()
    )


def _meeting_line(place: Standing, meeting: Meeting, group: Group, yours: int) -> MeetingLine:
    return MeetingLine(
        place=place,
        id=meeting.id,
        group=group.name,
        held_on=meeting.held_on,
        at=meeting.at,
        published=meeting.agenda_version > 0,
        yours=yours,
        prepares=Role.COORDINATOR in place.roles or place.holds_in(Role.CHAIR, group.id),
        publish_by=cut_offs(group, meeting.held_on).publish_by,
    )
