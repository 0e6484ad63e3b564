"""Asking after an action: a reminder that somebody sends by hand."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.actions import owing
from psg.actions.models import Action
from psg.actions.rules import ActionState, name_of, sentence_start
from psg.audit.events import Event
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import DomainError, db
from psg.reminders.models import Delivery


@dataclass(frozen=True)
class Chased:
    """What came of asking after one action: who is told now, and when who had been told today already."""

    action: Action
    told: list[uuid.UUID]
    before: dict[uuid.UUID, datetime]


def chase(actions: Sequence[tuple[Action, Case]], *, by: Viewer) -> list[Chased]:
    """Send the owners of open actions a reminder now, at most one a day about the same action.

    Whether it is still wanted is asked again when the message goes, so nothing is locked here.
    """
    keys = {action.id: f"{action.id}:{clock.today().isoformat()}" for action, _ in actions}
    sent = db.session.execute(
        select(Delivery.key, Delivery.user_id, Delivery.created_at).where(
            Delivery.kind == owing.CHASED, Delivery.key.in_(keys.values())
        )
    )
    before: dict[str, dict[uuid.UUID, datetime]] = {}
    for key, user_id, created_at in sent:
        before.setdefault(key, {})[user_id] = created_at
    outcomes = []
    for action, case in actions:
        if action.state is not ActionState.OPEN or case.state is not CaseState.OPEN:
            raise DomainError(f"{sentence_start(name_of(action.number, case.reference))} is not open any more.")
        key = keys[action.id]
        earlier = before.get(key, {})
        told = [user_id for user_id in owing.owners(action, case) if user_id not in earlier]
        for user_id in told:
            owing.tell(action, case, user_id, owing.CHASED, key=key)
        if told:
            audit.record(Event.ACTION_CHASED, action, by=by)
        outcomes.append(Chased(action, told, earlier))
    return outcomes
