"""Cases: every field of every part, in every state a case can be in."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import inspect

from psg import clock
from psg.access import Viewer
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import SubjectKind, When
from psg.cases.values import PERSON_DETAILS, PLACE_DETAILS, CaseValues, PersonValues
from psg.db import Model, db, transaction
from psg.people.rules import Born, Names
from psg.risk import operations as risk
from psg.risk import queries as risk_queries
from tests.canary.words import Scene, token
from tests.worlds import World

CASES = ("open", "sent", "unsure", "draft", "closed", "declined", "young", "named", "erased", "city", "citysent")
"""Cases of the scene; the last two belong to the other partnership."""


@dataclass(frozen=True)
class _Plan:
    """How a case of the scene comes about."""

    referrer: str
    group: str | None
    decider: str = "coordinator"
    lead: str | None = None
    tenant: str = "east"


_PLANS: Mapping[str, _Plan] = {
    "open": _Plan("referrer", "psg", lead="officer"),
    "sent": _Plan("referrer", "psg"),
    "unsure": _Plan("referrer", None),
    "draft": _Plan("referrer", None),
    "closed": _Plan("referrer", "psg", lead="officer"),
    "declined": _Plan("referrer", "psg"),
    "young": _Plan("youth", "young", lead="youth"),
    "named": _Plan("youth", "young", lead="landlord"),
    "erased": _Plan("officer", "psg", lead="officer"),
    "city": _Plan("cityofficer", "citypsg", "citycoordinator", "cityofficer", "city"),
    "citysent": _Plan("cityofficer", "citypsg", "citycoordinator", None, "city"),
}


def _values(scene: Scene, tenant: str, name: str, agency_id: uuid.UUID) -> CaseValues:
    word = lambda *field: token(tenant, name, *field)  # noqa: E731 - short on purpose
    at = CASES.index(name)

    def odd(value: str, *field: str) -> str:
        scene.odd[value] = word(*field)
        return value

    details = {detail: word("person", detail) for detail in PERSON_DETAILS}
    details["phone"] = odd(f"07700 9009{at:02}", "person", "phone")
    details["postcode"] = odd(f"ZZ{at + 10} 9QZ", "person", "postcode")
    details["email"] = f"{word('person', 'email')}@nobody.example".lower()
    place = {detail: word("place", detail) for detail in PLACE_DETAILS}
    place["postcode"] = odd(f"ZY{at + 10} 8QZ", "place", "postcode")
    born = date(1931, 3, at + 11)
    scene.odd[born.isoformat()] = scene.odd[f"{born.day} March 1931"] = word("person", "born")
    return CaseValues(
        title=word("title"),
        narrative=word("narrative"),
        subject_kind=SubjectKind.BOTH,
        themes=("cuckooing",),
        lawful_basis=("cda-115",),
        purpose=("safeguard",),
        handling=("not-told",),
        referral={
            "since": When.period(date(2026, 1, 1), word("referral", "since")),
            "last_time": When.unknown(word("referral", "last-time")),
            "at_risk_now": True,
            "tried": word("referral", "tried"),
            "why_agencies": word("referral", "why-agencies"),
            "wants": word("referral", "wants"),
        },
        people=(
            PersonValues(
                names=Names(word("person", "first"), word("person", "last"), (word("person", "alias"),)),
                role="harmed",
                born=Born(on=born),
                details=details,
            ),
        ),
        places=(place,),
        references=(
            (agency_id, word("number"), word("number-meaning")),
            *(((agency_id, "SAME-4711", "Also with us"),) if name in ("open", "sent", "city", "citysent") else ()),
        ),
    )


def add_case(world: World, scene: Scene, name: str) -> None:
    """One case, as its plan says, with all its parts."""
    plan = _PLANS[name]
    by = world.viewer(plan.referrer)
    place = world.partnerships[plan.tenant]
    agency_id = by.agency_in(place)
    assert agency_id is not None
    values = _values(scene, plan.tenant, name, agency_id)
    if name == "draft":
        case = _draft(place, values, by)
    else:
        group_id = world.groups[plan.group] if plan.group else None
        with transaction():
            case = cases.log_case(place, group_id, values, by=by)
    scene.ids[name], scene.references[name] = case.id, case.reference
    _parts(scene, case, name)
    if plan.lead is not None:
        _work(world, scene, case, name, plan)
    _ending(world, case, name, plan)


def _draft(place: uuid.UUID, values: CaseValues, by: Viewer) -> Case:
    with transaction():
        case = cases.start_draft(place, subject_kind=values.subject_kind, by=by)
        person = values.people[0]
        cases.add_person(case, names=person.names, role=person.role, born=person.born, details=person.details, by=by)
        cases.add_place(case, details=values.places[0], by=by)
        agency_id, number, meaning = values.references[0]
        cases.add_reference(case, agency_id=agency_id, number=number, meaning=meaning, by=by)
        cases.set_what(
            case, title=values.title, narrative=values.narrative, themes=values.themes, referral=values.referral, by=by
        )
        cases.set_why(
            case, lawful_basis=values.lawful_basis, purpose=values.purpose, handling=values.handling, referral={}, by=by
        )
    return case


def _models_with(column: str) -> Iterator[Any]:
    return (mapper.class_ for mapper in Model.registry.mappers if column in inspect(mapper.class_).columns)


def _parts(scene: Scene, case: Case, name: str) -> None:
    """Remember the ids of what stands in a case."""
    for model in _models_with("case_id"):
        if model.__tablename__ not in ("involvements", "case_places", "agency_references"):
            continue
        found = db.session.query(model).filter_by(partnership_id=case.partnership_id, case_id=case.id).first()
        assert found is not None
        scene.ids[f"{name}-{model.__tablename__}"] = found.id


def _work(world: World, scene: Scene, case: Case, name: str, plan: _Plan) -> None:
    word = lambda *field: token(plan.tenant, name, *field)  # noqa: E731
    decider, lead = world.viewer(plan.decider), world.viewer(str(plan.lead))
    agency_id = lead.agency_in(case.partnership_id)
    assert agency_id is not None
    with transaction(hold=(case,)):
        cases.accept(
            case,
            lead_agency_id=agency_id,
            lead_officer_id=lead.user_id,
            review_on=clock.today() + timedelta(days=28),
            reason=word("accepted", "reason"),
            by=decider,
        )
    with transaction(hold=(case,)):
        event = cases.add_event(
            case,
            kind="incident",
            when=When.period(date(2026, 6, 1), word("event", "period")),
            what=word("event", "what"),
            who=word("event", "who"),
            by=lead,
        )
        scene.ids[f"{name}-event"] = event.id
        cases.add_event(
            case, kind="call", when=When.day(clock.today() - timedelta(days=3), "03:47"), what="Rang.", by=lead
        )
        cases.set_now(case, text=word("now"), by=lead)
        cases.keep_note(case, fields={"what": word("note-draft")}, by=lead)
    with transaction(hold=(case,)):
        scheme = risk_queries.current_schemes(case.partnership_id, "person")[0]
        questions = scheme.definition["questions"]
        band = scheme.definition["bands"][-1]["code"]
        assessed = risk.assess(
            case,
            scheme=scheme,
            answers={
                question["code"]: (question["options"][0]["code"], word("risk", "evidence")) for question in questions
            },
            override=(band, word("risk", "override")),
            by=lead,
        )
        scene.ids[f"{name}-assessment"] = assessed.id
    _actions(world, scene, case, name, plan, agency_id)


def _actions(world: World, scene: Scene, case: Case, name: str, plan: _Plan, agency_id: uuid.UUID) -> None:
    word = lambda *field: token(plan.tenant, name, *field)  # noqa: E731
    decider = world.viewer(plan.decider)
    owner = world.viewer("both" if name == "named" else "youth" if name == "closed" else str(plan.lead))
    due = clock.today() + timedelta(days=5)
    owner_agency = owner.agency_in(case.partnership_id)
    assert owner_agency is not None
    with transaction(hold=(case,)):
        first = actions.add_action(
            case,
            what=word("action", "what"),
            owner_agency_id=owner_agency,
            owner_id=owner.user_id,
            due_on=due,
            by=decider,
        )
        actions.note_progress(first, text=word("action", "progress"), by=decider)
        actions.move(first, due_on=due + timedelta(days=2), reason=word("action", "moved"), by=decider)
        done = actions.add_action(case, what=word("done", "what"), owner_agency_id=agency_id, due_on=due, by=decider)
        actions.mark_done(done, outcome=word("done", "outcome"), evidence=word("done", "evidence"), by=decider)
        theirs = actions.add_action(
            case, what=word("agency", "what"), owner_agency_id=agency_id, due_on=due, by=decider
        )
    scene.ids |= {f"{name}-action": first.id, f"{name}-done": done.id, f"{name}-agency-action": theirs.id}


def _ending(world: World, case: Case, name: str, plan: _Plan) -> None:
    word = lambda *field: token(plan.tenant, name, *field)  # noqa: E731
    decider = world.viewer(plan.decider)
    if name == "declined":
        with transaction(hold=(case,)):
            cases.decline(case, reason_code="better-forum", reason=word("declined", "reason"), by=decider)
    elif name == "closed":
        with transaction(hold=(case,)):
            for action in db.session.query(Action).filter_by(case_id=case.id, state="open"):
                actions.cancel(action, reason=word("cancelled", "reason"), by=decider)
        with transaction(hold=(case,)):
            cases.close(
                case,
                reason_code="risk-reduced",
                reason=word("closed", "reason"),
                changed_for_person=word("closed", "changed"),
                by=decider,
            )
    elif name == "erased":
        with transaction(hold=(case,)):
            cases.erase_case(case, by=decider)


def cases_find(world: World, tenant: str, case_id: uuid.UUID) -> Case:
    """A case with its key loaded."""
    from psg.cases import queries

    viewer = world.viewer("coordinator" if tenant == "east" else "citycoordinator")
    standing = viewer.standing(world.partnerships[tenant])
    assert standing is not None
    found = queries.find_id(viewer, standing, case_id)
    assert found is not None
    return found
