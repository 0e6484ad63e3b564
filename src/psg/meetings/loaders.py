"""Loaders of an item together with its case: whoever may not read the case is told of no item, and that is audited."""

import uuid
from dataclasses import dataclass

from psg.access import Permission, Standing, Viewer
from psg.access.policy import permits
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.meetings.agenda import Line
from psg.meetings.live import workbench
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.reading import find_item


@dataclass(frozen=True)
class Found:
    """An item of a published agenda."""

    item: AgendaItem
    case: Case | None
    """None for a section."""


def find_found(viewer: Viewer, standing: Standing, meeting: Meeting, item_id: uuid.UUID) -> Found | None:
    """Loader: an item on the published agenda of a meeting that the gate has passed, if its case may be read."""
    item = find_item(viewer, standing, meeting, item_id)
    if item is None or item.case_id is None:
        return Found(item, None) if item is not None else None
    case = cases.find_id(viewer, standing, item.case_id)
    if case is None or not permits(viewer, Permission.CASE_READ, case.facts()):
        return None
    return Found(item, case)


@dataclass(frozen=True)
class OnAgenda:
    """A case on an agenda that is being built, or has been."""

    line: Line
    case: Case


def find_on_agenda(viewer: Viewer, standing: Standing, meeting: Meeting, case_id: uuid.UUID) -> OnAgenda | None:
    """Loader: a case on the agenda as it stands, if it may be read."""
    line = workbench(viewer, standing, meeting).agenda.line(case_id)
    case = cases.find_id(viewer, standing, case_id) if line else None
    if line is None or case is None or not permits(viewer, Permission.CASE_READ, case.facts()):
        return None
    return OnAgenda(line, case)
