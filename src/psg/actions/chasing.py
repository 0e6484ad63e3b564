"""Asking after an action: a reminder that somebody sends by hand."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.actions import owing
from psg.actions.history import case_of_open
from psg.actions.models import Action
from psg.audit.events import Event
from psg.db import db
from psg.reminders.models import Delivery


@dataclass(frozen=True)
class Chased:
    """What came of asking after one action: who is told now, and when who had been told today already."""

    action: Action
    told: list[uuid.UUID]
    before: dict[uuid.UUID, datetime]


def chase(action: Action, *, by: Viewer) -> Chased:
    """Send its owner a reminder now, at most one a day about the same action."""
    case = case_of_open(action)
    key = f"{action.id}:{clock.today().isoformat()}"
    sent = db.session.execute(
        select(Delivery.user_id, Delivery.created_at).where(
            Delivery.kind == owing.CHASED, Delivery.key == key, Delivery.partnership_id == action.partnership_id
        )
    )
    before = {row.user_id: row.created_at for row in sent}
    told = [user_id for user_id in owing.owners(action, case) if user_id not in before]
    for user_id in told:
        owing.tell(action, case, user_id, owing.CHASED, key=key)
    if told:
        audit.record(Event.ACTION_CHASED, action, by=by)
    return Chased(action, told, before)
