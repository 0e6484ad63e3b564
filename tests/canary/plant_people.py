"""Plain columns: people who work here, groups and agreements."""

from datetime import timedelta
from typing import Any

from psg import clock
from psg.accounts import operations as accounts
from psg.accounts.models import User
from psg.agreements import operations as agreements
from psg.db import db, transaction
from psg.partnerships import inviting, places
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Group
from tests.canary.words import Scene, token
from tests.worlds import World


def add_staff(world: World) -> None:
    """Give everybody a last name that is a word."""
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


def add_somebody_invited(world: World, scene: Scene) -> None:
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


def add_groups_and_agreements(world: World, scene: Scene) -> None:
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
