"""The stage: partnerships, agencies, groups, people with their roles, and the agreement with its signatures."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select

from psg import audit, reference
from psg.access import Role
from psg.accounts import operations as accounts
from psg.accounts.models import User
from psg.agreements import operations as agreements
from psg.agreements.models import Agreement, AgreementVersion
from psg.crypto import keymaking
from psg.db import db, transaction
from psg.demo.reading import Row
from psg.demo.timing import MORNING, Act, Step
from psg.demo.world import World
from psg.partnerships import bases
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Agency, Partnership, Term
from psg.partnerships.rules import MembershipState
from psg.risk import operations as risk

PASSWORD = "three invented partnerships"  # noqa: S105 - said on the sign-in page of the demonstration, and used nowhere else
_NAMED = ("cda-115", "public-task")
BEGINNING = -570
"""The day on which the history begins."""
_LATE = -175
"""The day on which agencies joined that have not signed."""


def steps(world: World) -> Iterator[Step]:
    """Setting up, then signing."""
    first = world.calendar.at_work(BEGINNING)
    yield Step(first, MORNING, lambda: _partnerships(world))
    yield Step(first, MORNING + 30, lambda: _groups(world))
    yield Step(first, MORNING + 60, lambda: _people(world, late=False))
    yield Step(world.calendar.at_work(_LATE), MORNING, lambda: _people(world, late=True))
    yield from _agreement(world)


def _late(row: Row) -> frozenset[str]:
    return frozenset(row["unsigned"])


def _partnerships(world: World) -> None:
    with transaction():
        partnerships.mark_installation("demo")
        for row in world.content.users:
            if row.get("system_administrator"):
                _account(world, row, by=audit.SYSTEM)
    world.forget_viewers()
    administrator = world.viewer(next(row["key"] for row in world.content.users if row.get("system_administrator")))
    for row in world.content.partnerships:
        with transaction():
            made = partnerships.create_partnership(
                slug=row["slug"],
                name=row["name"],
                prefix=row["prefix"],
                colour=row["colour"],
                contact_email=row["contact_email"],
                by=administrator,
            )
        world.partnerships[row["slug"]] = made.id
        keymaking.add_partnership(world.settings, made.id)
        with transaction():
            for key in row["agencies"]:
                if key not in _late(row):
                    _join(world, made, key)
            risk.load_schemes(made.id, by=administrator)
            bases.name_usual(made.id, _NAMED, by=administrator)


def _join(world: World, partnership: Partnership, key: str) -> Agency:
    row = world.content.agencies[key]
    agency = partnerships.find_or_add_agency(
        name=row["name"], short_name=row["short"], kind=row["kind"], by=audit.SYSTEM
    )
    may_refer = row["kind"] != "commissioner"
    partnerships.join_agency(partnership.id, agency, may_refer=may_refer, by=audit.SYSTEM)
    world.agencies[key] = agency.id
    return agency


def _groups(world: World) -> None:
    with transaction():
        for row in world.content.partnerships:
            for group in row["groups"]:
                made = partnerships.create_group(
                    world.partnerships[row["slug"]],
                    slug=group["slug"],
                    name=group["name"],
                    terms=group["terms"],
                    chair_agency_id=world.agencies[group["chair_agency"]],
                    settings={"quorum": group["quorum"]},
                    by=audit.SYSTEM,
                )
                world.groups[row["slug"], group["slug"]] = made.id


def _people(world: World, *, late: bool) -> None:
    """Accounts, memberships and roles; each person accepts the invitation and sets the well-known password."""
    newcomers = {key for row in world.content.partnerships for key in _late(row)}
    if late:
        with transaction():
            for row in world.content.partnerships:
                for key in row["agencies"]:
                    if key in _late(row):
                        _join(world, db.session.get_one(Partnership, world.partnerships[row["slug"]]), key)
    for row in world.content.users:
        if row.get("system_administrator") or (row["agency"] in newcomers) is not late:
            continue
        if not any(role["partnership"] in world.partnerships for role in row["roles"]):
            continue
        with transaction():
            _person(world, row)
    world.forget_viewers()


def _account(world: World, row: Row, *, by: audit.Actor) -> User:
    user = accounts.create_user(
        email=row["email"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        is_system_administrator=bool(row.get("system_administrator")),
        by=by,
    )
    world.users[row["key"]] = user.id
    accounts.use_link(accounts.invite(user, partnership_id=None, by=by), PASSWORD)
    return user


def _person(world: World, row: Row) -> None:
    user = _account(world, row, by=audit.SYSTEM)
    for slug in dict.fromkeys(role["partnership"] for role in row["roles"]):
        if slug not in world.partnerships:
            continue
        member = partnerships.add_member(
            world.partnerships[slug],
            user_id=user.id,
            agency_id=world.agencies[row["agency"]],
            post=row["post"],
            state=MembershipState.ACTIVE,
            by=audit.SYSTEM,
        )
        for role in row["roles"]:
            if role["partnership"] == slug:
                group_id = world.groups[slug, role["group"]] if "group" in role else None
                named = Role(role["role"].replace("_", "-"))
                partnerships.grant_role(member, named, group_id=group_id, by=audit.SYSTEM)


def _agreement(world: World) -> Iterator[Step]:
    versions: dict[tuple[str, int], uuid.UUID] = {}
    for number, version in enumerate(world.content.agreement["versions"]):
        day = world.calendar.at_work(version["published"])
        for place, partnership in enumerate(world.content.partnerships):
            yield Step(day, MORNING + 90 + number + 2 * place, _publishing(world, version, partnership, versions))
    for minute, row in enumerate(world.content.agreement["signatures"]):
        day = world.calendar.at_work(row["offset"])
        yield Step(day, MORNING + 120 + minute, _signing(world, row, versions))


def _publishing(world: World, row: Row, partnership: Row, versions: dict[tuple[str, int], uuid.UUID]) -> Act:
    def act() -> None:
        slug, day = partnership["slug"], world.calendar.day
        author = world.viewer(world.coordinator(slug))
        agreement = world.content.agreement
        parties = _parties(world, partnership, newest=row["number"] > 1)
        with transaction():
            if row["number"] == 1:
                made = agreements.create_agreement(
                    world.partnerships[slug], slug=agreement["slug"], title=agreement["title"], by=author
                )
            else:
                first = db.session.get_one(AgreementVersion, (world.partnerships[slug], versions[slug, 1]))
                made = db.session.get_one(Agreement, (world.partnerships[slug], first.agreement_id))
            in_force = day(row["in_force"])
            version = agreements.draft_version(
                made,
                text=row["text"],
                purposes="\n".join(_purposes(agreement["purposes"])),
                in_force_from=in_force,
                ends_on=in_force + timedelta(days=3 * 365),
                review_on=day(row["review_due"]),
                sign_by=day(row["sign_by"]),
                by=author,
            )
            agreements.publish_version(version, parties=dict.fromkeys(parties), by=author)
        versions[slug, row["number"]] = version.id

    return act


def _parties(world: World, partnership: Row, *, newest: bool) -> list[uuid.UUID]:
    """Every agency but the commissioner's office, which sees figures only."""
    return [
        world.agencies[key]
        for key in partnership["agencies"]
        if world.content.agencies[key]["kind"] != "commissioner" and (newest or key not in _late(partnership))
    ]


def _purposes(codes: Iterable[str]) -> list[str]:
    labels = {entry["code"]: entry["label"] for entry in reference.load("lawful-bases")["purposes"]}
    return [labels[code] for code in codes]


def _signing(world: World, row: Row, versions: dict[tuple[str, int], uuid.UUID]) -> Act:
    def act() -> None:
        person, agency = world.user_row(row["by"]), world.content.agencies[row["agency"]]
        for partnership in world.content.partnerships:
            if row["agency"] not in partnership["agencies"]:
                continue
            slug = partnership["slug"]
            version = db.session.get_one(AgreementVersion, (world.partnerships[slug], versions[slug, row["version"]]))
            with transaction():
                agreements.sign(
                    version,
                    agency_id=world.agencies[row["agency"]],
                    name=f"{person['first_name']} {person['last_name']}",
                    post=person["post"],
                    authority=f"I am authorised to sign for {agency['name']}. {row['authority']}.",
                    by=world.viewer(row["by"]),
                )
        world.forget_viewers()

    return act
