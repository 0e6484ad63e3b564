"""Erasing: a draft that nobody sent is deleted; a case's key is destroyed and only its row and dates are left."""

from collections.abc import Iterable

from sqlalchemy import and_, delete, or_, select

from psg import audit, clock
from psg.audit import Actor, Event
from psg.cases import reminding
from psg.cases.contents import Parts, parts_of
from psg.cases.drafting import LAST_WRITTEN
from psg.cases.models import Case, CaseNamed, CaseTheme, Involvement, LastSeen, NoteDraft, PossibleDuplicate
from psg.cases.operations.parties import entry_of_person, entry_of_place, entry_of_reference
from psg.cases.rules import DRAFT_KEPT, CaseState
from psg.crypto import datakeys
from psg.db import DomainError, db
from psg.people import operations as people
from psg.people.models import Person


def erase_case(case: Case, *, by: Actor, why: str = "") -> None:
    """Destroy the case's key: nothing typed about it can be read again.

    Its search tags, drafts and reminders go with it, and so do people that no other case knows.
    """
    if case.state is CaseState.ERASED:
        raise DomainError("This case has been erased already.")
    parts = parts_of(case, ended=True)
    _take_out_of_the_index(case, parts)
    case.state = CaseState.ERASED
    case.ended_at = clock.now()
    case.band, case.closure_proposed_at = "", None
    _forget_who_looks(case)
    reminding.nothing_owed(case)
    db.session.flush()
    for person in _known_only_here(case, parts):
        people.erase_person(person, by=by)
    datakeys.shred(case.partnership_id, case.id)
    audit.record(Event.CASE_ERASED, case, by=by, why=why)
    db.session.flush()


def delete_draft(case: Case, *, by: Actor) -> None:
    """Delete a draft with everything in it."""
    if case.state is not CaseState.DRAFT:
        raise DomainError("Only a draft can be deleted. This case has been sent.")
    parts = parts_of(case, ended=True)
    strangers = _known_only_here(case, parts)
    audit.record(Event.CASE_DRAFT_DELETED, case, by=by)
    _forget_who_looks(case)
    themes = select(CaseTheme).where(CaseTheme.partnership_id == case.partnership_id, CaseTheme.case_id == case.id)
    for row in (*parts.references, *parts.places, *(i for i, _ in parts.people), *db.session.scalars(themes)):
        db.session.delete(row)
    db.session.flush()
    for person in strangers:
        people.delete_person(person)
    db.session.delete(case)
    db.session.flush()
    datakeys.shred(case.partnership_id, case.id)


def expire_drafts(limit: int = 100) -> list[Case]:
    """The nightly task's part: delete drafts that nobody has touched for four weeks; gives those deleted."""
    long_ago = clock.now() - DRAFT_KEPT
    old = select(Case).where(
        Case.state == CaseState.DRAFT,
        Case.last_activity_at < long_ago,
        or_(LAST_WRITTEN.is_(None), long_ago > LAST_WRITTEN),
    )
    gone = list(db.session.scalars(old.order_by(Case.last_activity_at).limit(limit)))
    for case in gone:
        delete_draft(case, by=audit.SYSTEM)
    return gone


def _take_out_of_the_index(case: Case, parts: Parts) -> None:
    entries = [entry_of_person(involvement, person) for involvement, person in parts.people]
    entries += [entry_of_place(place) for place in parts.places]
    entries += [entry_of_reference(reference) for reference in parts.references]
    people.unindex(case.partnership_id, entries)


def _forget_who_looks(case: Case) -> None:
    for model in (NoteDraft, LastSeen):
        db.session.execute(
            delete(model)
            .where(model.partnership_id == case.partnership_id, model.case_id == case.id)
            .execution_options(synchronize_session=False)
        )
    named = select(CaseNamed).where(CaseNamed.partnership_id == case.partnership_id, CaseNamed.case_id == case.id)
    pairs = select(PossibleDuplicate).where(
        PossibleDuplicate.partnership_id == case.partnership_id,
        (PossibleDuplicate.case_id == case.id) | (PossibleDuplicate.other_case_id == case.id),
    )
    for row in (*db.session.scalars(named), *db.session.scalars(pairs)):
        db.session.delete(row)


def _known_only_here(case: Case, parts: Parts) -> list[Person]:
    people_here: dict[object, Person] = {person.id: person for _, person in parts.people}
    if not people_here:
        return []
    elsewhere = set(
        db.session.scalars(
            select(Involvement.person_id)
            .join(Case, and_(Case.partnership_id == Involvement.partnership_id, Case.id == Involvement.case_id))
            .where(
                Involvement.partnership_id == case.partnership_id,
                Involvement.person_id.in_(people_here),
                Involvement.case_id != case.id,
                Case.state != CaseState.ERASED,
            )
            .distinct()
        )
    )
    return _not_erased(person for person_id, person in people_here.items() if person_id not in elsewhere)


def _not_erased(people_here: Iterable[Person]) -> list[Person]:
    return [person for person in people_here if person.erased_at is None]
