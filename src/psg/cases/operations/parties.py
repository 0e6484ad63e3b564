"""Who and what a case is about: people, places, and the agencies' own numbers; findable from the moment it is sent."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, select

from psg import audit, clock
from psg.access import Viewer
from psg.audit import Event
from psg.cases.contents import Parts
from psg.cases.models import AgencyReference, Case, CasePlace, Involvement
from psg.cases.operations.shared import person_of, require, touch
from psg.cases.rules import CaseState, Move
from psg.cases.values import PERSON_DETAILS, PLACE_DETAILS, details_of
from psg.crypto import datakeys
from psg.crypto.blind import Terms
from psg.db import DomainError, add_new, db
from psg.ids import new_id
from psg.people import operations as people
from psg.people.matching import Pointer, Target, person_terms, place_terms, reference_terms
from psg.people.models import Person
from psg.people.rules import Born, Names

Entry = tuple[Pointer, Terms]


def add_person(
    case: Case,
    *,
    names: Names,
    role: str,
    born: Born | None = None,
    details: Mapping[str, Any] | None = None,
    person_id: uuid.UUID | None = None,
    by: Viewer,
) -> Involvement:
    """Put a person on the case: with a new record, or with that of somebody known from a case the caller may see."""
    require(Move.WRITE, case)
    if person_id is None:
        person = people.create_person(case.partnership_id, names, born or Born(), by=by)
    else:
        person = _known(case, person_id)
    involvement = new_involvement(case, person, role=role, details=details or {}, known=person_id is not None, by=by)
    add_new(involvement)
    _index(case, [entry_of_person(involvement, person)])
    touch(case)
    db.session.flush()
    return involvement


def new_involvement(
    case: Case, person: Person, *, role: str, details: Mapping[str, Any], known: bool = False, by: Viewer
) -> Involvement:
    """A person's part in a case, audited. The caller adds it and makes it findable. known: from another case."""
    involvement = Involvement(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        person_id=person.id,
        added_by=person_of(by),
        added_at=clock.now(),
        role=role,
        details=details_of(details, PERSON_DETAILS),
    )
    audit.record(Event.PERSON_LINKED if known else Event.PERSON_ADDED, involvement, by=by)
    return involvement


def change_person(
    case: Case,
    involvement: Involvement,
    *,
    names: Names,
    role: str,
    born: Born,
    details: Mapping[str, Any],
    by: Viewer,
) -> None:
    """Put right what stands about a person, on the shared record and in this case."""
    require(Move.WRITE, case)
    person = _known(case, involvement.person_id)
    before, elsewhere = entry_of_person(involvement, person), _elsewhere(case, person)
    found_there = [entry_of_person(other, person) for other in elsewhere]
    changed = people.change_person(person, names, born)
    if changed:
        # The shared record stands in the index of every case that knows the person.
        people.unindex(case.partnership_id, found_there)
        people.index_entries(case.partnership_id, [entry_of_person(other, person) for other in elsewhere])
    wanted = details_of(details, PERSON_DETAILS)
    if involvement.role != role:
        involvement.role = role
        changed.append("role")
    if involvement.details != wanted:
        changed += sorted(name for name in wanted if wanted[name] != involvement.details.get(name))
        involvement.details = wanted
    if not changed:
        return
    _reindex(case, before, entry_of_person(involvement, person))
    touch(case)
    audit.record(Event.PERSON_CHANGED, involvement, by=by, fields=changed)
    db.session.flush()


def remove_person(case: Case, involvement: Involvement, *, by: Viewer) -> None:
    """Take a person off the case. What was written about them stays in its history, but they are found no more."""
    require(Move.WRITE, case)
    _unindex(case, [entry_of_person(involvement, _known(case, involvement.person_id))])
    involvement.ended_at = clock.now()
    touch(case)
    audit.record(Event.PERSON_REMOVED, involvement, by=by)
    db.session.flush()


def add_place(case: Case, *, details: Mapping[str, Any], by: Viewer) -> CasePlace:
    """Put a place on the case, by address or description."""
    require(Move.WRITE, case)
    place = new_place(case, details=details, by=by)
    add_new(place)
    _index(case, [entry_of_place(place)])
    touch(case)
    db.session.flush()
    return place


def new_place(case: Case, *, details: Mapping[str, Any], by: Viewer) -> CasePlace:
    """A place on a case, audited. The caller adds it and makes it findable."""
    place = CasePlace(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        added_by=person_of(by),
        added_at=clock.now(),
        details=details_of(details, PLACE_DETAILS),
    )
    audit.record(Event.PLACE_ADDED, place, by=by)
    return place


def change_place(case: Case, place: CasePlace, *, details: Mapping[str, Any], by: Viewer) -> None:
    """Put right what stands about a place."""
    require(Move.WRITE, case)
    wanted = details_of(details, PLACE_DETAILS)
    changed = sorted(name for name in wanted if wanted[name] != place.details.get(name))
    if not changed:
        return
    before = entry_of_place(place)
    place.details = wanted
    _reindex(case, before, entry_of_place(place))
    touch(case)
    audit.record(Event.PLACE_CHANGED, place, by=by, fields=changed)
    db.session.flush()


def remove_place(case: Case, place: CasePlace, *, by: Viewer) -> None:
    """Take a place off the case."""
    require(Move.WRITE, case)
    _unindex(case, [entry_of_place(place)])
    place.ended_at = clock.now()
    touch(case)
    audit.record(Event.PLACE_REMOVED, place, by=by)
    db.session.flush()


def add_reference(case: Case, *, agency_id: uuid.UUID, number: str, meaning: str = "", by: Viewer) -> AgencyReference:
    """Note an agency's own number for the case, such as a crime number; it can be found exactly."""
    require(Move.WRITE, case)
    reference = new_reference_of(case, agency_id=agency_id, number=number, meaning=meaning, by=by)
    add_new(reference)
    _index(case, [entry_of_reference(reference)])
    touch(case)
    db.session.flush()
    return reference


def new_reference_of(case: Case, *, agency_id: uuid.UUID, number: str, meaning: str, by: Viewer) -> AgencyReference:
    """An agency's number on a case, audited. The caller adds it and makes it findable."""
    if not number.strip():
        raise DomainError("Enter the number.")
    reference = AgencyReference(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        agency_id=agency_id,
        added_by=person_of(by),
        added_at=clock.now(),
        number=number,
        meaning=meaning,
    )
    audit.record(Event.CASE_REFERENCE_ADDED, reference, by=by)
    return reference


def remove_reference(case: Case, reference: AgencyReference, *, by: Viewer) -> None:
    """Take an agency's number off the case: it was wrong."""
    require(Move.WRITE, case)
    _unindex(case, [entry_of_reference(reference)])
    touch(case)
    audit.record(Event.CASE_REFERENCE_REMOVED, reference, by=by)
    db.session.delete(reference)
    db.session.flush()


def entries_of(parts: Parts) -> list[Entry]:
    """Where everything of a case is found, and by what."""
    entries = [entry_of_person(involvement, person) for involvement, person in parts.people]
    entries += [entry_of_place(place) for place in parts.places]
    entries += [entry_of_reference(reference) for reference in parts.references]
    return entries


def entry_of_person(involvement: Involvement, person: Person) -> Entry:
    """Where a person on a case is found, and by what."""
    terms = person_terms(Names.read(person.names), Born.read(person.born), involvement.details or {})
    return Pointer(involvement.case_id, Target.INVOLVEMENT, involvement.id), terms


def entry_of_place(place: CasePlace) -> Entry:
    """Where a place is found, and by what."""
    return Pointer(place.case_id, Target.PLACE, place.id), place_terms(place.details or {})


def entry_of_reference(reference: AgencyReference) -> Entry:
    """Where an agency's number is found."""
    return Pointer(reference.case_id, Target.REFERENCE, reference.id), reference_terms(reference.number or "")


def _known(case: Case, person_id: uuid.UUID) -> Person:
    person = db.session.get(Person, (case.partnership_id, person_id))
    if person is None or person.erased_at is not None:
        raise DomainError("That person's record is not there any more.")
    return person


def _elsewhere(case: Case, person: Person) -> list[Involvement]:
    """The person's parts in other cases that have been sent, keys loaded."""
    statement = (
        select(Involvement)
        .join(Case, and_(Case.partnership_id == Involvement.partnership_id, Case.id == Involvement.case_id))
        .where(
            Involvement.partnership_id == case.partnership_id,
            Involvement.person_id == person.id,
            Involvement.case_id != case.id,
            Involvement.ended_at.is_(None),
            Case.state.not_in((CaseState.DRAFT, CaseState.ERASED)),
        )
    )
    others = list(db.session.scalars(statement))
    datakeys.load(case.partnership_id, [other.case_id for other in others])
    return others


def _index(case: Case, entries: list[Entry]) -> None:
    # A draft is its writer's own: nobody else may come upon the people in it.
    if case.state is not CaseState.DRAFT:
        people.index_entries(case.partnership_id, entries)


def _unindex(case: Case, entries: list[Entry]) -> None:
    if case.state is not CaseState.DRAFT:
        people.unindex(case.partnership_id, entries)


def _reindex(case: Case, before: Entry, after: Entry) -> None:
    if before != after:
        _unindex(case, [before])
        _index(case, [after])
