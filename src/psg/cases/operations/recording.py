"""The timeline: notes, corrections, what is going on now, and a note that somebody is still writing."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import update

from psg import audit, clock
from psg.access import Viewer
from psg.cases import queries
from psg.cases.models import Case, Event, LastSeen, NoteDraft
from psg.cases.operations.shared import agency_of, person_of, require, touch
from psg.cases.rules import Move, When, in_correction_window
from psg.db import DomainError, add_new, db
from psg.ids import new_id
from psg.reminders.storing import insert_if_new

VISIT = timedelta(hours=1)
"""Looks closer together than this are one visit."""


def add_event(
    case: Case,
    *,
    kind: str,
    when: When,
    what: str,
    who: str = "",
    owning_agency_id: uuid.UUID | None = None,
    by: Viewer,
) -> Event:
    """Add a note to the timeline. It belongs to the writer's agency unless another one is named."""
    require(Move.WRITE, case)
    event = write_event(case, kind=kind, when=when, what=what, who=who, owning_agency_id=owning_agency_id, by=by)
    discard_note(case, by=by)
    audit.record(audit.Event.NOTE_ADDED, event, by=by)
    db.session.flush()
    return event


def write_event(
    case: Case,
    *,
    kind: str,
    when: When,
    what: str,
    who: str,
    by: Viewer,
    owning_agency_id: uuid.UUID | None = None,
    corrects_id: uuid.UUID | None = None,
) -> Event:
    """Put an entry on the timeline; the caller audits it."""
    if not what.strip():
        raise DomainError("Say what happened.")
    event = Event(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        kind=kind,
        sort_on=when.sort_on,
        precision=when.precision,
        owning_agency_id=owning_agency_id or agency_of(by, case.partnership_id),
        entered_by=person_of(by),
        entered_at=clock.now(),
        corrects_id=corrects_id,
        what=what,
        who=who,
        period=when.words,
        at_time=when.at_time,
    )
    add_new(event)
    touch(case)
    return event


def correct_event(
    case: Case,
    event: Event,
    *,
    kind: str,
    when: When,
    what: str,
    who: str = "",
    owning_agency_id: uuid.UUID | None = None,
    by: Viewer,
) -> Event:
    """Put a note right: its author in place for a few minutes, anybody else or later as a new entry under it."""
    require(Move.WRITE, case)
    if event.case_id != case.id:
        raise ValueError("the note belongs to another case")
    if may_change_in_place(event, by.user_id):
        return _change(case, event, kind=kind, when=when, what=what, who=who, owner=owning_agency_id, by=by)
    correction = write_event(
        case,
        kind=kind,
        when=when,
        what=what,
        who=who,
        owning_agency_id=owning_agency_id or event.owning_agency_id,
        corrects_id=event.corrects_id or event.id,
        by=by,
    )
    audit.record(audit.Event.NOTE_CORRECTED, correction, by=by)
    db.session.flush()
    return correction


def may_change_in_place(event: Event, user_id: uuid.UUID | None) -> bool:
    """Whether this person wrote the note, and lately enough to change it where it stands."""
    return event.entered_by == user_id and in_correction_window(event.entered_at, clock.now())


def _change(
    case: Case, event: Event, *, kind: str, when: When, what: str, who: str, owner: uuid.UUID | None, by: Viewer
) -> Event:
    if not what.strip():
        raise DomainError("Say what happened.")
    before = (event.kind, event.what, event.who)
    event.kind, event.what, event.who = kind, what, who
    event.sort_on, event.precision = when.sort_on, when.precision
    event.period, event.at_time = when.words, when.at_time
    event.owning_agency_id = owner or event.owning_agency_id
    event.changed_at = clock.now()
    touch(case)
    changed = [name for name, old in zip(("kind", "what", "who"), before, strict=True) if getattr(event, name) != old]
    audit.record(audit.Event.NOTE_CORRECTED, event, by=by, fields=changed)
    db.session.flush()
    return event


def set_now(case: Case, *, text: str, by: Viewer) -> None:
    """Say what is going on now: a few lines that stand at the top of the case page and in lists."""
    require(Move.WRITE, case)
    case.now_text = text
    case.now_by = person_of(by)
    case.now_at = clock.now()
    touch(case)
    audit.record(audit.Event.CASE_EDITED, case, by=by, fields=("now_text",))
    db.session.flush()


def keep_note(case: Case, *, fields: Mapping[str, str], by: Viewer) -> NoteDraft:
    """Keep a note that is being written, sealed; one for each person and case."""
    require(Move.WRITE, case)
    draft = queries.note_draft(case, person_of(by))
    if draft is None:
        draft = NoteDraft(
            partnership_id=case.partnership_id, id=new_id(), case_id=case.id, user_id=by.user_id, saved_at=clock.now()
        )
        db.session.add(draft)
    draft.fields = dict(fields)
    draft.saved_at = clock.now()
    db.session.flush()
    return draft


def discard_note(case: Case, *, by: Viewer) -> None:
    """Forget the note that was being written: it has been saved, or is not wanted."""
    draft = queries.note_draft(case, person_of(by))
    if draft is not None:
        db.session.delete(draft)
        db.session.flush()


def seen(case: Case, *, by: Viewer) -> None:
    """Note that the person looks at the case now, for "since you looked". The case must come from a loader."""
    now = clock.now()
    known = case._seen  # noqa: SLF001 - loaders fill this in
    if known is None:
        row = {
            "partnership_id": case.partnership_id,
            "id": new_id(),
            "user_id": person_of(by),
            "case_id": case.id,
            "seen_at": now,
            "before_at": None,
        }
        insert_if_new(LastSeen, [row])
        return
    row_id, seen_at, before_at = known
    db.session.execute(
        update(LastSeen)
        .where(LastSeen.partnership_id == case.partnership_id, LastSeen.id == row_id)
        .values(seen_at=now, before_at=seen_at if now - seen_at >= VISIT else before_at)
        .execution_options(synchronize_session=False)
    )
