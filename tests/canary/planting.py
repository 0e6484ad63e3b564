"""A world in which every field that holds something sensitive holds a token of its own, put there by the real verbs.

A token reads `CNRY-<tenant>-<case>-<field>`, so that wherever it turns up it says what leaked and from where. Fields
that take no such word (telephone numbers, postcodes, dates of birth) hold values that occur nowhere else.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import inspect

from psg import clock
from psg.access import Viewer
from psg.accounts import operations as accounts
from psg.accounts.models import User
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.agreements import operations as agreements
from psg.cases import operations as cases
from psg.cases.models import Case, Involvement
from psg.cases.rules import SubjectKind, When
from psg.cases.values import PERSON_DETAILS, PLACE_DETAILS, CaseValues, PersonValues
from psg.db import Model, db, transaction
from psg.meetings import guests
from psg.meetings import operations as meetings
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.rules import Attended, ComesAs, Section
from psg.partnerships import inviting, places
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Group, PartnerAgency
from psg.people.rules import Born, Names
from psg.risk import operations as risk
from psg.risk import queries as risk_queries
from tests.conftest import Installation
from tests.worlds import World

PREFIX = "CNRY"
PLANTED: set[str] = set()
"""Every word that was planted."""


def token(*parts: str) -> str:
    """The word planted in a field."""
    made = "-".join((PREFIX, *parts)).upper().replace("_", "-")
    PLANTED.add(made)
    return made


@dataclass
class Scene:
    """What was planted: ids by short names, and every token that is not a CNRY word."""

    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    """Case name -> its human reference."""
    odd: dict[str, str] = field(default_factory=dict)
    """Planted value (digits, postcode, date) -> the token it stands for."""


CASES = ("open", "sent", "unsure", "draft", "closed", "declined", "young", "named", "erased", "city", "citysent")
"""Cases of the scene; the last two belong to the other partnership."""


def plant(world: World) -> Scene:
    """Fill the world. Needs an application context."""
    scene = Scene()
    _staff(world)
    _invited(world, scene)
    _plans(world, scene)
    for name in CASES:
        _case(world, scene, name)
    _meetings(world, scene)
    _guests(world, scene)
    _after_meetings(world, scene)
    return scene


# People who work here, groups, agreements: plain columns


def _staff(world: World) -> None:
    with transaction():
        for name, person in world.people.items():
            user = db.session.get(User, person.user_id)
            assert user is not None
            where = "CITY" if name in ("citycoordinator", "cityofficer") else "EAST"
            accounts.change_settings(
                user,
                first_name=name.capitalize(),
                last_name=token(where, "staff", name),
                digest_muted=False,
                by=world.viewer(name),
            )


def _invited(world: World, scene: Scene) -> None:
    """Two of the police who have not accepted yet; one of them suspended by their lead."""
    by = world.viewer("coordinator")
    for name in ("invited", "asleep"):
        with transaction():
            user = accounts.create_user(
                email=f"{name}@test.example", first_name="Invited", last_name=token("EAST", "staff", name), by=by
            )
            member = partnerships.add_member(
                world.east, user_id=user.id, agency_id=world.agencies["police"], post="New", by=by
            )
            accounts.invite(user, partnership_id=world.east, by=by)
        scene.ids[name] = user.id
    with transaction():
        places.suspend(member, by=world.viewer("policelead"))
    with transaction():  # an account of the other partnership: whoever invites it learns no name from an address
        asked = inviting.invite_person(
            world.east,
            email=world.people["citycoordinator"].email,
            first_name="Any",
            last_name="Body",
            agency_id=world.agencies["police"],
            by=world.viewer("policelead"),
        )
    scene.ids["joining"] = asked.id


def _plans(world: World, scene: Scene) -> None:
    """Terms of groups, an agreement being drafted with a file, its signature ended; in both partnerships."""
    for tenant, who in (("east", "coordinator"), ("city", "citycoordinator")):
        by, place = world.viewer(who), world.partnerships[tenant]
        with transaction():
            for name in ("psg", "young") if tenant == "east" else ("citypsg",):
                group = db.session.get(Group, (place, world.groups[name]))
                assert group is not None
                partnerships.change_group(group, terms=token(tenant, "group", name, "terms"), by=by)
        with transaction():
            extra = agreements.create_agreement(
                place, slug="extra", title=token(tenant, "agreement", "title"), opens_cases=False, by=by
            )
            version = agreements.draft_version(extra, by=by, **_version(tenant, "isa"))
            scene.ids[f"{tenant}-agreement"], scene.ids[f"{tenant}-version"] = extra.id, version.id
            agency = world.agencies["police"]
            agreements.publish_version(version, parties={agency: None}, by=by)
            signature = agreements.sign(
                version,
                agency_id=agency,
                name=token(tenant, "signature", "name"),
                post=token(tenant, "signature", "post"),
                authority=token(tenant, "signature", "authority"),
                by=by,
            )
            scene.ids[f"{tenant}-signature"] = signature.id
            drafted = agreements.draft_version(extra, by=by, **_version(tenant, "draft"))
            scene.ids[f"{tenant}-version-draft"] = drafted.id


def _version(tenant: str, name: str) -> dict[str, Any]:
    today = clock.today()
    return {
        "text": token(tenant, "agreement", name, "text"),
        "purposes": token(tenant, "agreement", name, "purposes"),
        "file": b"%PDF-1.7 " + token(tenant, "agreement", name, "file").encode(),
        "file_name": token(tenant, "agreement", name, "filename") + ".pdf",
        "in_force_from": today,
        "ends_on": today + timedelta(days=300),
        "review_on": today + timedelta(days=200),
        "sign_by": today + timedelta(days=30),
    }


# Cases


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


def _case(world: World, scene: Scene, name: str) -> None:
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


# Meetings


def _meetings(world: World, scene: Scene) -> None:
    """psg: one preparing, one published, one held, one agreed; young and the other partnership: one published."""
    plans = (
        ("east", "psg", "preparing", 40, "chair"),
        ("east", "psg", "published", 12, "chair"),
        ("east", "psg", "held", 0, "chair"),
        ("east", "young", "youngmeeting", 14, "youthchair"),
        ("city", "citypsg", "citymeeting", 0, "citycoordinator"),
    )
    for tenant, group_name, name, days, who in plans:
        place, by = world.partnerships[tenant], world.viewer(who)
        group = db.session.get(Group, (place, world.groups[group_name]))
        assert group is not None
        with transaction():
            if name in ("preparing", "youngmeeting", "citymeeting"):
                lines = [
                    meetings.StandingLine(token(tenant, "standing", group_name), Section.TEXT, 5),
                    meetings.StandingLine("Open cases", Section.OPEN_PEOPLE, 30),
                ]
                meetings.set_standing_agenda(group, lines, by=by)
            meeting = meetings.add_meeting(
                group,
                held_on=clock.today() + timedelta(days=days),
                at=time(10, 0),
                minutes=120,
                place=token(tenant, "meeting", name, "place"),
                by=by,
            )
        scene.ids[name] = meeting.id
        case_name = {"young": "young", "citypsg": "city"}.get(group_name, "open")
        case = db.session.get(Case, (place, scene.ids[case_name]))
        assert case is not None
        with transaction(hold=(meeting,)):
            meetings.put_on(meeting, case.id, by=by)
        if name != "preparing":
            with transaction(hold=(meeting,)):
                meetings.publish(meeting, by=by)
        for item in _items(meeting):
            scene.ids[
                f"{name}-{'item' if item.case_id == case.id else 'standing' if item.case_id is None else 'other'}"
            ] = item.id


def _guests(world: World, scene: Scene) -> None:
    """The guest is invited to the case open at three meetings, of which one is published and lies ahead; to that one
    also once more, withdrawn."""
    by, guest = world.viewer("chair"), world.people["guest"].user_id
    case = cases_find(world, "east", scene.ids["open"])
    for name in ("published-withdrawn", "published", "preparing", "held"):
        meeting = db.session.get(Meeting, (world.east, scene.ids[name.split("-")[0]]))
        assert meeting is not None
        reason = token("east", "open", "invited", name)
        with transaction(hold=(meeting,)):
            made = guests.invite(meeting, case, user_id=guest, comes_as=ComesAs.GUEST, reason=reason, by=by)
        scene.ids[f"{name}-invitation"] = made.id
        if name.endswith("withdrawn"):
            with transaction(hold=(made,)):
                guests.withdraw(made, by=by)


def _items(meeting: Meeting) -> list[AgendaItem]:
    return db.session.query(AgendaItem).filter_by(partnership_id=meeting.partnership_id, meeting_id=meeting.id).all()


def _after_meetings(world: World, scene: Scene) -> None:
    for tenant, name, who, case_name in (
        ("east", "held", "chair", "open"),
        ("city", "citymeeting", "citycoordinator", "city"),
    ):
        place, by = world.partnerships[tenant], world.viewer(who)
        meeting = db.session.get(Meeting, (place, scene.ids[name]))
        assert meeting is not None
        case = cases_find(world, tenant, scene.ids[case_name])
        guest = world.people["officer" if tenant == "east" else "cityofficer"].user_id
        with transaction(hold=(meeting,)):
            presence = meetings.Presence(world.agencies["police"], Attended.DEPUTY, token(tenant, name, "deputy"))
            meetings.record_attendance(meeting, {guest: presence}, by=by)
            for item in _items(meeting):
                if item.case_id == case.id:
                    agreed = meetings.Decision(
                        code="keep-open",
                        agreed=token(tenant, case_name, "outcome"),
                        next_review_on=clock.today() + timedelta(days=30),
                    )
                    outcome = meetings.record_outcome(item, meeting, case, decision=agreed, by=by)
                    scene.ids[f"{name}-outcome"] = outcome.id
                elif item.case_id is None and item.section is Section.TEXT:
                    meetings.record_note(item, meeting, token(tenant, name, "minutes"), by=by)
        with transaction(hold=(meeting,)):
            meetings.end_meeting(meeting, by=by)
        if tenant == "city":
            with transaction(hold=(meeting,)):
                meetings.agree_minutes(meeting, by=by)
            with transaction(hold=(meeting,)):
                meetings.add_addendum(meeting, token(tenant, name, "addendum"), by=by)
    _agreed_meeting(world, scene)


def _agreed_meeting(world: World, scene: Scene) -> None:
    """A meeting of the group psg whose minutes are agreed, with an addendum."""
    by = world.viewer("chair")
    meeting = db.session.get(Meeting, (world.east, scene.ids["held"]))
    assert meeting is not None
    scene.ids["agreed"] = meeting.id
    with transaction(hold=(meeting,)):
        meetings.agree_minutes(meeting, by=by)
    with transaction(hold=(meeting,)):
        meetings.add_addendum(meeting, token("east", "held", "addendum"), by=by)


def cases_find(world: World, tenant: str, case_id: uuid.UUID) -> Case:
    """A case with its key loaded."""
    from psg.cases import queries

    viewer = world.viewer("coordinator" if tenant == "east" else "citycoordinator")
    standing = viewer.standing(world.partnerships[tenant])
    assert standing is not None
    found = queries.find_id(viewer, standing, case_id)
    assert found is not None
    return found


# What there is to plant


def _models_with(column: str) -> Iterator[Any]:
    return (mapper.class_ for mapper in Model.registry.mappers if column in inspect(mapper.class_).columns)


def sealed_columns() -> set[str]:
    """Every sealed column of every model, as table.column."""
    return {
        f"{mapper.local_table.name}.{column.name}"
        for mapper in Model.registry.mappers
        for column in mapper.local_table.columns
        if column.name.endswith("_sealed")
    }


class Planted(Installation):
    """An installation whose template holds the planted world."""

    def __init__(self, kind: str, folder: Any) -> None:
        super().__init__(kind, folder)
        from psg.app import create_app

        filler = create_app(self.settings)
        with filler.app_context():
            self.scene: Scene = plant(self.world)
            db.session.remove()
            db.engine.dispose()


_made: dict[str, Planted] = {}


def planted(kind: str, folder: Any) -> Planted:
    """The planted installation of a kind, made once in a test process."""
    if kind not in _made:
        _made[kind] = Planted(kind, folder)
    return _made[kind]


def drop_all() -> None:
    """Remove what was made."""
    for made in _made.values():
        made.drop()
    _made.clear()


__all__ = [
    "CASES",
    "Involvement",
    "PartnerAgency",
    "Planted",
    "Scene",
    "drop_all",
    "planted",
    "sealed_columns",
    "token",
]
