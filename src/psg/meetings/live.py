"""The agenda of a meeting from the database: stored arrangement and live cases, in a fixed number of queries."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from psg import clock, reference
from psg.access import Standing, Viewer
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db
from psg.meetings import cards
from psg.meetings.agenda import Agenda, Line, Slot, Stored, build
from psg.meetings.cards import Card
from psg.meetings.clocks import referrals_close
from psg.meetings.models import AgendaItem, Meeting, Outcome, StandingItem
from psg.meetings.reasons import Point
from psg.meetings.rules import HAPPENED, REFERRAL_DECISIONS, Effect, ItemState, MeetingState, Reason
from psg.partnerships.models import Group


@dataclass(frozen=True)
class Workbench:
    """Everything the page where an agenda is built needs."""

    meeting: Meeting
    agenda: Agenda
    cards: Mapping[uuid.UUID, Card]
    items: dict[uuid.UUID, AgendaItem]
    """Stored rows by case; what is newly stored is added."""
    copies: tuple[AgendaItem, ...]
    """Stored copies of the group's sections, once published."""
    point: Point


@dataclass(frozen=True)
class _Earlier:
    """What the group's meetings before this one left behind."""

    last_held_on: date | None
    carried: Mapping[uuid.UUID, tuple[str, date]]
    parked: Mapping[uuid.UUID, date]


def workbench(viewer: Viewer, standing: Standing, meeting: Meeting) -> Workbench:
    """The agenda as it would stand if it were published now."""
    rows = list(
        db.session.scalars(
            select(AgendaItem)
            .where(AgendaItem.partnership_id == meeting.partnership_id, AgendaItem.meeting_id == meeting.id)
            .order_by(AgendaItem.position, AgendaItem.id)
        )
    )
    items = {row.case_id: row for row in rows if row.case_id is not None}
    copies = tuple(row for row in rows if row.case_id is None)
    in_group = and_(Case.group_id == meeting.group_id, Case.state.in_((CaseState.SENT, CaseState.OPEN)))
    shown = cards.find(viewer, standing, or_(in_group, Case.id.in_(list(items))) if items else in_group)
    overdue = _overdue(meeting)
    earlier = _earlier(meeting)
    point = Point(meeting.held_on, earlier.last_held_on, _referrals_close(meeting))
    stored = [_stored(row) for row in items.values()]
    asked = {row.case_id: asked_by(row) for row in stored}
    live = []
    gone: dict[uuid.UUID, tuple[str, str]] = {}
    for card in shown.values():
        if card.group_id != meeting.group_id or card.state not in (CaseState.SENT, CaseState.OPEN):
            gone[card.case_id] = (card.reference, _why_gone(card, meeting))
            continue
        how, since = earlier.carried.get(card.case_id, ("", None))
        live.append(
            card.live(
                overdue=overdue.get(card.case_id, {}),
                asked_by=asked.get(card.case_id, ()),
                carried=how,
                carried_from=since,
            )
        )
    agenda = build(slots(meeting, copies), stored, live, point, parked=earlier.parked, gone=gone)
    return Workbench(meeting, agenda, shown, items, copies, point)


@dataclass(frozen=True)
class Chosen:
    """A case that the chair has chosen on the agenda, or beside it, and what is to be done with it."""

    what: str
    bench: Workbench
    card: Card
    line: Line | None
    """None when it stands beside the agenda."""


def find_chosen(viewer: Viewer, standing: Standing, meeting: Meeting, case_id: uuid.UUID, what: str) -> Chosen | None:
    """Loader: a case of the agenda that the gate has passed; one that stands beside it can only be parked."""
    bench = workbench(viewer, standing, meeting)
    line = bench.agenda.line(case_id)
    beside = any(aside.case_id == case_id and aside.case for aside in (*bench.agenda.left_off, *bench.agenda.parked))
    if line is None and not (beside and what == "park"):
        return None
    return Chosen(what, bench, bench.cards[case_id], line)


def slots(meeting: Meeting, copies: tuple[AgendaItem, ...] = ()) -> list[Slot]:
    """The sections of a meeting's agenda: the copies once it is published, else the group's standing items."""
    if copies:
        return [
            Slot(section=row.section, title=row.title, minutes=row.minutes, standing_id=row.standing_id, item_id=row.id)
            for row in sorted(copies, key=lambda row: row.position)
        ]
    found = db.session.scalars(
        select(StandingItem)
        .where(StandingItem.partnership_id == meeting.partnership_id, StandingItem.group_id == meeting.group_id)
        .order_by(StandingItem.position, StandingItem.id)
    )
    return [Slot(section=row.section, title=row.title, minutes=row.minutes, standing_id=row.id) for row in found]


def asked_by(row: Stored) -> tuple[uuid.UUID, ...]:
    """The agencies that asked for a stored case."""
    return tuple(uuid.UUID(why["agency"]) for why in row.reasons if why.get("code") == Reason.ASKED_FOR.value)


def effect_of(decision: str) -> Effect | None:
    """What a decision's code does; None for a code no list has any more."""
    if decision in REFERRAL_DECISIONS:
        return REFERRAL_DECISIONS[decision]
    for entry in reference.load("meeting-decisions")["entries"]:
        if entry["code"] == decision:
            return Effect(entry["effect"])
    return None


def _stored(row: AgendaItem) -> Stored:
    if row.case_id is None:
        raise ValueError("a section is no case")
    return Stored(
        item_id=row.id,
        case_id=row.case_id,
        section=row.section,
        position=row.position,
        minutes=row.minutes,
        state=row.state,
        reasons=tuple(row.reasons),
        off_reason=row.off_reason,
        parked_until=row.parked_until,
        in_version=row.in_version,
    )


def _why_gone(card: Card, meeting: Meeting) -> str:
    if card.state is CaseState.ERASED:
        return "erased"
    if card.state is CaseState.CLOSED:
        return "closed"
    if card.state is CaseState.DECLINED:
        return "declined"
    return "passed on to another group" if card.group_id != meeting.group_id else "not sent yet"


def _referrals_close(meeting: Meeting) -> date | None:
    return referrals_close(meeting, db.session.get_one(Group, (meeting.partnership_id, meeting.group_id)))


def _overdue(meeting: Meeting) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    statement = (
        select(Action.case_id, Action.owner_agency_id, func.count())
        .join(Case, and_(Case.partnership_id == Action.partnership_id, Case.id == Action.case_id))
        .where(
            Action.partnership_id == meeting.partnership_id,
            Action.state == ActionState.OPEN,
            Action.due_on < clock.today(),
            Case.group_id == meeting.group_id,
            Case.state == CaseState.OPEN,
        )
        .group_by(Action.case_id, Action.owner_agency_id)
    )
    counts: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(dict)
    for case_id, agency_id, count in db.session.execute(statement):
        counts[case_id][agency_id] = count
    return counts


def _earlier(meeting: Meeting) -> _Earlier:
    """One query: the meetings since the last one held, with their cases and decisions, and whatever was ever parked."""
    rows = _earlier_rows(meeting)
    last = max((row.held_on for row in rows if row.state in HAPPENED), default=None)
    today = clock.today()
    carried: dict[uuid.UUID, tuple[str, date]] = {}
    parked: dict[uuid.UUID, tuple[date, date]] = {}
    for row in rows:  # by date: the latest meeting's word counts
        if row.case_id is None:
            continue
        if row.item_state is ItemState.PARKED and row.parked_until is not None:
            parked[row.case_id] = (row.parked_until, row.held_on)
        since_last = last is None or row.held_on >= last
        is_over = row.state in HAPPENED or row.state is MeetingState.CANCELLED or row.held_on < today
        if since_last and is_over:
            carried.pop(row.case_id, None)
            if how := _left_open(row):
                carried[row.case_id] = (how, row.held_on)
    # Parked cases come back once: at the first meeting on or after their date.
    for case_id, (until, parked_at) in parked.items():
        if until <= meeting.held_on and (last is None or until > last):
            carried.setdefault(case_id, ("parked", parked_at))
    still = {case_id: until for case_id, (until, _) in parked.items() if until > meeting.held_on}
    return _Earlier(last, carried, still)


def _left_open(row: Any) -> str:
    """How a meeting that is over left a case open: not-reached, deferred, or "" when it did not."""
    if row.item_state is not ItemState.ON or (row.state in HAPPENED and not row.in_version):
        return ""
    if row.decision is None:
        return "not-reached"
    return "deferred" if effect_of(row.decision) is Effect.DEFER else ""


def _earlier_rows(meeting: Meeting) -> list[Any]:
    before = (
        Meeting.partnership_id == meeting.partnership_id,
        Meeting.group_id == meeting.group_id,
        Meeting.held_on < meeting.held_on,
    )
    last = select(func.max(Meeting.held_on)).where(*before, Meeting.state.in_(HAPPENED)).scalar_subquery()
    item = aliased(AgendaItem)
    statement = (
        select(
            Meeting.held_on,
            Meeting.state,
            item.case_id,
            item.state.label("item_state"),
            item.in_version,
            item.parked_until,
            Outcome.decision,
        )
        .outerjoin(
            item,
            and_(
                item.partnership_id == Meeting.partnership_id,
                item.meeting_id == Meeting.id,
                item.case_id.is_not(None),
            ),
        )
        .outerjoin(Outcome, and_(Outcome.partnership_id == item.partnership_id, Outcome.item_id == item.id))
        .where(*before, or_(last.is_(None), Meeting.held_on >= last, item.state == ItemState.PARKED))
        .order_by(Meeting.held_on)
    )
    return list(db.session.execute(statement))
