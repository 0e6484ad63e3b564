"""What readers see: the published agenda and the record, each with only the cases that this reader may see.

Numbers are counted over what the reader sees, so a case that is not theirs to see leaves no hole.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import g, has_request_context
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from psg.access import Standing, Viewer
from psg.actions.models import Action
from psg.crypto import datakeys
from psg.crypto.datakeys import DataKey
from psg.db import db
from psg.meetings import cards
from psg.meetings.agenda import Line, Part, Slot, Stored, number_parts
from psg.meetings.cards import Card
from psg.meetings.closings import Closing, closings_of
from psg.meetings.guests import guest_ids
from psg.meetings.models import Addendum, AgendaItem, Attendance, ItemNote, Meeting, Outcome
from psg.meetings.recording import attendance_of
from psg.meetings.rules import HAPPENED, MAY_ARRANGE, ItemState, MeetingState, Section
from psg.partnerships.queries import directory

Rows = list[tuple[AgendaItem, Outcome | None]]
Around = tuple[date | None, date | None]


@dataclass(frozen=True)
class Reading:
    """A published agenda as one reader sees it."""

    meeting: Meeting
    parts: tuple[Part, ...]
    cards: Mapping[uuid.UUID, Card]
    outcomes: Mapping[uuid.UUID, Outcome]
    """By case."""
    sections: tuple[AgendaItem, ...] = ()

    @property
    def lines(self) -> list[Line]:
        """Its cases in order."""
        return [line for part in self.parts for line in part.lines]

    @property
    def minutes(self) -> int:
        """Planned minutes altogether."""
        return sum(part.minutes for part in self.parts)

    @property
    def yours(self) -> list[Line]:
        """Cases the reader leads or acts on."""
        return [line for line in self.lines if self.cards[line.case_id].mine]

    def number_of(self, item_id: uuid.UUID | None) -> str:
        """The number under which an item stands; "" for one that is not on this agenda."""
        numbers = {part.slot.item_id: part.number for part in self.parts if part.slot.item_id}
        numbers |= {line.stored.item_id: line.number for line in self.lines if line.stored}
        return numbers.get(item_id, "") if item_id else ""

    def item_ids(self) -> list[uuid.UUID]:
        """Ids of all items in their order: sections that hold no cases, and cases."""
        ids: list[uuid.UUID] = []
        for part in self.parts:
            if part.holds_cases:
                ids += [line.stored.item_id for line in part.lines if line.stored]
            elif part.slot.item_id:
                ids.append(part.slot.item_id)
        return ids


@dataclass(frozen=True)
class AgreedAction:
    """An action that the meeting agreed, as the record shows it."""

    case_id: uuid.UUID
    number: int
    what: str
    owner_id: uuid.UUID | None
    owner_agency_id: uuid.UUID
    due_on: date


@dataclass(frozen=True)
class Record:
    """The minutes of a meeting as one reader sees them."""

    reading: Reading
    notes: Mapping[uuid.UUID, ItemNote]
    """By section item."""
    attendance: list[Attendance]
    """By agency and name."""
    actions: Mapping[uuid.UUID, list[AgreedAction]]
    """By case."""
    closings: Mapping[uuid.UUID, Closing] = field(default_factory=dict)
    """By case that was closed."""
    addenda: list[Addendum] = field(default_factory=list)
    guests: frozenset[uuid.UUID] = frozenset()
    """Those of the attendance who came for a single item: they count for no quorum."""

    @property
    def meeting(self) -> Meeting:
        """The meeting."""
        return self.reading.meeting


def published(viewer: Viewer, standing: Standing, meeting: Meeting) -> Reading:
    """The agenda as published, for one reader: two queries for any number of cases."""
    rows = _rows(meeting)
    sections = [item for item, _ in rows if item.case_id is None]
    items = {item.case_id: item for item, outcome in rows if item.case_id and (item.published or outcome)}
    shown = cards.by_ids(viewer, standing, items)
    lines: dict[Section, list[Line]] = {}
    for case_id, item in items.items():
        if case_id in shown:
            line = _line(item, shown[case_id])
            lines.setdefault(line.section, []).append(line)
    for here in lines.values():
        here.sort(key=lambda line: (line.stored.position if line.stored else 0, line.case.reference))
    slots = [
        Slot(section=row.section, title=row.title, minutes=row.minutes, standing_id=row.standing_id, item_id=row.id)
        for row in sections
    ]
    return Reading(
        meeting=meeting,
        parts=number_parts(slots, lines),
        cards=shown,
        outcomes={item.case_id: outcome for item, outcome in rows if outcome is not None and item.case_id in shown},
        sections=tuple(sections),
    )


def find_item(_viewer: Viewer, _standing: Standing, meeting: Meeting, item_id: uuid.UUID) -> AgendaItem | None:
    """Loader: an item on the published agenda of a meeting that the gate has passed."""
    return next((item for item, _ in _rows(meeting) if item.id == item_id), None)


def dates_around(meeting: Meeting) -> Around:
    """The dates of the group's last meeting held before this one, and of the next planned after it."""
    return _loaded(meeting)[1]


def _rows(meeting: Meeting) -> Rows:
    return _loaded(meeting)[0]


def _loaded(meeting: Meeting) -> tuple[Rows, Around]:
    """Published items with what was decided on them, and the dates around the meeting: one query in each request."""
    if not has_request_context():
        return _load(meeting)
    kept: dict[uuid.UUID, tuple[Rows, Around]] = g.setdefault("psg_agenda_rows", {})
    if meeting.id not in kept:
        kept[meeting.id] = _load(meeting)
    return kept[meeting.id]


def _load(meeting: Meeting) -> tuple[Rows, Around]:
    values = {
        "partnership": meeting.partnership_id,
        "meeting": meeting.id,
        "group": meeting.group_id,
        "held_on": meeting.held_on,
    }
    found: list[Any] = list(db.session.execute(_AGENDA, values))
    return [(row[0], row[1]) for row in found], (found[0][2], found[0][3]) if found else (None, None)


def _around() -> tuple[Any, Any]:
    same = aliased(Meeting)
    group = (same.partnership_id == bindparam("partnership"), same.group_id == bindparam("group"))
    last = select(func.max(same.held_on)).where(*group, same.held_on < bindparam("held_on"), same.state.in_(HAPPENED))
    following = select(func.min(same.held_on)).where(
        *group, same.held_on > bindparam("held_on"), same.state.in_(MAY_ARRANGE)
    )
    return last.scalar_subquery(), following.scalar_subquery()


_AGENDA: Any = (
    select(AgendaItem, Outcome, *_around())
    .outerjoin(Outcome, and_(Outcome.partnership_id == AgendaItem.partnership_id, Outcome.item_id == AgendaItem.id))
    .where(
        AgendaItem.partnership_id == bindparam("partnership"),
        AgendaItem.meeting_id == bindparam("meeting"),
        AgendaItem.in_version > 0,
    )
    .order_by(AgendaItem.position, AgendaItem.id)
)
"""Built once: every page of a meeting asks it."""


def record_of(viewer: Viewer, standing: Standing, meeting: Meeting) -> Record:
    """The record made from decisions, notes and attendance, for one reader."""
    reading = published(viewer, standing, meeting)
    notes = _notes(meeting)
    addenda: list[Addendum] = []
    if meeting.state is MeetingState.AGREED:
        addenda = list(
            db.session.scalars(
                select(Addendum)
                .where(Addendum.partnership_id == meeting.partnership_id, Addendum.meeting_id == meeting.id)
                .order_by(Addendum.added_at)
            )
        )
    names = directory(meeting.partnership_id)
    attendance = sorted(
        attendance_of(meeting),
        key=lambda row: (names.agency_name(row.agency_id).casefold(), names.user(row.user_id), row.user_id.hex),
    )
    people = names.people if attendance else ()
    return Record(
        reading=reading,
        notes=notes,
        attendance=attendance,
        guests=frozenset(guest_ids(meeting, people)),
        actions=_actions(meeting, reading),
        closings=closings_of(meeting, reading.outcomes),
        addenda=addenda,
    )


def _notes(meeting: Meeting) -> dict[uuid.UUID, ItemNote]:
    """Minutes of sections by item, with the meeting's data key in the same query."""
    key = (DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped)
    statement = (
        select(*key, ItemNote)
        .outerjoin(ItemNote, and_(ItemNote.partnership_id == DataKey.partnership_id, ItemNote.meeting_id == DataKey.id))
        .where(DataKey.partnership_id == meeting.partnership_id, DataKey.id == meeting.id)
    )
    rows: list[Any] = list(db.session.execute(statement))
    datakeys.adopt(meeting.partnership_id, [tuple(row)[:4] for row in rows])
    return {row[4].item_id: row[4] for row in rows if row[4] is not None}


def _actions(meeting: Meeting, reading: Reading) -> dict[uuid.UUID, list[AgreedAction]]:
    if not reading.cards:
        return {}
    found: dict[uuid.UUID, list[AgreedAction]] = {}
    statement = (
        select(Action)
        .where(
            Action.partnership_id == meeting.partnership_id,
            Action.meeting_id == meeting.id,
            Action.case_id.in_(list(reading.cards)),
        )
        .order_by(Action.number)
    )
    for action in db.session.scalars(statement):
        # A case erased since has no key any more: its actions are gone with it.
        if datakeys.opened(meeting.partnership_id, [action.case_id])[meeting.partnership_id.int, action.case_id.int]:
            found.setdefault(action.case_id, []).append(
                AgreedAction(
                    action.case_id,
                    action.number,
                    action.what or "",
                    action.owner_id,
                    action.owner_agency_id,
                    action.due_on,
                )
            )
    return found


def _line(item: AgendaItem, card: Card) -> Line:
    seen = item.published or {"section": item.section.value, "position": item.position, "minutes": item.minutes}
    section = Section(seen["section"])
    return Line(
        number="",
        case=card.live(),
        section=section,
        minutes=int(seen["minutes"]),
        reasons=tuple(seen.get("reasons", ())),
        stored=Stored(
            item_id=item.id,
            case_id=card.case_id,
            section=section,
            position=int(seen["position"]),
            minutes=int(seen["minutes"]),
            state=ItemState.ON,
            in_version=item.in_version,
        ),
    )


def is_over(meeting: Meeting) -> bool:
    """Whether there is a record to read."""
    return meeting.state in HAPPENED
