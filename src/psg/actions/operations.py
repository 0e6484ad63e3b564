"""What can be done with an action. Every verb is called inside `transaction()`, says who does it (`by`), adds an entry to
the action's history, writes its audit event and flushes; none commits. Hold the case, then the action, when they were
read before: `transaction(hold=(case, action))`, always in this order.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from psg import audit, clock
from psg.access import Viewer
from psg.actions import owing
from psg.actions.models import Action, ActionUpdate
from psg.actions.rules import ENDINGS, STATE_WORDS, UNDO_WINDOW, ActionState, UpdateKind, may_undo
from psg.audit.events import Event
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.operations.common import person_of
from psg.cases.rules import Move, NamedAs, why_not
from psg.db import DomainError, db
from psg.ids import new_id
from psg.partnerships.queries import directory
from psg.reminders.models import Delivery


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
    """Agree something on an open case: one owner, a person or an agency, and one date. The owner hears of it at once."""
    case = _open_case(case.partnership_id, case.id)
    if not what.strip():
        raise DomainError("Say what is to be done.")
    _refuse_past(due_on)
    _check_owner(case, owner_id, owner_agency_id)
    last = db.session.scalar(
        select(func.max(Action.number)).where(
            Action.partnership_id == case.partnership_id, Action.case_id == case.id
        )
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
    db.session.add(action)
    db.session.flush()
    entry = _enter(action, UpdateKind.SET, by=by, due_after=due_on, owner_after=owner_id)
    _name_owner(action, case)
    owing.owe(action, case)
    owing.tell_given(action, case, giving=entry.id, by=person_of(by))
    _finish(Event.ACTION_GIVEN, action, case, by=by)
    return action


def note_progress(action: Action, *, text: str, by: Viewer) -> ActionUpdate:
    """Say how it is going; the date stays."""
    case = _case_of_open(action)
    if not text.strip():
        raise DomainError("Say how it is going.")
    entry = _enter(action, UpdateKind.PROGRESS, text=text, by=by)
    _finish(Event.ACTION_PROGRESS_ADDED, action, case, by=by)
    return entry


def mark_done(action: Action, *, outcome: str = "", evidence: str = "", by: Viewer) -> None:
    """It has been done. How it went and where the proof is may be said now or later."""
    case = _end(action, UpdateKind.DONE, text=outcome, by=by)
    action.outcome, action.evidence = outcome, evidence
    _finish(Event.ACTION_DONE, action, case, by=by)


def mark_not_done(action: Action, *, reason: str, by: Viewer) -> None:
    """It was not done and will not be; why."""
    if not reason.strip():
        raise DomainError("Say why it was not done.")
    case = _end(action, UpdateKind.NOT_DONE, text=reason, by=by)
    action.outcome = reason
    _finish(Event.ACTION_NOT_DONE, action, case, by=by)


def add_outcome(action: Action, *, outcome: str, evidence: str = "", by: Viewer) -> None:
    """Say afterwards how a finished action went, and where the proof is."""
    case = _open_case(action.partnership_id, action.case_id)
    if action.state is not ActionState.DONE:
        raise DomainError("Only a finished action can be told how it went.")
    if not outcome.strip():
        raise DomainError("Say how it went.")
    action.outcome, action.evidence = outcome, evidence
    _enter(action, UpdateKind.PROGRESS, text=outcome, by=by)
    _finish(Event.ACTION_PROGRESS_ADDED, action, case, by=by)


def move(action: Action, *, due_on: date, reason: str, by: Viewer) -> None:
    """Give it another date. How often that happened stays visible."""
    case = _case_of_open(action)
    if due_on == action.due_on:
        raise DomainError("That is the date it already has.")
    _refuse_past(due_on)
    if not reason.strip():
        raise DomainError("Say why the date is changed.")
    _enter(action, UpdateKind.MOVED, text=reason, due_before=action.due_on, due_after=due_on, by=by)
    action.due_on = due_on
    action.times_moved += 1
    owing.reschedule(action, case)
    _finish(Event.ACTION_CHANGED, action, case, by=by, fields=("due_on", "times_moved"))


def give(action: Action, *, owner_agency_id: uuid.UUID, owner_id: uuid.UUID | None = None, by: Viewer) -> None:
    """Give it to another person, or to an agency. The new owner may see the case and hears of it at once."""
    case = _case_of_open(action)
    if (owner_id, owner_agency_id) == (action.owner_id, action.owner_agency_id):
        raise DomainError("They own this action already.")
    _check_owner(case, owner_id, owner_agency_id)
    before = action.owner_id
    words = f"From {owner_words(action.partnership_id, before, action.owner_agency_id)}"
    words += f" to {owner_words(action.partnership_id, owner_id, owner_agency_id)}"
    cases.unname_person(case, source_id=action.id, named_as=NamedAs.ACTION_OWNER)
    action.owner_id, action.owner_agency_id = owner_id, owner_agency_id
    entry = _enter(action, UpdateKind.GIVEN, text=words, owner_before=before, owner_after=owner_id, by=by)
    _name_owner(action, case)
    owing.owe(action, case)
    owing.tell_given(action, case, giving=entry.id, by=person_of(by))
    _finish(Event.ACTION_CHANGED, action, case, by=by, fields=("owner_id", "owner_agency_id"))


def cancel(action: Action, *, reason: str, by: Viewer) -> None:
    """It is not wanted any more; why. Its owner is not named on the case for it any longer."""
    if not reason.strip():
        raise DomainError("Say why it is not wanted any more.")
    case = _end(action, UpdateKind.CANCELLED, text=reason, by=by)
    action.outcome = reason
    cases.unname_person(case, source_id=action.id, named_as=NamedAs.ACTION_OWNER)
    _finish(Event.ACTION_CANCELLED, action, case, by=by)


def undo(action: Action, *, by: Viewer) -> None:
    """Take back one's own last press within ten minutes: done, not done, cancelled, or a moved date."""
    case = _open_case(action.partnership_id, action.case_id)
    last = last_press(action)
    if last is None or last.by != person_of(by) or not may_undo(last.kind, last.at, clock.now()):
        minutes = int(UNDO_WINDOW.total_seconds() // 60)
        raise DomainError(f"This can no longer be undone. Only who did it can undo it, for {minutes} minutes.")
    if last.kind is UpdateKind.MOVED and last.due_before is not None:
        _enter(action, UpdateKind.UNDONE, due_before=action.due_on, due_after=last.due_before, by=by)
        action.due_on = last.due_before
        action.times_moved = max(0, action.times_moved - 1)
        owing.reschedule(action, case)
        _finish(Event.ACTION_CHANGED, action, case, by=by, fields=("due_on", "times_moved"))
        return
    _enter(action, UpdateKind.UNDONE, by=by)
    action.state = ActionState.OPEN
    action.ended_at, action.ended_by = None, None
    action.outcome, action.evidence = "", ""
    _name_owner(action, case)
    owing.owe(action, case)
    _finish(Event.ACTION_REOPENED, action, case, by=by)


@dataclass(frozen=True)
class Chased:
    """What came of asking after one action: who is told now, and when who had been told today already."""

    action: Action
    told: list[uuid.UUID]
    before: dict[uuid.UUID, datetime]


def chase(action: Action, *, by: Viewer) -> Chased:
    """Send its owner a reminder now, at most one a day about the same action."""
    case = _case_of_open(action)
    key = f"{action.id}:{clock.today().isoformat()}"
    before = {
        user_id: created_at
        for user_id, created_at in db.session.execute(
            select(Delivery.user_id, Delivery.created_at).where(
                Delivery.kind == owing.CHASED, Delivery.key == key, Delivery.partnership_id == action.partnership_id
            )
        )
    }
    told = [user_id for user_id in owing.owners(action, case) if user_id not in before]
    for user_id in told:
        owing.tell(action, case, user_id, owing.CHASED, key=key)
    if told:
        audit.record(Event.ACTION_CHASED, action, by=by)
    return Chased(action, told, before)


# Shared by the verbs


@dataclass(frozen=True)
class Press:
    """The last change of an action that might be taken back."""

    kind: UpdateKind
    at: datetime
    by: uuid.UUID
    due_before: date | None = None


def last_press(action: Action) -> Press | None:
    """What ended the action, or how it came to its present date; None when it was never changed."""
    if action.state is not ActionState.OPEN and action.ended_at is not None and action.ended_by is not None:
        kind = next(kind for kind, state in ENDINGS.items() if state is action.state)
        return Press(kind, action.ended_at, action.ended_by)
    if not action.times_moved:
        return None
    moved = db.session.scalars(
        select(ActionUpdate)
        .where(
            ActionUpdate.partnership_id == action.partnership_id,
            ActionUpdate.action_id == action.id,
            ActionUpdate.kind == UpdateKind.MOVED,
            ActionUpdate.due_after == action.due_on,
        )
        .order_by(ActionUpdate.at.desc(), ActionUpdate.id.desc())
        .limit(1)
    ).first()
    return Press(moved.kind, moved.at, moved.by, moved.due_before) if moved is not None else None


def owner_words(partnership_id: uuid.UUID, owner_id: uuid.UUID | None, agency_id: uuid.UUID) -> str:
    """ "J Osei (Housing)", or the agency alone."""
    names = directory(partnership_id)
    return f"{names.user(owner_id)} ({names.agency(agency_id)})" if owner_id else names.agency_name(agency_id)


def _open_case(partnership_id: uuid.UUID, case_id: uuid.UUID) -> Case:
    """The case under lock, so that actions are counted one after another and none changes on a case being closed."""
    db.session.flush()
    case = db.session.get_one(Case, (partnership_id, case_id), with_for_update=True, populate_existing=True)
    if sentence := why_not(Move.LEAD, case.state):
        raise DomainError(sentence)
    return case


def _case_of_open(action: Action) -> Case:
    case = _open_case(action.partnership_id, action.case_id)
    if action.state is not ActionState.OPEN:
        raise DomainError(f"This action is not open any more: {STATE_WORDS[action.state].lower()}.")
    return case


def _end(action: Action, kind: UpdateKind, *, text: str, by: Viewer) -> Case:
    case = _case_of_open(action)
    _enter(action, kind, text=text, by=by)
    action.state = ENDINGS[kind]
    action.ended_at = clock.now()
    action.ended_by = person_of(by)
    owing.settle(action)
    return case


def _enter(
    action: Action,
    kind: UpdateKind,
    *,
    by: Viewer,
    text: str = "",
    due_before: date | None = None,
    due_after: date | None = None,
    owner_before: uuid.UUID | None = None,
    owner_after: uuid.UUID | None = None,
) -> ActionUpdate:
    entry = ActionUpdate(
        partnership_id=action.partnership_id,
        id=new_id(),
        action_id=action.id,
        case_id=action.case_id,
        kind=kind,
        at=clock.now(),
        by=person_of(by),
        due_before=due_before,
        due_after=due_after,
        owner_before=owner_before,
        owner_after=owner_after,
        text=text,
    )
    db.session.add(entry)
    return entry


def _finish(event: Event, action: Action, case: Case, *, by: Viewer, fields: tuple[str, ...] = ()) -> None:
    cases.touch(case)
    audit.record(event, action, by=by, fields=fields)
    db.session.flush()


def _name_owner(action: Action, case: Case) -> None:
    if action.owner_id is not None:
        cases.name_person(case, user_id=action.owner_id, named_as=NamedAs.ACTION_OWNER, source_id=action.id)


def _refuse_past(due_on: date) -> None:
    if due_on < clock.today():
        raise DomainError("Due date must be today or later.")


def _check_owner(case: Case, owner_id: uuid.UUID | None, agency_id: uuid.UUID) -> None:
    names = directory(case.partnership_id)
    if not any(place.id == agency_id and place.active for place in names.agencies):
        raise DomainError("That agency is not in this partnership.")
    if owner_id is None:
        return
    member = names.member(owner_id)
    if member is None or not member.active or member.agency_id != agency_id:
        raise DomainError("That person does not work in this partnership for that agency.")
