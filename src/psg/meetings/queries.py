"""Finding meetings, and what they said about a case."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Uuid, and_, bindparam, select

from psg import clock
from psg.access import Role, Standing, Viewer
from psg.cases.models import Case
from psg.cases.queries import visible
from psg.crypto import open_rows
from psg.db import ask, db
from psg.meetings.cards import names
from psg.meetings.live import effect_of
from psg.meetings.models import AgendaItem, Meeting, Outcome
from psg.meetings.rules import Effect, MeetingState
from psg.meetings.words import decided_words, seen_again_words
from psg.partnerships.queries import AnyGroup, GroupPlace, directory

_MEETING = select(Meeting).where(Meeting.partnership_id == bindparam("partnership"), Meeting.id == bindparam("meeting"))
"""Built once: every page of a meeting asks it."""
_TO_COME = (MeetingState.PREPARING, MeetingState.PUBLISHED)


def find(_viewer: Viewer, standing: Standing, meeting_id: uuid.UUID) -> Meeting | None:
    """Loader: a meeting of the partnership, for the gate to decide."""
    return db.session.scalar(_MEETING, {"partnership": standing.partnership_id, "meeting": meeting_id})


def groups_of(_viewer: Viewer, standing: Standing) -> list[GroupPlace]:
    """The groups whose meetings a person sees: all for a coordinator, else those in which they hold a role."""
    groups = directory(standing.partnership_id).groups
    if Role.COORDINATOR in standing.roles:
        return list(groups)
    held = set(standing.groups)
    return [group for group in groups if group.id in held]


def in_groups(groups: Iterable[AnyGroup], *, since: date, until: date) -> list[Meeting]:
    """Meetings of these groups between two dates, by date: one query."""
    groups = list(groups)
    if not groups:
        return []
    statement = (
        select(Meeting)
        .where(
            Meeting.partnership_id == groups[0].partnership_id,
            Meeting.group_id.in_([group.id for group in groups]),
            Meeting.held_on >= since,
            Meeting.held_on <= until,
        )
        .order_by(Meeting.held_on, Meeting.at)
    )
    return list(db.session.scalars(statement))


def has_begun(meeting: Meeting) -> bool:
    """Whether the confidentiality statement was read, or anything was decided: what is said of it has its day."""
    if meeting.statement_read_at is not None:
        return True
    decided = (
        select(Outcome.id)
        .join(AgendaItem, and_(AgendaItem.partnership_id == Outcome.partnership_id, AgendaItem.id == Outcome.item_id))
        .where(AgendaItem.partnership_id == meeting.partnership_id, AgendaItem.meeting_id == meeting.id)
        .limit(1)
    )
    return db.session.scalar(decided) is not None


def next_meeting(group: AnyGroup, *, after: date | None = None) -> Meeting | None:
    """The group's next meeting: today's until it is ended, else the first after; with `after`, the first after that."""
    return _next(group.partnership_id, group.id, after)


def next_meeting_on(partnership_id: uuid.UUID, group_id: uuid.UUID) -> date | None:
    """The date of a group's next meeting."""
    meeting = _next(partnership_id, group_id, None)
    return meeting.held_on if meeting else None


def _next(partnership_id: uuid.UUID, group_id: uuid.UUID, after: date | None) -> Meeting | None:
    late_enough = Meeting.held_on > after if after else Meeting.held_on >= clock.today()
    return db.session.scalar(
        select(Meeting)
        .where(
            Meeting.partnership_id == partnership_id,
            Meeting.group_id == group_id,
            Meeting.state.in_(_TO_COME),
            late_enough,
        )
        .order_by(Meeting.held_on)
        .limit(1)
    )


@dataclass(frozen=True)
class Appearance:
    """One meeting at which a case stood on the agenda."""

    meeting_id: uuid.UUID
    held_on: date
    state: MeetingState
    decision: str
    """In words; "" when nothing is decided yet."""
    effect: Effect | None
    agreed: str
    seen_again: str
    """What the date is on which the case is looked at next."""
    seen_again_on: date | None
    recorded_at: datetime | None
    recorded_by: uuid.UUID | None
    reached: bool
    """False for a meeting that is over and left the case undecided."""


def of_case(case: Case) -> list[Appearance]:
    """What meetings said about a case, the latest first: one query. Agendas that are not published do not count."""
    values = {"partnership": case.partnership_id, "case": case.id}
    rows = [row for row in ask(_OF_CASE, values) if row.id is not None or row.published]
    decided = [(case.id, row.id, row.agreed) for row in rows if row.id is not None]
    agreed = zip(decided, open_rows(case.partnership_id, Outcome, ("agreed",), decided), strict=True)
    words = {row[1]: texts[0] for row, texts in agreed if texts is not None}
    return [
        Appearance(
            meeting_id=row.meeting_id,
            held_on=row.held_on,
            state=row.state,
            decision=decided_words(row.decision) if row.id else "",
            effect=effect_of(row.decision) if row.id else None,
            agreed=words.get(row.id) or "",
            seen_again=seen_again_words(row.decision) if row.id else "",
            seen_again_on=row.next_review_on,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            reached=row.id is not None or row.state in _TO_COME,
        )
        for row in rows
    ]


_AGREED: Any = Outcome.agreed.column
_OF_CASE = (
    select(
        AgendaItem.meeting_id,
        AgendaItem.published,
        Meeting.held_on,
        Meeting.state,
        Outcome.id,
        Outcome.decision,
        Outcome.next_review_on,
        Outcome.recorded_at,
        Outcome.recorded_by,
        _AGREED.label("agreed"),
    )
    .join(Meeting, and_(Meeting.partnership_id == AgendaItem.partnership_id, Meeting.id == AgendaItem.meeting_id))
    .outerjoin(Outcome, and_(Outcome.partnership_id == AgendaItem.partnership_id, Outcome.item_id == AgendaItem.id))
    .where(
        AgendaItem.partnership_id == bindparam("partnership", type_=Uuid()),
        AgendaItem.case_id == bindparam("case", type_=Uuid()),
        AgendaItem.in_version > 0,
    )
    .order_by(Meeting.held_on.desc())
)
"""Built once: every case page asks it."""


@dataclass(frozen=True)
class Coming:
    """A meeting that a person is about to attend."""

    meeting_id: uuid.UUID
    group_name: str
    held_on: date
    at: time
    place: str
    published: bool
    yours: int
    """How many of its published items this person leads or acts on."""


def my_next(viewer: Viewer, standing: Standing, *, limit: int = 3) -> list[Coming]:
    """A person's next meetings with the number of items that are theirs: two queries besides the directory."""
    groups = {group.id: group for group in groups_of(viewer, standing)}
    if not groups or not standing.agreement_signed:
        return []
    meetings = list(
        db.session.scalars(
            select(Meeting)
            .where(
                Meeting.partnership_id == standing.partnership_id,
                Meeting.group_id.in_(list(groups)),
                Meeting.state.in_(_TO_COME),
                Meeting.held_on >= clock.today(),
            )
            .order_by(Meeting.held_on, Meeting.at)
            .limit(limit)
        )
    )
    yours = count_yours(viewer, standing, [meeting.id for meeting in meetings if meeting.agenda_version])
    return [
        Coming(
            meeting_id=meeting.id,
            group_name=groups[meeting.group_id].name,
            held_on=meeting.held_on,
            at=meeting.at,
            place=meeting.place,
            published=meeting.agenda_version > 0,
            yours=yours.get(meeting.id, 0),
        )
        for meeting in meetings
    ]


def count_yours(viewer: Viewer, standing: Standing, meeting_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many published items of each meeting are about cases that a person leads or acts on, and may see."""
    if not meeting_ids:
        return {}
    statement = (
        select(AgendaItem.meeting_id, AgendaItem.published)
        .join(Case, and_(Case.partnership_id == AgendaItem.partnership_id, Case.id == AgendaItem.case_id))
        .where(
            AgendaItem.partnership_id == standing.partnership_id,
            AgendaItem.meeting_id.in_(list(meeting_ids)),
            visible(viewer, standing),
            names(viewer.user_id),
        )
    )
    counts: dict[uuid.UUID, int] = {}
    row: Any
    for row in db.session.execute(statement):
        if row.published:
            counts[row.meeting_id] = counts.get(row.meeting_id, 0) + 1
    return counts
