"""What can be done with an action. Every verb is called inside `transaction()` and says who does it (`by`).

Each adds an entry to the action's history, writes its audit event and flushes; none commits. Hold the case, then the
action, when they were read before: `transaction(hold=(case, action))`, always in this order.
"""

import uuid
from datetime import date

from sqlalchemy import func, select

from psg import clock
from psg.access import Viewer
from psg.actions import owing
from psg.actions.chasing import Chased, chase
from psg.actions.history import (
    case_of_open,
    check_owner,
    end,
    enter,
    finish,
    last_press,
    name_owner,
    open_case,
    owner_words,
    refuse_past,
)
from psg.actions.models import Action, ActionUpdate
from psg.actions.rules import UNDO_WINDOW, ActionState, UpdateKind, may_undo
from psg.audit.events import Event
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.operations.shared import person_of
from psg.cases.rules import NamedAs
from psg.db import DomainError, add_new, db
from psg.ids import new_id

__all__ = [
    "Chased",
    "add_action",
    "add_outcome",
    "cancel",
    "chase",
    "give",
    "mark_done",
    "mark_not_done",
    "move",
    "note_progress",
    "undo",
]


def add_action(
    case: Case,
    *,
    what: str,
    owner_agency_id: uuid.UUID,
    due_on: date,
    owner_id: uuid.UUID | None = None,
    priority: str = "usual",
    meeting_id: uuid.UUID | None = None,
    by: Viewer,
) -> Action:
    """Agree something on an open case: one owner, a person or an agency, and one date. Its owner hears at once."""
    case = open_case(case.partnership_id, case.id)
    if not what.strip():
        raise DomainError("Say what is to be done.")
    refuse_past(due_on)
    check_owner(case, owner_id, owner_agency_id)
    last = db.session.scalar(
        select(func.max(Action.number)).where(Action.partnership_id == case.partnership_id, Action.case_id == case.id)
    )
    now = clock.now()
    action = Action(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        number=(last or 0) + 1,
        meeting_id=meeting_id,
        owner_id=owner_id,
        owner_agency_id=owner_agency_id,
        due_on=due_on,
        priority=priority,
        state=ActionState.OPEN,
        set_by=person_of(by),
        set_at=now,
        what=what,
        outcome="",
        evidence="",
    ).know_case(case.facts())
    add_new(action)
    entry = enter(action, UpdateKind.SET, by=by, due_after=due_on, owner_after=owner_id)
    name_owner(action, case)
    owing.owe(action, case)
    owing.tell_given(action, case, giving=entry.id, by=person_of(by))
    finish(Event.ACTION_GIVEN, action, case, by=by)
    return action


def note_progress(action: Action, *, text: str, by: Viewer) -> ActionUpdate:
    """Say how it is going; the date stays."""
    case = case_of_open(action)
    if not text.strip():
        raise DomainError("Say how it is going.")
    entry = enter(action, UpdateKind.PROGRESS, text=text, by=by)
    finish(Event.ACTION_PROGRESS_ADDED, action, case, by=by)
    return entry


def mark_done(action: Action, *, outcome: str = "", evidence: str = "", by: Viewer) -> None:
    """It has been done. How it went and where the proof is may be said now or later."""
    case = end(action, UpdateKind.DONE, text=outcome, by=by)
    action.outcome, action.evidence = outcome, evidence
    finish(Event.ACTION_DONE, action, case, by=by)


def mark_not_done(action: Action, *, reason: str, by: Viewer) -> None:
    """It was not done and will not be; why."""
    if not reason.strip():
        raise DomainError("Say why it was not done.")
    case = end(action, UpdateKind.NOT_DONE, text=reason, by=by)
    action.outcome = reason
    finish(Event.ACTION_NOT_DONE, action, case, by=by)


def add_outcome(action: Action, *, outcome: str, evidence: str = "", by: Viewer) -> None:
    """Say afterwards how a finished action went, and where the proof is."""
    case = open_case(action.partnership_id, action.case_id)
    if action.state is not ActionState.DONE:
        raise DomainError("Only a finished action can be told how it went.")
    if not outcome.strip():
        raise DomainError("Say how it went.")
    action.outcome, action.evidence = outcome, evidence
    enter(action, UpdateKind.PROGRESS, text=outcome, by=by)
    finish(Event.ACTION_PROGRESS_ADDED, action, case, by=by)


def move(action: Action, *, due_on: date, reason: str, by: Viewer) -> None:
    """Give it another date. How often that happened stays visible."""
    case = case_of_open(action)
    if due_on == action.due_on:
        raise DomainError("That is the date it already has.")
    refuse_past(due_on)
    if not reason.strip():
        raise DomainError("Say why the date is changed.")
    enter(action, UpdateKind.MOVED, text=reason, due_before=action.due_on, due_after=due_on, by=by)
    action.due_on = due_on
    action.times_moved += 1
    owing.reschedule(action, case)
    finish(Event.ACTION_CHANGED, action, case, by=by, fields=("due_on", "times_moved"))


def give(action: Action, *, owner_agency_id: uuid.UUID, owner_id: uuid.UUID | None = None, by: Viewer) -> None:
    """Give it to another person, or to an agency. The new owner may see the case and hears of it at once."""
    case = case_of_open(action)
    if (owner_id, owner_agency_id) == (action.owner_id, action.owner_agency_id):
        raise DomainError("They own this action already.")
    check_owner(case, owner_id, owner_agency_id)
    before = action.owner_id
    words = f"From {owner_words(action.partnership_id, before, action.owner_agency_id)}"
    words += f" to {owner_words(action.partnership_id, owner_id, owner_agency_id)}"
    cases.unname_person(case, source_id=action.id, named_as=NamedAs.ACTION_OWNER)
    action.owner_id, action.owner_agency_id = owner_id, owner_agency_id
    entry = enter(action, UpdateKind.GIVEN, text=words, owner_before=before, owner_after=owner_id, by=by)
    name_owner(action, case)
    owing.owe(action, case)
    owing.tell_given(action, case, giving=entry.id, by=person_of(by))
    finish(Event.ACTION_CHANGED, action, case, by=by, fields=("owner_id", "owner_agency_id"))


def cancel(action: Action, *, reason: str, by: Viewer) -> None:
    """It is not wanted any more; why. Its owner is not named on the case for it any longer."""
    if not reason.strip():
        raise DomainError("Say why it is not wanted any more.")
    case = end(action, UpdateKind.CANCELLED, text=reason, by=by)
    action.outcome = reason
    cases.unname_person(case, source_id=action.id, named_as=NamedAs.ACTION_OWNER)
    finish(Event.ACTION_CANCELLED, action, case, by=by)


def undo(action: Action, *, by: Viewer) -> None:
    """Take back one's own last press within ten minutes: done, not done, cancelled, or a moved date."""
    case = open_case(action.partnership_id, action.case_id)
    last = last_press(action)
    if last is None or last.by != person_of(by) or not may_undo(last.kind, last.at, clock.now()):
        minutes = int(UNDO_WINDOW.total_seconds() // 60)
        raise DomainError(f"This can no longer be undone. Only who did it can undo it, for {minutes} minutes.")
    if last.kind is UpdateKind.MOVED and last.due_before is not None:
        enter(action, UpdateKind.UNDONE, due_before=action.due_on, due_after=last.due_before, by=by)
        action.due_on = last.due_before
        action.times_moved = max(0, action.times_moved - 1)
        owing.reschedule(action, case)
        finish(Event.ACTION_CHANGED, action, case, by=by, fields=("due_on", "times_moved"))
        return
    enter(action, UpdateKind.UNDONE, by=by)
    action.state = ActionState.OPEN
    action.ended_at, action.ended_by = None, None
    action.outcome, action.evidence = "", ""
    name_owner(action, case)
    owing.owe(action, case)
    finish(Event.ACTION_REOPENED, action, case, by=by)
