"""Arranging an agenda. Every act stores the whole order as it then stands, so nothing moves by itself afterwards.

What has changed since is taken note of only when the chair says so, or publishes: until then every page goes on saying
it. What is taken off or parked has been looked at, so that goes without saying.
"""

import uuid
from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm.attributes import flag_modified

from psg import clock
from psg.access import Viewer
from psg.audit import Event, record
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import DomainError, db
from psg.meetings.agenda import CASE_MINUTES, Agenda, Line, moved, moved_to, number_parts
from psg.meetings.live import Workbench, workbench
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.reasons import NOT_NOTED, natural_order, reasons_for, section_for, to_keep
from psg.meetings.rules import MAY_ARRANGE, OFF_REASONS, ItemState, Reason, Section

Order = Mapping[Section, Sequence[uuid.UUID]]


def touch(meeting: Meeting) -> None:
    """Raise the meeting's version: whoever looks at an older one gets a clash instead of overwriting."""
    meeting.changed_at = clock.now()
    flag_modified(meeting, "changed_at")


def open_bench(meeting: Meeting, *, by: Viewer) -> Workbench:
    """The agenda as this person may arrange it; refuses a meeting that is over."""
    standing = by.standing(meeting.partnership_id)
    if standing is None:
        raise LookupError("only a member of the partnership can arrange its agendas")
    if meeting.state not in MAY_ARRANGE:
        raise DomainError("This meeting is over or cancelled, so its agenda stays as it is.")
    return workbench(by, standing, meeting)


def arrange(meeting: Meeting, order: Order | None = None, *, by: Viewer) -> Workbench:
    """Keep the agenda as it stands now, or in the order given, and take note of everything that has changed."""
    bench = open_bench(meeting, by=by)
    _store(bench, order or bench.agenda.order(), noted={change.case_id for change in bench.agenda.changes})
    _arranged(meeting, by)
    return bench


def move(meeting: Meeting, case_id: uuid.UUID, step: int, *, by: Viewer) -> tuple[str, str]:
    """Move a case up (-1) or down (+1); give its numbers before and after."""
    bench = open_bench(meeting, by=by)
    before = _on(bench, case_id).number
    order = moved(bench.agenda, case_id, step)
    _store(bench, order)
    _arranged(meeting, by, case_id, "position")
    return before, _number(bench, order, case_id)


def move_to(meeting: Meeting, case_id: uuid.UUID, section: Section, position: int, *, by: Viewer) -> tuple[str, str]:
    """Move a case to a position (from 1) of a section; give its numbers before and after."""
    bench = open_bench(meeting, by=by)
    before = _on(bench, case_id).number
    order = moved_to(bench.agenda, case_id, section, position)
    _store(bench, order)
    _arranged(meeting, by, case_id, "position")
    return before, _number(bench, order, case_id)


def set_minutes(meeting: Meeting, case_id: uuid.UUID, minutes: int, *, by: Viewer) -> None:
    """Plan so many minutes for a case."""
    bench = open_bench(meeting, by=by)
    _on(bench, case_id)
    rows = _store(bench, bench.agenda.order())
    rows[case_id].minutes = minutes
    _arranged(meeting, by, case_id, "minutes")


def take_off(meeting: Meeting, case_id: uuid.UUID, reason: str, *, by: Viewer) -> None:
    """Take a case off, with a reason. It is listed beside the agenda and can be put on again."""
    if reason not in OFF_REASONS:
        raise DomainError("Select why the case comes off.")
    bench = open_bench(meeting, by=by)
    _on(bench, case_id)
    row = _store(bench, bench.agenda.order(), noted={case_id})[case_id]
    row.state, row.off_reason, row.parked_until = ItemState.OFF, reason, None
    _arranged(meeting, by, case_id, "state")


def park(meeting: Meeting, case_id: uuid.UUID, until: date, *, by: Viewer) -> None:
    """Keep a case for the first meeting on or after a date."""
    if until <= meeting.held_on:
        raise DomainError("Park a case until a date after this meeting.")
    bench = open_bench(meeting, by=by)
    rows = _store(bench, bench.agenda.order(), noted={case_id})
    row = rows.get(case_id) or _row(bench, case_id)
    row.state, row.off_reason, row.parked_until = ItemState.PARKED, "", until
    _arranged(meeting, by, case_id, "state")


def put_on(meeting: Meeting, case_id: uuid.UUID, *, by: Viewer, asked_by: uuid.UUID | None = None) -> None:
    """Put a case on at its natural place: one that was taken off, parked or left off."""
    bench = open_bench(meeting, by=by)
    _put_on(bench, case_id, asked_by)
    _arranged(meeting, by, case_id, "state")


def ask_for(meeting: Meeting, case: Case, agency_id: uuid.UUID, *, by: Viewer) -> AgendaItem:
    """An agency asks for a case. It appears at its natural place, marked new; the chair decides."""
    if meeting.state not in MAY_ARRANGE:
        raise DomainError("This meeting is over or cancelled. Ask for the next one.")
    if case.state not in (CaseState.SENT, CaseState.OPEN):
        raise DomainError("Only an open case or a referral can be asked for.")
    if case.group_id != meeting.group_id:
        raise DomainError("This case belongs to another group, so this meeting cannot take it.")
    row = db.session.scalar(_items(meeting).where(AgendaItem.case_id == case.id))
    if row is not None and row.state is not ItemState.ON:
        raise DomainError("This case was taken off that agenda. Ask the chair or the coordinator to put it on again.")
    if row is None:
        row = AgendaItem(
            partnership_id=meeting.partnership_id,
            meeting_id=meeting.id,
            case_id=case.id,
            section=Section.OPEN_PEOPLE,
            position=0,
            minutes=CASE_MINUTES,
            state=ItemState.ON,
            reasons=[],
        )
        db.session.add(row)
    _note_asked(row, agency_id)
    record(Event.AGENDA_ITEM_ASKED_FOR, row, by=by)
    db.session.flush()
    return row


def _put_on(bench: Workbench, case_id: uuid.UUID, asked_by: uuid.UUID | None) -> None:
    agenda = bench.agenda
    rows = _store(bench, agenda.order())
    if agenda.line(case_id) is None:
        aside = next((row for row in (*agenda.left_off, *agenda.parked) if row.case_id == case_id), None)
        if aside is None or aside.case is None:
            raise DomainError("This case is not open in this group, so it cannot be put on.")
        section = section_for(aside.case)
        order = agenda.order()
        here = order.setdefault(section, [])
        lines = {line.case_id: line for line in agenda.lines}
        after = [n for n, other in enumerate(here) if natural_order(lines[other].case) > natural_order(aside.case)]
        here.insert(after[0] if after else len(here), case_id)
        rows[case_id] = _row(bench, case_id)
        _keep_reasons(rows[case_id], reasons_for(aside.case, bench.point))
        _place(rows, order)
    row = rows[case_id]
    row.state, row.off_reason, row.parked_until = ItemState.ON, "", None
    if asked_by is not None:
        _note_asked(row, asked_by)


def _note_asked(row: AgendaItem, agency_id: uuid.UUID) -> None:
    why = {"code": Reason.ASKED_FOR.value, "agency": str(agency_id)}
    if why not in row.reasons:
        row.reasons = [*row.reasons, why]


def _on(bench: Workbench, case_id: uuid.UUID) -> Line:
    line = bench.agenda.line(case_id)
    if line is None:
        raise DomainError("This case is not on the agenda any more. Somebody may have taken it off.")
    return line


def _store(bench: Workbench, order: Order, *, noted: Container[uuid.UUID] = ()) -> dict[uuid.UUID, AgendaItem]:
    """Write every line with its place, and today's reasons where nothing has changed or the change is taken note of."""
    rows: dict[uuid.UUID, AgendaItem] = {}
    waiting = {change.case_id: change for change in bench.agenda.changes if change.case_id not in noted}
    for line in bench.agenda.lines:
        row = _row(bench, line.case_id)
        row.minutes, row.state = line.minutes, ItemState.ON
        row.off_reason, row.parked_until = "", None
        if line.case_id not in waiting:
            _keep_reasons(row, line.reasons)
        elif waiting[line.case_id].kind == "new":
            _keep_reasons(row, [*(why for why in row.reasons if why != NOT_NOTED), NOT_NOTED])
        rows[line.case_id] = row
    _place(rows, order)
    for change in bench.agenda.changes:
        stored = bench.items.get(change.case_id)
        if stored is None or change.case_id in waiting:
            continue
        if change.kind == "why" and stored.state is not ItemState.ON:
            _keep_reasons(stored, [*stored.reasons, *change.added])
        elif change.kind == "gone":
            stored.state, stored.off_reason = ItemState.OFF, "dealt-with"
    return rows


def _keep_reasons(row: AgendaItem, reasons: Sequence[Mapping[str, Any]]) -> None:
    kept = to_keep(reasons)
    if row.reasons != kept:
        row.reasons = kept


def _place(rows: Mapping[uuid.UUID, AgendaItem], order: Order) -> None:
    for section, case_ids in order.items():
        for position, case_id in enumerate(case_ids, start=1):
            rows[case_id].section, rows[case_id].position = section, position


def _row(bench: Workbench, case_id: uuid.UUID) -> AgendaItem:
    """The stored row of a case, or a new one."""
    row = bench.items.get(case_id)
    if row is None:
        row = AgendaItem(
            partnership_id=bench.meeting.partnership_id,
            meeting_id=bench.meeting.id,
            case_id=case_id,
            section=Section.OPEN_PEOPLE,
            position=1,
            minutes=_minutes(bench.agenda, case_id),
            state=ItemState.ON,
            reasons=[],
        )
        db.session.add(row)
        bench.items[case_id] = row
    return row


def _minutes(agenda: Agenda, case_id: uuid.UUID) -> int:
    line = agenda.line(case_id)
    return line.minutes if line else CASE_MINUTES


def _number(bench: Workbench, order: Order, case_id: uuid.UUID) -> str:
    """The number a case has in a new order."""
    lines = {line.case_id: line for line in bench.agenda.lines}
    parts = number_parts(
        [part.slot for part in bench.agenda.parts],
        {section: [lines[one] for one in case_ids] for section, case_ids in order.items()},
    )
    return next(line.number for part in parts for line in part.lines if line.case_id == case_id)


def _items(meeting: Meeting) -> Select[AgendaItem]:
    return select(AgendaItem).where(
        AgendaItem.partnership_id == meeting.partnership_id, AgendaItem.meeting_id == meeting.id
    )


def _arranged(meeting: Meeting, by: Viewer, case_id: uuid.UUID | None = None, field: str = "") -> None:
    touch(meeting)
    if case_id is None:
        record(Event.AGENDA_CHANGED, meeting, by=by)
    else:
        record(Event.AGENDA_ITEM_CHANGED, meeting, by=by, case_id=case_id, fields=[field])
    db.session.flush()
