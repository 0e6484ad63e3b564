"""What stands in a case: its timeline, its people and places, its decisions. The caller has loaded the case's key."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from psg.cases.models import (
    AgencyReference,
    Case,
    CaseDecision,
    CasePlace,
    CaseTheme,
    Involvement,
)
from psg.cases.rules import DecisionKind
from psg.crypto import datakeys, open_rows
from psg.crypto.datakeys import DataKey
from psg.db import UtcDateTime, ask, db
from psg.people.models import Person
from psg.people.rules import Born, Names


@dataclass(frozen=True)
class Parts:
    """The records of a case's people, places and agencies' numbers, for operations."""

    people: list[tuple[Involvement, Person]]
    places: list[CasePlace]
    references: list[AgencyReference]


def parts_of(record: Case, *, ended: bool = False) -> Parts:
    """The records, keys loaded; with `ended` those taken off the case as well."""
    pairs = list(_people_rows(record, ended=ended))
    places = select(CasePlace).where(CasePlace.partnership_id == record.partnership_id, CasePlace.case_id == record.id)
    if not ended:
        places = places.where(CasePlace.ended_at.is_(None))
    references = select(AgencyReference).where(
        AgencyReference.partnership_id == record.partnership_id, AgencyReference.case_id == record.id
    )
    return Parts(
        pairs,
        list(db.session.scalars(places.order_by(CasePlace.added_at, CasePlace.id))),
        list(db.session.scalars(references.order_by(AgencyReference.added_at, AgencyReference.id))),
    )


def _people_rows(record: Case, *, ended: bool) -> list[tuple[Involvement, Person]]:
    statement: Any = (
        select(Involvement, Person, DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped)
        .join(Person, and_(Person.partnership_id == Involvement.partnership_id, Person.id == Involvement.person_id))
        .join(DataKey, and_(DataKey.partnership_id == Person.partnership_id, DataKey.id == Person.id))
        .where(Involvement.partnership_id == record.partnership_id, Involvement.case_id == record.id)
        .order_by(Involvement.added_at, Involvement.id)
    )
    if not ended:
        statement = statement.where(Involvement.ended_at.is_(None))
    rows = db.session.execute(statement).all()
    datakeys.adopt(record.partnership_id, [tuple(row[2:6]) for row in rows])
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class PersonView:
    """A person on a case, opened."""

    id: uuid.UUID
    """Of the involvement."""
    person_id: uuid.UUID
    names: Names
    born: Born
    role: str
    details: dict[str, str]
    added_by: uuid.UUID
    added_at: datetime
    version: int


def people_of(record: Case) -> list[PersonView]:
    """The people on a case: one query, opened row by row."""
    rows = ask(_PEOPLE, _of(record))
    datakeys.adopt(record.partnership_id, [row[:4] for row in rows])
    owner = record.partnership_id
    named = open_rows(owner, Person, ("names", "born"), [(row[0], row[0], row.names, row.born) for row in rows])
    parts = open_rows(
        owner, Involvement, ("role", "details"), [(record.id, row.involvement_id, row.role, row.more) for row in rows]
    )
    return [
        PersonView(
            row.involvement_id,
            row[0],
            Names.read(known[0]) if known is not None else Names(known=False),
            Born.read(known[1]) if known is not None else Born(),
            (part[0] if part else None) or "",
            (part[1] if part else None) or {},
            row.added_by,
            row.added_at,
            row.version,
        )
        for row, known, part in zip(rows, named, parts, strict=True)
    ]


@dataclass(frozen=True)
class PlaceView:
    """A place on a case, opened."""

    id: uuid.UUID
    details: dict[str, str]
    added_by: uuid.UUID
    added_at: datetime
    version: int


@dataclass(frozen=True)
class ReferenceView:
    """An agency's own number, opened."""

    id: uuid.UUID
    agency_id: uuid.UUID
    number: str
    meaning: str
    added_at: datetime


@dataclass(frozen=True)
class DecisionView:
    """A decision about the whole case, opened."""

    id: uuid.UUID
    kind: DecisionKind
    at: datetime
    by: uuid.UUID
    from_group_id: uuid.UUID | None
    to_group_id: uuid.UUID | None
    reason_code: str
    reason: str
    changed_for_person: str


@dataclass
class SmallParts:
    """Everything of a case that comes in small numbers."""

    places: list[PlaceView] = field(default_factory=list)
    references: list[ReferenceView] = field(default_factory=list)
    decisions: list[DecisionView] = field(default_factory=list)
    themes: list[str] = field(default_factory=list)


def small_parts_of(record: Case) -> SmallParts:
    """Places, agencies' numbers, decisions and themes: one query for all four, so that a case page stays quick."""
    rows = ask(_SMALL, _of(record))
    found = SmallParts(themes=sorted(row.code for row in rows if row.what == "theme"))
    for row in sorted((row for row in rows if row.what != "theme"), key=lambda row: (row.at, row.id)):
        _ADDERS[row.what](record, found, row)
    return found


def _put_place(record: Case, found: SmallParts, row: Any) -> None:
    details = _opened(record, CasePlace, ("details",), row.id, row.first)[0]
    found.places.append(PlaceView(row.id, details or {}, row.by, row.at, row.version))


def _put_reference(record: Case, found: SmallParts, row: Any) -> None:
    number, meaning = _opened(record, AgencyReference, ("number", "meaning"), row.id, row.first, row.second)
    found.references.append(ReferenceView(row.id, row.one, number or "", meaning or "", row.at))


def _put_decision(record: Case, found: SmallParts, row: Any) -> None:
    reason, changed = _opened(record, CaseDecision, ("reason", "changed_for_person"), row.id, row.first, row.second)
    found.decisions.append(
        DecisionView(
            row.id, DecisionKind(row.kind), row.at, row.by, row.one, row.two, row.code, reason or "", changed or ""
        )
    )


_ADDERS = {"place": _put_place, "reference": _put_reference, "decision": _put_decision}


def _opened(record: Case, model: Any, names: Sequence[str], row_id: uuid.UUID, *blobs: bytes) -> tuple[Any, ...]:
    opened = open_rows(record.partnership_id, model, names, [(record.id, row_id, *blobs)])[0]
    return opened if opened is not None else (None,) * len(names)


def _part(what: str, model: Any, **columns: Any) -> Any:
    empty: dict[str, ColumnElement[Any]] = {
        "at": cast(null(), UtcDateTime()),
        "by": cast(null(), Uuid()),
        "version": cast(null(), Integer()),
        "kind": cast(null(), String()),
        "code": cast(null(), String()),
        "one": cast(null(), Uuid()),
        "two": cast(null(), Uuid()),
        "first": cast(null(), LargeBinary()),
        "second": cast(null(), LargeBinary()),
    }
    # A column that gets its type from another table has none until that is imported, and this is made before.
    chosen = [type_coerce(columns.get(name, nothing), nothing.type).label(name) for name, nothing in empty.items()]
    return select(literal(what).label("what"), model.id.label("id"), *chosen).where(
        model.partnership_id == _PARTNERSHIP, model.case_id == _CASE
    )


def _of(record: Case) -> dict[str, Any]:
    return {"partnership": record.partnership_id, "case": record.id}


def _named(name: str, column: Any) -> ColumnElement[bytes]:
    return column.label(name)  # type: ignore[no-any-return]


_PARTNERSHIP, _CASE = bindparam("partnership", type_=Uuid()), bindparam("case", type_=Uuid())
_PEOPLE = (
    select(
        *(DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped),
        _named("names", Person.names.column),
        _named("born", Person.born.column),
        Involvement.id.label("involvement_id"),
        _named("role", Involvement.role.column),
        _named("more", Involvement.details.column),
        Involvement.added_by,
        Involvement.added_at,
        Involvement.version,
    )
    .join(Person, and_(Person.partnership_id == Involvement.partnership_id, Person.id == Involvement.person_id))
    .join(DataKey, and_(DataKey.partnership_id == Person.partnership_id, DataKey.id == Person.id))
    .where(Involvement.partnership_id == _PARTNERSHIP, Involvement.case_id == _CASE, Involvement.ended_at.is_(None))
    .order_by(Involvement.added_at, Involvement.id)
)
_SMALL = union_all(
    _part(
        "place",
        CasePlace,
        at=CasePlace.added_at,
        by=CasePlace.added_by,
        version=CasePlace.version,
        first=CasePlace.details.column,
    ).where(CasePlace.ended_at.is_(None)),
    _part(
        "reference",
        AgencyReference,
        at=AgencyReference.added_at,
        by=AgencyReference.added_by,
        one=AgencyReference.agency_id,
        first=AgencyReference.number.column,
        second=AgencyReference.meaning.column,
    ),
    _part(
        "decision",
        CaseDecision,
        at=CaseDecision.decided_at,
        by=CaseDecision.decided_by,
        kind=cast(CaseDecision.kind, String()),
        code=CaseDecision.reason_code,
        one=CaseDecision.from_group_id,
        two=CaseDecision.to_group_id,
        first=CaseDecision.reason.column,
        second=CaseDecision.changed_for_person.column,
    ),
    _part("theme", CaseTheme, code=CaseTheme.code),
)
