"""Finding cases. Loaders give the gate any case of the partnership, and it decides; lists start from `visible`."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Select, String, Uuid, and_, bindparam, cast, func, select

from psg.access import Standing, Viewer
from psg.access.facts import CaseFacts
from psg.cases.fence import visible
from psg.cases.models import (
    AgencyReference,
    Case,
    CaseNamed,
    CasePlace,
    Event,
    Involvement,
    LastSeen,
    NoteDraft,
    PossibleDuplicate,
)
from psg.cases.rules import CaseState
from psg.crypto import datakeys
from psg.crypto.datakeys import DataKey
from psg.db import ask, db
from psg.ids import normalise_reference

__all__ = ["facts_of", "find", "find_draft", "find_id", "load_facts", "visible", "visible_by_id"]

Part = TypeVar("Part", Event, Involvement, CasePlace, AgencyReference)
_NAMED = (
    select(func.aggregate_strings(cast(CaseNamed.user_id, String), " "))
    .where(CaseNamed.partnership_id == Case.partnership_id, CaseNamed.case_id == Case.id)
    .correlate(Case)
    .scalar_subquery()
)
_FOUND: Any = (
    select(
        Case,
        _NAMED,
        DataKey.id,
        DataKey.kind,
        DataKey.kek_id,
        DataKey.wrapped,
        LastSeen.id,
        LastSeen.seen_at,
        LastSeen.before_at,
    )
    .outerjoin(DataKey, and_(DataKey.partnership_id == Case.partnership_id, DataKey.id == Case.id))
    .outerjoin(
        LastSeen,
        and_(
            LastSeen.partnership_id == Case.partnership_id,
            LastSeen.case_id == Case.id,
            LastSeen.user_id == bindparam("viewer", type_=Uuid()),
        ),
    )
    .where(Case.partnership_id == bindparam("partnership", type_=Uuid()))
)
"""Built once, like the two below: every page of a case asks it."""
_BY_REFERENCE = _FOUND.where(Case.reference == bindparam("wanted"))
_BY_ID = _FOUND.where(Case.id == bindparam("wanted", type_=Uuid()))


def find(viewer: Viewer, standing: Standing, reference: str) -> Case | None:
    """The case with that reference in any spelling, ready for the gate: facts, data key and last look loaded."""
    printed = normalise_reference(reference)
    if printed is None:
        return None
    return _one(viewer, standing.partnership_id, _BY_REFERENCE, printed)


def find_id(viewer: Viewer, standing: Standing, case_id: uuid.UUID) -> Case | None:
    """The case with that id, ready for the gate."""
    return _one(viewer, standing.partnership_id, _BY_ID, case_id)


def find_draft(viewer: Viewer, standing: Standing, reference: str) -> Case | None:
    """The case with that reference if it is still a draft."""
    case = find(viewer, standing, reference)
    return case if case is not None and case.state is CaseState.DRAFT else None


def _one(viewer: Viewer, partnership_id: uuid.UUID, statement: Any, wanted: Any) -> Case | None:
    values = {"partnership": partnership_id, "viewer": viewer.user_id, "wanted": wanted}
    row = db.session.execute(statement, values).first()
    if row is None:
        return None
    case: Case = row[0]
    put_facts(case, _ids(row[1]))
    if row[2] is not None:
        datakeys.adopt(partnership_id, [tuple(row[2:6])])
    case._seen = (row[6], row[7], row[8]) if row[6] is not None else None  # noqa: SLF001 - loaders fill this in
    return case


def put_facts(case: Case, named: Iterable[uuid.UUID]) -> Case:
    """Give a loaded case the facts that rules ask for."""
    case._facts = CaseFacts(  # noqa: SLF001 - loaders fill this in
        case.partnership_id, case.group_id, case.state.value, case.referrer_id, frozenset(named)
    )
    return case


def load_facts(cases: Iterable[Case]) -> list[Case]:
    """Give cases of one partnership their facts, with one query for all."""
    cases = list(cases)
    if not cases:
        return []
    named: dict[uuid.UUID, set[uuid.UUID]] = {}
    statement = select(CaseNamed.case_id, CaseNamed.user_id).where(
        CaseNamed.partnership_id == cases[0].partnership_id, CaseNamed.case_id.in_([case.id for case in cases])
    )
    for case_id, user_id in db.session.execute(statement):
        named.setdefault(case_id, set()).add(user_id)
    return [put_facts(case, named.get(case.id, ())) for case in cases]


def facts_of(partnership_id: uuid.UUID, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CaseFacts]:
    """What the rules may know of these cases, without loading them: one query."""
    if not ids:
        return {}
    asked = {"partnership": partnership_id, "cases": list(ids)}
    found: dict[uuid.UUID, CaseFacts] = {}
    named: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in ask(_FACTS, asked):
        found[row.id] = CaseFacts(partnership_id, row.group_id, row.state.value, row.referrer_id)
        if row.user_id is not None:
            named.setdefault(row.id, set()).add(row.user_id)
    return {
        case_id: replace(facts, named=frozenset(named[case_id])) if case_id in named else facts
        for case_id, facts in found.items()
    }


_FACTS = (
    select(Case.id, Case.group_id, Case.state, Case.referrer_id, CaseNamed.user_id)
    .outerjoin(CaseNamed, and_(CaseNamed.partnership_id == Case.partnership_id, CaseNamed.case_id == Case.id))
    .where(
        Case.partnership_id == bindparam("partnership", type_=Uuid()),
        Case.id.in_(bindparam("cases", expanding=True, type_=Uuid())),
    )
)


def visible_by_id(viewer: Viewer, standing: Standing, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Case]:
    """Of these cases the ones this person may see, keys loaded: two queries."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = db.session.scalars(select(Case).where(visible(viewer, standing), Case.id.in_(wanted)))
    cases = {case.id: case for case in found}
    datakeys.load(standing.partnership_id, cases)
    return cases


# Loaders of what belongs to a case that the gate has loaded already


def find_event(_viewer: Viewer, _standing: Standing, case: Case, event_id: uuid.UUID) -> Event | None:
    """A note of the case."""
    return db.session.scalar(_of(Event, case, event_id))


def find_involvement(_viewer: Viewer, _standing: Standing, case: Case, involvement_id: uuid.UUID) -> Involvement | None:
    """A person's part in the case, unless it has ended."""
    return db.session.scalar(_of(Involvement, case, involvement_id).where(Involvement.ended_at.is_(None)))


def find_place(_viewer: Viewer, _standing: Standing, case: Case, place_id: uuid.UUID) -> CasePlace | None:
    """A place of the case, unless it has been taken off."""
    return db.session.scalar(_of(CasePlace, case, place_id).where(CasePlace.ended_at.is_(None)))


def find_reference(_viewer: Viewer, _standing: Standing, case: Case, number_id: uuid.UUID) -> AgencyReference | None:
    """An agency's own number for the case."""
    return db.session.scalar(_of(AgencyReference, case, number_id))


def find_duplicate(_viewer: Viewer, standing: Standing, pair_id: uuid.UUID) -> PossibleDuplicate | None:
    """Two cases that may be the same, by the id of the pair."""
    statement = select(PossibleDuplicate).where(
        PossibleDuplicate.partnership_id == standing.partnership_id, PossibleDuplicate.id == pair_id
    )
    return db.session.scalar(statement)


def note_draft(case: Case, user_id: uuid.UUID) -> NoteDraft | None:
    """The note that a person has begun on the case."""
    statement = select(NoteDraft).where(
        NoteDraft.partnership_id == case.partnership_id,
        NoteDraft.case_id == case.id,
        NoteDraft.user_id == user_id,
        NoteDraft.page == "note",
    )
    return db.session.scalar(statement)


def _of(model: type[Part], case: Case, record_id: uuid.UUID) -> Select[Part]:
    return select(model).where(
        model.partnership_id == case.partnership_id, model.case_id == case.id, model.id == record_id
    )


def _ids(joined: str | None) -> list[uuid.UUID]:
    return [uuid.UUID(text) for text in (joined or "").split()]


def open_duplicates(viewer: Viewer, standing: Standing) -> list[tuple[PossibleDuplicate, Case, Case]]:
    """Pairs of cases that nobody has compared yet, both of which this person may see; oldest first, at most 50."""
    statement = (
        select(PossibleDuplicate)
        .where(PossibleDuplicate.partnership_id == standing.partnership_id, PossibleDuplicate.settled_at.is_(None))
        .order_by(PossibleDuplicate.found_at, PossibleDuplicate.id)
        .limit(50)
    )
    pairs = list(db.session.scalars(statement))
    cases = visible_by_id(viewer, standing, [i for pair in pairs for i in (pair.case_id, pair.other_case_id)])
    return [
        (pair, cases[pair.case_id], cases[pair.other_case_id])
        for pair in pairs
        if pair.case_id in cases and pair.other_case_id in cases
    ]
