"""What the records of `matrix.txt` are called in addresses: the values of every url argument, by record name."""

import uuid
from collections.abc import Iterator
from typing import Any

from psg.db import Model, db
from psg.ids import new_id, new_reference
from tests.canary.plant_cases import CASES
from tests.canary.words import Scene
from tests.worlds import World

EAST, CITY = "east-test", "city-test"


def records(world: World, scene: Scene) -> dict[str, dict[str, Any]]:
    """Every record of the table. Needs an application context."""
    found = dict(_all(world, scene))
    for host, part in PAIRS:
        found[f"{host}/{part}"] = found[part] | _outer(found[host])
    return found


PAIRS = (
    ("open", "young"),
    ("open", "city"),
    ("draft", "open"),
    ("open", "draft"),
    ("published", "youngmeeting"),
    ("published", "citymeeting"),
    ("preparing", "published-guest"),
    ("youngmeeting", "published-guest"),
    ("police-officer", "council-youth"),
    ("police-officer", "city-person"),
    ("themes", "city-themes"),
)
"""One's own record, with a part of somebody else's: the classic miss."""

_OUTER = ("partnership", "reference", "meeting_id", "user_id", "name")


def _outer(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in _OUTER}


def _all(world: World, scene: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "-", {"token": "no-such-token"}
    yield "east", {"partnership": EAST}
    yield "citywide", {"partnership": CITY}
    yield "unknown", _unknown()
    for name in CASES:
        yield name, _case(scene, name) | {"partnership": CITY if name.startswith("city") else EAST}
    yield "foreign", _case(scene, "city") | {"partnership": EAST}
    for name in ("open", "named"):
        yield f"agency-{name}", {"partnership": EAST, "action_id": scene.ids[f"{name}-agency-action"]}
    for name in ("preparing", "published", "held", "youngmeeting", "citymeeting"):
        place = CITY if name.startswith("city") else EAST
        yield {"held": "agreed"}.get(name, name), _meeting(scene, name) | {"partnership": place}
    for name in ("published", "published-withdrawn", "preparing", "held"):
        record = {"meeting_id": scene.ids[name.split("-")[0]], "invitation_id": scene.ids[f"{name}-invitation"]}
        yield f"{name}-guest", record | {"partnership": EAST}
    yield "city-guest", {"partnership": CITY, "invitation_id": scene.ids["published-invitation"]}
    yield "foreign-meeting", _meeting(scene, "citymeeting") | {"partnership": EAST}
    yield "psg", {"partnership": EAST, "group": "psg"}
    yield "young-group", {"partnership": EAST, "group": "young"}
    yield "city-group", {"partnership": CITY, "group": "psg"}
    yield from _people(world, scene)
    yield from _partnership(world)
    yield from _agreements(world)


def _unknown() -> dict[str, Any]:
    ids = ("event", "involvement", "place", "number", "action", "case", "assessment", "meeting", "item", "user", "role")
    more = ("invitation", "membership", "agency", "term", "pair", "delivery")
    return {
        "partnership": EAST,
        "reference": new_reference("EC"),
        "group": "no-such-group",
        "agreement": "no-such-agreement",
        "name": "no-such-list",
        "slug": "no-such-place",
        "token": "no-such-token",
        "number": 99,
        **{f"{name}_id": new_id() for name in (*ids, *more)},
    }


def _case(scene: Scene, name: str) -> dict[str, Any]:
    parts = {
        "event_id": "event",
        "involvement_id": "involvements",
        "place_id": "case_places",
        "number_id": "agency_references",
        "action_id": "action",
        "assessment_id": "assessment",
    }
    known = {key: scene.ids.get(f"{name}-{part}", uuid.UUID(int=1)) for key, part in parts.items()}
    return {"reference": scene.references[name], "case_id": scene.ids[name], **known}


def _meeting(scene: Scene, name: str) -> dict[str, Any]:
    case_id = scene.ids[{"youngmeeting": "young", "citymeeting": "city"}.get(name, "open")]
    item_id = scene.ids.get(f"{name}-item", uuid.UUID(int=1))
    return {"meeting_id": scene.ids[name], "item_id": item_id, "case_id": case_id, "what": "move"}


def _people(world: World, scene: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    roles = _model("roles")
    members = _model("memberships")
    for record, name, place in (
        ("police-officer", "officer", EAST),
        ("health-nurse", "nurse", EAST),
        ("council-youth", "youth", EAST),
        ("a-coordinator", "coordinator", EAST),
        ("a-lead", "policelead", EAST),
        ("slept-before", "suspended", EAST),
        ("city-person", "cityofficer", CITY),
        ("foreign-person", "cityofficer", EAST),
    ):
        user_id = world.people[name].user_id
        member = db.session.query(members).filter_by(user_id=user_id).first()
        role = db.session.query(roles).filter_by(membership_id=member.id).first()
        yield record, {"partnership": place, "user_id": user_id, "role_id": role.id}
    yield "joining", {"partnership": EAST, "membership_id": scene.ids["joining"]}
    yield "slept-by-lead", {"partnership": EAST, "user_id": scene.ids["asleep"]}
    yield "invited-police", {"partnership": EAST, "user_id": scene.ids["invited"]}


def _partnership(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "police-agency", {"partnership": EAST, "agency_id": world.agencies["police"]}
    yield "city-agency", {"partnership": CITY, "agency_id": world.agencies["citycouncil"]}
    yield "foreign-agency", {"partnership": EAST, "agency_id": world.agencies["citycouncil"]}
    for record, place, slug in (("themes", world.east, EAST), ("city-themes", world.city, CITY)):
        term = db.session.query(_model("terms")).filter_by(partnership_id=place, list="themes").first()
        yield record, {"partnership": slug, "name": "themes", "term_id": term.id}
    pairs = {pair.partnership_id: pair.id for pair in db.session.query(_model("possible_duplicates"))}
    yield "pair", {"partnership": EAST, "pair_id": pairs[world.east]}
    yield "pair-foreign", {"partnership": EAST, "pair_id": pairs[world.city]}
    deliveries = {one.partnership_id: one.id for one in db.session.query(_model("deliveries"))}
    yield "delivery", {"partnership": EAST, "delivery_id": deliveries[world.east]}
    yield "foreign-delivery", {"partnership": EAST, "delivery_id": deliveries[world.city]}


def _agreements(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    for record, place, slug, number in (
        ("isa", EAST, "isa", 1),
        ("extra", EAST, "extra", 1),
        ("extra-draft", EAST, "extra", 2),
        ("city-extra", CITY, "extra", 1),
        ("city-draft", CITY, "extra", 2),
    ):
        yield record, {"partnership": place, "agreement": slug, "number": number}
    for agency in ("police", "council", "health"):
        yield (
            f"isa-{agency}",
            {
                "partnership": EAST,
                "agreement": "isa",
                "number": 1,
                "agency_id": world.agencies[agency],
            },
        )


def _model(table: str) -> Any:
    return next(m.class_ for m in Model.registry.mappers if m.local_table is not None and m.local_table.name == table)
