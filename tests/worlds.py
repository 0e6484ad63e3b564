"""The small world that tests share. Nobody in it is real."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from psg import audit, clock, wiring
from psg.access import Role, Viewer
from psg.accounts.models import User
from psg.accounts.passwords import hash_password
from psg.agreements import operations as agreements
from psg.crypto import keymaking
from psg.db import db, transaction
from psg.partnerships import operations as partnerships
from psg.partnerships.rules import MembershipState
from psg.risk import operations as risk
from psg.settings import Settings

PASSWORD = "quiet orchard lantern"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    user_id: uuid.UUID
    email: str

    def viewer(self) -> Viewer:
        """The person as the rules see them now. Needs an application context."""
        viewer = wiring.viewer_of(self.user_id)
        assert viewer is not None
        return viewer


@dataclass
class World:
    """Ids of everything, by short names."""

    partnerships: dict[str, uuid.UUID] = field(default_factory=dict)
    """east (slug east-test, prefix EC) and city (city-test, CC)"""
    agencies: dict[str, uuid.UUID] = field(default_factory=dict)
    """police (both), council, housing, health (has not signed) in east; citycouncil in city"""
    groups: dict[str, uuid.UUID] = field(default_factory=dict)
    """psg and young in east; citypsg in city"""
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def east(self) -> uuid.UUID:
        """The first partnership."""
        return self.partnerships["east"]

    @property
    def city(self) -> uuid.UUID:
        """The other partnership."""
        return self.partnerships["city"]

    def viewer(self, name: str) -> Viewer:
        """A person as the rules see them now."""
        return self.people[name].viewer()


PEOPLE: dict[str, tuple[str, str, list[tuple[str, Role, str | None]]]] = {
    # name: (agency, partnerships, roles as (partnership, role, group))
    "coordinator": ("council", "east", [("east", Role.COORDINATOR, None)]),
    "chair": ("police", "east", [("east", Role.CHAIR, "psg")]),
    "officer": ("police", "east", [("east", Role.PRACTITIONER, "psg")]),
    "landlord": ("housing", "east", [("east", Role.PRACTITIONER, "psg")]),
    "nurse": ("health", "east", [("east", Role.PRACTITIONER, "psg")]),
    "youth": ("council", "east", [("east", Role.PRACTITIONER, "young")]),
    "youthchair": ("council", "east", [("east", Role.CHAIR, "young")]),
    "referrer": ("housing", "east", [("east", Role.PRACTITIONER, None)]),
    "policelead": ("police", "east", [("east", Role.AGENCY_LEAD, None)]),
    "healthlead": ("health", "east", [("east", Role.AGENCY_LEAD, None)]),
    "governance": ("council", "east", [("east", Role.GOVERNANCE, None)]),
    "figures": ("council", "east", [("east", Role.FIGURES, None)]),
    "suspended": ("police", "east", [("east", Role.PRACTITIONER, "psg")]),
    "roleless": ("council", "east", []),
    "guest": ("housing", "east", [("east", Role.GUEST, None)]),
    "both": ("police", "east city", [("east", Role.PRACTITIONER, "psg"), ("city", Role.PRACTITIONER, "citypsg")]),
    "citycoordinator": ("citycouncil", "city", [("city", Role.COORDINATOR, None)]),
    "cityofficer": ("police", "city", [("city", Role.PRACTITIONER, "citypsg")]),
    "admin": ("", "", []),
}


def build(settings: Settings) -> World:
    """Fill an empty, migrated database. Needs an application context."""
    world = World()
    password_hash = hash_password(PASSWORD)
    with transaction():
        partnerships.mark_installation("live")
        for name, prefix in (("east", "EC"), ("city", "CC")):
            made = partnerships.create_partnership(
                slug=f"{name}-test",
                name=f"{name.capitalize()} Test Partnership",
                prefix=prefix,
                contact_email=f"coordinator@{name}.example",
                by=audit.SYSTEM,
            )
            world.partnerships[name] = made.id
    for partnership_id in world.partnerships.values():
        keymaking.add_partnership(settings, partnership_id)
    with transaction():
        _agencies(world)
        _groups(world)
        for name, (agency, places, roles) in PEOPLE.items():
            _person(world, name, password_hash, agency, places.split(), roles)
    with transaction():
        _agreements(world)
    with transaction():
        _extras(world)
    return world


def _agencies(world: World) -> None:
    for key, name, kind, places in (
        ("police", "Test Constabulary", "police", ("east", "city")),
        ("council", "East Test District Council", "district-council", ("east",)),
        ("housing", "Reed Homes", "housing-provider", ("east",)),
        ("health", "Fen Health Trust", "nhs", ("east",)),
        ("citycouncil", "City Test Council", "district-council", ("city",)),
    ):
        agency = partnerships.find_or_add_agency(name=name, short_name=name.split()[0], kind=kind, by=audit.SYSTEM)
        world.agencies[key] = agency.id
        for place in places:
            partnerships.join_agency(world.partnerships[place], agency, by=audit.SYSTEM)
    db.session.flush()


def _groups(world: World) -> None:
    for key, place, slug, name in (
        ("psg", "east", "psg", "Problem Solving Group"),
        ("young", "east", "young", "Young People's Problem Solving Group"),
        ("citypsg", "city", "psg", "City Problem Solving Group"),
    ):
        group = partnerships.create_group(world.partnerships[place], slug=slug, name=name, by=audit.SYSTEM)
        world.groups[key] = group.id


def _person(
    world: World,
    name: str,
    password_hash: str,
    agency: str,
    places: list[str],
    roles: list[tuple[str, Role, str | None]],
) -> None:
    user = User(
        email=f"{name}@test.example",
        first_name=name.capitalize(),
        last_name="Tester",
        password_hash=password_hash,
        is_system_administrator=name == "admin",
        created_at=clock.now(),
    )
    db.session.add(user)
    db.session.flush()
    audit.security(audit.Event.ACCOUNT_CHANGED, user_id=None, record=user, fields=("created",))
    world.people[name] = Person(user.id, user.email)
    for place in places:
        state = MembershipState.SUSPENDED if name == "suspended" else MembershipState.ACTIVE
        member = partnerships.add_member(
            world.partnerships[place],
            user_id=user.id,
            agency_id=world.agencies[agency],
            post=f"{name} post",
            state=state,
            by=audit.SYSTEM,
        )
        for where, role, group in roles:
            if where == place:
                partnerships.grant_role(member, role, group_id=world.groups[group] if group else None, by=audit.SYSTEM)


def _agreements(world: World) -> None:
    today = clock.today()
    signers = {"east": ("police", "council", "housing"), "city": ("police", "citycouncil")}
    members = {"east": (*signers["east"], "health"), "city": signers["city"]}
    for place, partnership_id in world.partnerships.items():
        author = Viewer(user_id=world.people["coordinator"].user_id, first_name="C", name="C")
        agreement = agreements.create_agreement(
            partnership_id, slug="isa", title="Information-sharing agreement", by=author
        )
        version = agreements.draft_version(
            agreement,
            text="We share what is needed to prevent crime and antisocial behaviour.",
            purposes="Prevent crime and antisocial behaviour",
            in_force_from=today - timedelta(days=400),
            ends_on=today + timedelta(days=400),
            review_on=today + timedelta(days=200),
            sign_by=today + timedelta(days=30),
            by=author,
        )
        agreements.publish_version(version, parties={world.agencies[name]: None for name in members[place]}, by=author)
        for name in signers[place]:
            agreements.sign(
                version,
                agency_id=world.agencies[name],
                name="A Signatory",
                post="Director",
                authority="I am authorised to sign.",
                by=author,
            )


def _extras(world: World) -> None:
    """Scoring schemes, which features above partnerships load."""
    for partnership_id in world.partnerships.values():
        risk.load_schemes(partnership_id, by=audit.SYSTEM)
