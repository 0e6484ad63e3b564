"""What the verbs on actions share: the case under lock, the entries of an action's history, its owner."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.actions import owing
from psg.actions.models import Action, ActionUpdate
from psg.actions.rules import ENDINGS, STATE_WORDS, ActionState, UpdateKind
from psg.audit.events import Event
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.operations.shared import person_of
from psg.cases.rules import Move, NamedAs, why_not
from psg.db import DomainError, add_new, db
from psg.ids import new_id
from psg.partnerships.queries import directory


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


def open_case(partnership_id: uuid.UUID, case_id: uuid.UUID) -> Case:
    """The case under lock, so that actions are counted one after another and none changes on a case being closed."""
    db.session.flush()
    case = db.session.get_one(Case, (partnership_id, case_id), with_for_update=True, populate_existing=True)
    if sentence := why_not(Move.LEAD, case.state):
        raise DomainError(sentence)
    return case


def case_of_open(action: Action) -> Case:
    """The case of an action that is still open, under lock; refuses any other."""
    case = open_case(action.partnership_id, action.case_id)
    if action.state is not ActionState.OPEN:
        raise DomainError(f"This action is not open any more: {STATE_WORDS[action.state].lower()}.")
    return case


def end(action: Action, kind: UpdateKind, *, text: str, by: Viewer) -> Case:
    """End an open action: an entry of its history, its state, and nothing owed any more. Gives the case."""
    case = case_of_open(action)
    enter(action, kind, text=text, by=by)
    action.state = ENDINGS[kind]
    action.ended_at = clock.now()
    action.ended_by = person_of(by)
    owing.settle(action)
    return case


def enter(
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
    """Add an entry to an action's history."""
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
    add_new(entry)
    return entry


def finish(event: Event, action: Action, case: Case, *, by: Viewer, fields: tuple[str, ...] = ()) -> None:
    """What every change ends with: the case was worked on, and the audit knows."""
    cases.touch(case)
    audit.record(event, action, by=by, fields=fields)
    db.session.flush()


def name_owner(action: Action, case: Case) -> None:
    """Let the person who owns the action see its case while that is open."""
    if action.owner_id is not None:
        cases.name_person(case, user_id=action.owner_id, named_as=NamedAs.ACTION_OWNER, source_id=action.id)


def refuse_past(due_on: date) -> None:
    """Nothing is due before it was agreed."""
    if due_on < clock.today():
        raise DomainError("Due date must be today or later.")


def check_owner(case: Case, owner_id: uuid.UUID | None, agency_id: uuid.UUID) -> None:
    """An action is owned by an agency of the partnership, or by somebody who works on cases for that agency here."""
    names = directory(case.partnership_id)
    if not any(place.id == agency_id and place.active for place in names.agencies):
        raise DomainError("That agency is not in this partnership.")
    if owner_id is None:
        return
    member = names.member(owner_id)
    if member is None or not member.active or member.agency_id != agency_id:
        raise DomainError("That person does not work in this partnership for that agency.")
    if not member.works_cases:
        raise DomainError("That person's role opens no cases, so they could not read what they are to do.")
