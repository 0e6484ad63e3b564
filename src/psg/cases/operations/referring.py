"""A referral, from its first saved page to its sending."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.audit import Event
from psg.cases import reminding
from psg.cases.contents import Parts, parts_of
from psg.cases.models import Case, CaseTheme
from psg.cases.operations.duplicates import note_duplicates
from psg.cases.operations.parties import entries_of, new_involvement, new_place, new_reference_of
from psg.cases.operations.shared import agency_of, person_of, require, touch
from psg.cases.rules import CaseState, Move, SubjectKind, When
from psg.cases.values import REFERRAL, CaseValues
from psg.crypto import datakeys
from psg.db import DomainError, add_if_free, add_new, db
from psg.ids import new_id, new_reference
from psg.people import operations as people


def log_case(partnership_id: uuid.UUID, group_id: uuid.UUID | None, values: CaseValues, *, by: Viewer) -> Case:
    """Make a whole referral and send it to a group, or to the coordinator when the referrer is not sure.

    What the pages of a referral do one after the other, as one change: nothing is written twice.
    """
    case_id, person_ids = new_id(), [new_id() for _ in values.people]
    keys = {case_id: datakeys.CASE} | dict.fromkeys(person_ids, datakeys.PERSON)
    datakeys.create_all(partnership_id, keys)
    case = _draft(
        partnership_id,
        case_id,
        values.subject_kind,
        by,
        title=values.title,
        narrative=values.narrative,
        lawful_basis=" ".join(values.lawful_basis),
        purpose=" ".join(values.purpose),
        handling=" ".join(values.handling),
        referral=_answers(values.referral),
    )
    _sent(case, group_id)
    _add(case, by)
    persons = [
        people.new_person(partnership_id, person_id, one.names, one.born, by=by)
        for person_id, one in zip(person_ids, values.people, strict=True)
    ]
    involvements = [
        new_involvement(case, person, role=known.role, details=known.details, by=by)
        for person, known in zip(persons, values.people, strict=True)
    ]
    places = [new_place(case, details=place, by=by) for place in values.places]
    references = [
        new_reference_of(case, agency_id=agency_id, number=number, meaning=meaning, by=by)
        for agency_id, number, meaning in values.references
    ]
    add_new(*persons, *involvements, *places, *references, *_themes(case, dict.fromkeys(values.themes)))
    _found_and_told(case, Parts(list(zip(involvements, persons, strict=True)), places, references), by)
    return case


def start_draft(partnership_id: uuid.UUID, *, subject_kind: SubjectKind, by: Viewer) -> Case:
    """Begin a referral: it has its reference and its key from the first saved page on."""
    case_id = new_id()
    datakeys.create(partnership_id, case_id, datakeys.CASE)
    case = _draft(partnership_id, case_id, subject_kind, by)
    _add(case, by)
    return case


def _draft(partnership_id: uuid.UUID, case_id: uuid.UUID, subject_kind: SubjectKind, by: Viewer, **values: Any) -> Case:
    """A case that is not written yet."""
    now = clock.now()
    return Case(
        partnership_id=partnership_id,
        id=case_id,
        state=CaseState.DRAFT,
        subject_kind=subject_kind,
        referrer_id=person_of(by),
        referrer_agency_id=agency_of(by, partnership_id),
        created_at=now,
        last_activity_at=now,
        **{"title": "", "summary": "", "narrative": "", "now_text": "", "referral": {}, **values},
    )


def _add(case: Case, by: Viewer) -> None:
    """Write a new case under a reference nobody has: among 24 million there is hardly ever a second try."""
    prefix = by.standings[case.partnership_id].prefix
    case.reference = new_reference(prefix)
    while not add_if_free(case):
        case.reference = new_reference(prefix)
    audit.record(Event.CASE_LOGGED, case, by=by)


def set_who(case: Case, *, subject_kind: SubjectKind, by: Viewer) -> None:
    """Say what the referral is about: a person, a place or both."""
    require(Move.SEND, case)
    case.subject_kind = subject_kind
    _saved(case, by, "subject_kind")


def set_what(
    case: Case, *, title: str, narrative: str, themes: Sequence[str], referral: Mapping[str, Any], by: Viewer
) -> None:
    """Say what is happening. `referral` holds some of the answers named in psg.cases.values.REFERRAL."""
    require(Move.SEND, case)
    case.title, case.narrative = title, narrative
    _answer(case, referral)
    had = list(
        db.session.scalars(
            select(CaseTheme).where(CaseTheme.partnership_id == case.partnership_id, CaseTheme.case_id == case.id)
        )
    )
    for theme in had:
        if theme.code not in themes:
            db.session.delete(theme)
    add_new(*_themes(case, [code for code in dict.fromkeys(themes) if code not in {theme.code for theme in had}]))
    _saved(case, by, "title", "narrative", "themes", *sorted(referral))


def set_why(
    case: Case,
    *,
    lawful_basis: Sequence[str],
    purpose: Sequence[str],
    handling: Sequence[str],
    referral: Mapping[str, Any],
    by: Viewer,
) -> None:
    """Say why several agencies are needed, and by what right and for what purpose this is shared."""
    require(Move.SEND, case)
    case.lawful_basis = " ".join(lawful_basis)
    case.purpose = " ".join(purpose)
    case.handling = " ".join(handling)
    _answer(case, referral)
    _saved(case, by, "lawful_basis", "purpose", "handling", *sorted(referral))


def send(case: Case, *, group_id: uuid.UUID | None, by: Viewer) -> None:
    """Send the referral: it can be found from now on, the deciders are told, and possible duplicates are noted."""
    require(Move.SEND, case)
    _sent(case, group_id)
    db.session.flush()
    _found_and_told(case, parts_of(case), by)


def _sent(case: Case, group_id: uuid.UUID | None) -> None:
    if missing := what_is_missing(case):
        raise DomainError(missing)
    case.group_id = group_id
    case.state = CaseState.SENT
    case.sent_at = clock.now()
    touch(case)


def _found_and_told(case: Case, parts: Parts, by: Viewer) -> None:
    entries = entries_of(parts)
    note_duplicates(case, entries)
    people.index_entries(case.partnership_id, entries)
    reminding.referral_waits(case)
    audit.record(Event.CASE_SENT, case, by=by)


def what_is_missing(case: Case) -> str:
    """A sentence on what a draft needs before it can be sent; "" when nothing is missing."""
    if not case.title or not case.narrative:
        return "Say what is happening before you send the case: it needs a working title and an account."
    if not case.lawful_basis or not case.purpose:
        return "Say by what right and for what purpose this is shared before you send the case."
    return ""


def _answer(case: Case, referral: Mapping[str, Any]) -> None:
    case.referral = (case.referral or {}) | _answers(referral)


def _answers(referral: Mapping[str, Any]) -> dict[str, Any]:
    if strange := set(referral) - set(REFERRAL):
        raise ValueError(f"no such answers: {', '.join(sorted(strange))}")
    return {name: stored(value) for name, value in referral.items()}


def stored(value: Any) -> Any:
    """An answer as it is sealed."""
    if isinstance(value, When):
        day = value.sort_on.isoformat() if value.sort_on else None
        return {"sort_on": day, "precision": value.precision.value, "words": value.words}
    return value


def _saved(case: Case, by: Viewer, *fields: str) -> None:
    touch(case)
    audit.record(Event.CASE_EDITED, case, by=by, fields=fields)
    db.session.flush()


def _themes(case: Case, codes: Iterable[str]) -> list[CaseTheme]:
    return [CaseTheme(partnership_id=case.partnership_id, id=new_id(), case_id=case.id, code=code) for code in codes]
