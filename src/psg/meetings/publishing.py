"""Publishing an agenda: what readers see is a copy made now; later versions say what changed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.access import Viewer
from psg.audit import Event, record
from psg.cases.models import CaseNamed
from psg.db import DomainError, db
from psg.meetings import owing
from psg.meetings.agenda import Line
from psg.meetings.arranging import arrange, open_bench, touch
from psg.meetings.live import Workbench
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.reasons import to_keep
from psg.meetings.rules import ItemState, MeetingState, Section


@dataclass(frozen=True)
class Differences:
    """How the agenda as it stands differs from what readers see."""

    added: tuple[uuid.UUID, ...] = ()
    removed: tuple[uuid.UUID, ...] = ()
    changed: tuple[uuid.UUID, ...] = ()
    """Same case, other place, time or reasons."""

    @property
    def count(self) -> int:
        """How many cases differ."""
        return len(self.added) + len(self.removed) + len(self.changed)


@dataclass(frozen=True)
class Published:
    """What publishing did."""

    meeting: Meeting
    told: tuple[uuid.UUID, ...] = field(default=())
    differences: Differences = field(default_factory=Differences)


def differences(bench: Workbench) -> Differences:
    """What a new version would change."""
    shown = {case_id: row.published for case_id, row in bench.items.items() if row.published}
    now = {line.case_id: snapshot(line) for line in bench.agenda.lines}
    return Differences(
        added=tuple(case_id for case_id in now if case_id not in shown),
        removed=tuple(case_id for case_id in shown if case_id not in now),
        changed=tuple(case_id for case_id in now if case_id in shown and shown[case_id] != now[case_id]),
    )


def snapshot(line: Line) -> dict[str, Any]:
    """What readers see of a line: no text, only places, minutes and reasons."""
    _, position = line.number.split(".")
    return {
        "section": line.section.value,
        "position": int(position),
        "minutes": line.minutes,
        "reasons": to_keep(line.reasons),
    }


def publish(meeting: Meeting, *, by: Viewer) -> Published:
    """Publish the agenda as it stands and mail those it concerns; a second time makes version 2.

    The first time everybody of the group is told. Later: everybody when a case came on, for their agencies have to
    look it up; those named on a case when it only came off; nobody when only order or time changed.
    """
    bench = open_bench(meeting, by=by)
    differ = differences(bench)
    if meeting.agenda_version and not differ.count:
        raise DomainError(f"Nothing has changed since version {meeting.agenda_version} was published.")
    arrange(meeting, by=by)
    bench = open_bench(meeting, by=by)
    version = meeting.agenda_version + 1
    on = {line.case_id: line for line in bench.agenda.lines}
    for case_id, row in bench.items.items():
        if case_id not in on:
            row.published = {}
            continue
        row.published = snapshot(on[case_id])
        row.in_version = row.in_version or version
    _copy_sections(bench)
    touch(meeting)
    meeting.agenda_version, meeting.state = version, MeetingState.PUBLISHED
    meeting.published_at, meeting.published_by = clock.now(), by.user_id
    record(Event.AGENDA_PUBLISHED, meeting, by=by)
    db.session.flush()
    owing.settle_publishing(meeting)
    told = owing.tell_published(meeting, only=concerned(meeting, differ))
    owing.tell_guests(meeting)
    return Published(meeting, tuple(told), differ)


def concerned(meeting: Meeting, differ: Differences) -> list[uuid.UUID] | None:
    """Whom a publication is mailed to: None means everybody who may read it."""
    if meeting.agenda_version <= 1 or differ.added:
        return None
    return named_on(meeting.partnership_id, differ.removed)


def named_on(partnership_id: uuid.UUID, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Lead officers and action owners of these cases."""
    ids = list(case_ids)
    if not ids:
        return []
    statement = select(CaseNamed.user_id).where(CaseNamed.partnership_id == partnership_id, CaseNamed.case_id.in_(ids))
    return list(db.session.scalars(statement.distinct()))


def _copy_sections(bench: Workbench) -> None:
    """Keep the sections as they are now: numbers in minutes must not move when the standing agenda changes."""
    meeting = bench.meeting
    copies = {row.id: row for row in bench.copies}
    for position, part in enumerate(bench.agenda.parts, start=1):
        if part.slot.item_id is not None:
            copies[part.slot.item_id].position = position
            continue
        db.session.add(
            AgendaItem(
                partnership_id=meeting.partnership_id,
                meeting_id=meeting.id,
                case_id=None,
                standing_id=part.slot.standing_id,
                section=Section(part.slot.section),
                title=part.slot.title,
                position=position,
                minutes=part.slot.minutes,
                state=ItemState.ON,
                reasons=[],
                in_version=meeting.agenda_version + 1,
            )
        )
