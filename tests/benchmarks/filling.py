"""Fills a copy of the tests' world with very many cases, straight into the tables, sealed as the application seals."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, text

from psg import clock
from psg.cases.models import Case
from psg.cases.rules import CaseState, SubjectKind, Tone
from psg.crypto import datakeys
from psg.crypto.datakeys import DataKey
from psg.db import db
from psg.ids import new_id, new_reference
from tests.worlds import World

WORDS = [
    "noise",
    "street",
    "park",
    "young",
    "people",
    "bins",
    "bikes",
    "shouting",
    "doorway",
    "estate",
    "flat",
    "fire",
    "calls",
    "lane",
    "market",
    "bus",
    "shelter",
    "verge",
    "window",
    "threats",
    "music",
    "gathering",
    "parking",
    "damage",
    "litter",
    "night",
    "repeat",
    "visit",
    "landlord",
    "warden",
    "patrol",
]


def words(chance: random.Random, count: int) -> str:
    """Some words."""
    return " ".join(chance.choices(WORDS, k=count))


def fill(world: World, count: int, *, seed: int = 7) -> None:
    """Insert cases, 40 % of them open, into the first partnership. Needs an application context."""
    chance = random.Random(seed)
    rows = _rows(world, chance, count)
    while part := list(islice(rows, 2000)):
        keys, cases = zip(*part, strict=True)
        with db.engine.begin() as connection:
            connection.execute(insert(DataKey.__table__), list(keys))
            connection.execute(insert(Case.__table__), list(cases))
        db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze" if connection.dialect.name == "postgresql" else "analyze"))


def copy_up_to(total: int) -> None:
    """Copy the filled cases inside PostgreSQL until there are so many: a million in minutes.

    A copy stands under another id, so nothing sealed in it opens; its review date lies so late that no first page of a
    list comes to it. To the indexes and to a count it is a case like any other. Needs an application context.
    """
    own = {"id": "c.new_id", "reference": "'EC' || lpad(c.n::text, 9, '0')", "review_on": "c.review_on + 3650"}
    names = [column.name for column in Case.__table__.columns]
    values = ", ".join(own.get(name, f"c.{name}") for name in names)
    with db.engine.begin() as connection:
        held = connection.scalar(text("select count(*) from cases")) or 0
        if total <= held:
            return
        times = -(-(total - held) // held)
        connection.execute(
            text(
                f"insert into cases ({', '.join(names)}) select {values} from (select cases.*, gen_random_uuid() "
                f"as new_id, row_number() over () as n from cases, generate_series(1, {times})) c "
                f"where c.n <= {total - held}"
            )
        )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _rows(world: World, chance: random.Random, count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    now, today = clock.now(), clock.today()
    tones = (
        ("Very high", Tone.HIGHEST, 4),
        ("High", Tone.HIGH, 3),
        ("Medium", Tone.MIDDLE, 2),
        ("Standard", Tone.LOW, 1),
    )
    seen: set[str] = set()
    for _ in range(count):
        case_id = new_id()
        key = datakeys._made(world.east, case_id, datakeys.CASE)
        band, tone, rank = chance.choice(tones)
        state = chance.choices((CaseState.OPEN, CaseState.CLOSED), (40, 60))[0]
        case = Case(
            partnership_id=world.east,
            id=case_id,
            reference=_unused(seen),
            state=state,
            group_id=world.groups["psg"],
            subject_kind=chance.choice(list(SubjectKind)),
            referrer_id=world.people["landlord"].user_id,
            referrer_agency_id=world.agencies["housing"],
            lead_agency_id=world.agencies["council"],
            lead_officer_id=world.people["officer"].user_id,
            lawful_basis="",
            purpose="",
            handling="",
            review_on=today + timedelta(days=chance.randrange(-60, 300)),
            created_at=now - timedelta(days=chance.randrange(1, 900)),
            last_activity_at=now - timedelta(minutes=chance.randrange(1, 500_000)),
            band=band,
            band_tone=tone,
            band_rank=rank,
            band_direction=chance.choice((-1, 0, 1)),
            title=words(chance, 7),
            summary=f"{chance.randrange(30)} of 30",
            narrative=words(chance, 60),
            now_text=words(chance, 20),
            referral={"tried": words(chance, 10)},
            version=1,
        )
        row = key, _values(case)
        datakeys._held().keys.clear()
        yield row


def _unused(seen: set[str]) -> str:
    reference = new_reference("EC")
    while reference in seen:
        reference = new_reference("EC")
    seen.add(reference)
    return reference


def _values(record: Any) -> dict[str, Any]:
    mapper = type(record).__mapper__
    return {
        column.name: getattr(record, mapper.get_property_by_column(column).key) for column in record.__table__.columns
    }
