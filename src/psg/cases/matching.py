"""Cases in which a person, an address or an agency's number stands, as far as somebody may see them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from psg.access import Standing, Viewer
from psg.cases.contents import Parts, parts_of
from psg.cases.models import Case, Involvement
from psg.cases.operations.parties import entries_of
from psg.cases.queries import visible_by_id
from psg.cases.rules import CaseState
from psg.crypto import datakeys
from psg.crypto.blind import Index, Term, Terms
from psg.db import db
from psg.people.queries import Matches, Target, find_matches, people_by_id
from psg.people.rules import Names

WORDS = {
    Index.NAME_BORN: "same name and date of birth",
    Index.SOUND_YEAR: "a last name that sounds alike, and the same year of birth",
    Index.NAME_SECTOR: "same last name and initial, in the same area",
    Index.POSTCODE_HOUSE: "same address",
    Index.PHONE: "same telephone number",
    Index.EMAIL: "same e-mail address",
    Index.AGENCY_REFERENCE: "same agency number",
}
AT_MOST = 50
_NO_CASE = uuid.UUID(int=0)


@dataclass
class Match:
    """A case that something was found in, with what and why."""

    case: Case
    why: set[str] = field(default_factory=set)
    people: dict[uuid.UUID, str] = field(default_factory=dict)
    """Names of the people found, by their record's id."""

    @property
    def reasons(self) -> list[str]:
        """Why it was found, in a fixed order."""
        return [words for words in WORDS.values() if words in self.why]


def visible_matches(
    viewer: Viewer, standing: Standing, terms: Sequence[Term], *, but: uuid.UUID | None = None
) -> list[Match]:
    """Cases with any of the terms, of those this person may see: fenced after matching and before counting."""
    found = find_matches(standing.partnership_id, terms)
    ids = {pointer.case_id for pointer in found} - {but}
    # Asked also when nothing was found: a quicker answer would say that something stands in a case one may not see.
    cases = visible_by_id(viewer, standing, ids or {_NO_CASE})
    matches = {
        case_id: Match(case) for case_id, case in cases.items() if case.state not in (CaseState.DRAFT, CaseState.ERASED)
    }
    for pointer, indexes in found.items():
        if pointer.case_id in matches:
            matches[pointer.case_id].why |= {WORDS[index] for index in indexes}
    _name_people(standing.partnership_id, matches, found)
    return sorted(matches.values(), key=lambda match: match.case.created_at, reverse=True)[:AT_MOST]


def _name_people(partnership_id: uuid.UUID, matches: dict[uuid.UUID, Match], found: Matches) -> None:
    wanted = [p.record_id for p in found if p.target is Target.INVOLVEMENT and p.case_id in matches]
    if not wanted:
        return
    statement = select(Involvement.case_id, Involvement.person_id).where(
        Involvement.partnership_id == partnership_id, Involvement.id.in_(wanted), Involvement.ended_at.is_(None)
    )
    pairs = db.session.execute(statement).all()
    people = people_by_id(partnership_id, [person_id for _, person_id in pairs])
    datakeys.load(partnership_id, people)
    for case_id, person_id in pairs:
        person = people.get(person_id)
        if person is not None and person.erased_at is None:
            matches[case_id].people[person_id] = Names.read(person.names).shown


def terms_of(parts: Parts) -> Terms:
    """Everything a case's people, places and numbers can be found by."""
    return tuple(dict.fromkeys(term for _, terms in entries_of(parts) for term in terms))


def alike(viewer: Viewer, standing: Standing, case: Case) -> list[Match]:
    """Cases one may see that may be about the same person or place as this one."""
    return visible_matches(viewer, standing, terms_of(parts_of(case)), but=case.id)
