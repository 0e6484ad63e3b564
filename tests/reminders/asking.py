"""Asks a kind of obligation what the drain would ask it."""

import uuid
from collections.abc import Sequence

from psg.access import Viewer
from psg.reminders.kinds import ObligationKind
from psg.reminders.models import Obligation


def still_owed(kind: ObligationKind, viewer: Viewer, owed: Sequence[Obligation]) -> set[uuid.UUID]:
    """Ids of those that this person still owes and may see."""
    records = kind.records(owed)
    return {one.id for one in owed if one.id in records and kind.wanted(viewer, one, records[one.id])}
