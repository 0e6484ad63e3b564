"""The fence in SQL and the policy in Python say the same about every case, for everybody, in random worlds."""

import random
import uuid
from dataclasses import replace

from sqlalchemy import select

from psg import audit, clock
from psg.access import Permission, Role, Standing, Viewer
from psg.access.policy import permits
from psg.cases import listing, queries
from psg.cases.listing import Filters, Shown, Sort
from psg.cases.models import Case, CaseNamed
from psg.cases.rules import CaseState, NamedAs
from psg.crypto import datakeys
from psg.db import db, transaction
from psg.ids import new_id, new_reference
from tests.conftest import on_both

USERS = ("coordinator", "chair", "officer", "youth", "referrer")


def scatter(world, dice: random.Random, count: int) -> None:
    """Cases in every state, group and hand."""
    groups = [world.groups["psg"], world.groups["young"], None]
    users = [world.people[name].user_id for name in USERS]
    for number in range(count):
        case_id, now = new_id(), clock.now()
        datakeys.create(world.east, case_id, datakeys.CASE)
        state = dice.choice(list(CaseState))
        db.session.add(
            Case(
                partnership_id=world.east,
                id=case_id,
                reference=new_reference("EC"),
                state=state,
                group_id=dice.choice(groups[:2] if state in (CaseState.OPEN, CaseState.CLOSED) else groups),
                referrer_id=dice.choice(users),
                referrer_agency_id=world.agencies["police"],
                created_at=now,
                last_activity_at=now,
                review_on=clock.today(),
                band_rank=number % 5,
                title=f"Case {number}",
            )
        )
        db.session.flush()
        if dice.random() < 0.4:
            db.session.add(
                CaseNamed(
                    partnership_id=world.east,
                    id=new_id(),
                    case_id=case_id,
                    user_id=dice.choice(users),
                    named_as=dice.choice(list(NamedAs)),
                    source_id=new_id(),
                )
            )
    audit.record(audit.Event.CASE_LOGGED, None, by=audit.SYSTEM, partnership_id=world.east)


def somebody(world, dice: random.Random) -> Viewer:
    """A viewer with any mixture of roles."""
    whole = (Role.COORDINATOR, Role.AGENCY_LEAD, Role.GOVERNANCE, Role.PRACTITIONER)
    roles = frozenset(role for role in whole if dice.random() < 0.25)
    groups = {}
    for name in ("psg", "young"):
        held = frozenset(role for role in (Role.CHAIR, Role.PRACTITIONER) if dice.random() < 0.35)
        if held:
            groups[world.groups[name]] = held
    standing = Standing(
        partnership_id=world.east,
        slug="east-test",
        name="East",
        prefix="EC",
        agency_id=world.agencies["police"],
        agency="Police",
        membership_id=uuid.uuid4(),
        roles=roles,
        groups=groups,
        agreement_signed=dice.random() < 0.9,
    )
    user_id = world.people[dice.choice(USERS)].user_id
    return Viewer(user_id=user_id, first_name="A", name="A", standings={world.east: standing})


@on_both
def test_fence_and_policy_agree(context, world):
    dice = random.Random(20261122)
    with transaction():
        scatter(world, dice, 60)
    cases = queries.load_facts(db.session.scalars(select(Case)))
    seen = 0
    for _ in range(60):
        viewer = somebody(world, dice)
        standing = viewer.standings[world.east]
        fenced = set(db.session.scalars(select(Case.id).where(queries.visible(viewer, standing))))
        allowed = {
            case.id
            for case in cases
            if any(permits(viewer, p, case.facts()) for p in (Permission.CASE_READ, Permission.CASE_DRAFT))
        }
        assert fenced == allowed
        seen += len(allowed)
        listed = set()
        for shown in Shown:
            found = listing.list_cases(viewer, standing, Filters(shown=shown, sort=Sort.REFERENCE))
            listed |= {row.id for row in found.page.rows}
            assert found.count == len(found.page.rows)
        assert listed == allowed
    assert seen > 300


@on_both
def test_pages_of_a_list_join_without_gap_or_repeat(context, world):
    dice = random.Random(7)
    with transaction():
        scatter(world, dice, 420)
    viewer = world.viewer("coordinator")
    standing = viewer.standings[world.east]
    for sort in Sort:
        filters, after, found, backwards = Filters(sort=sort), None, [], []
        while True:
            page = listing.list_cases(viewer, standing, filters, after).page
            found += [row.id for row in page.rows]
            if not page.next:
                break
            after = page.next
        while page.previous:
            page = listing.list_cases(viewer, standing, filters, page.previous).page
            backwards = [row.id for row in page.rows] + backwards
        everything = set(db.session.scalars(select(Case.id).where(Case.state == CaseState.OPEN)))
        assert len(everything) > 50
        assert len(found) == len(set(found))
        assert set(found) == everything
        assert found[: len(backwards)] == backwards


def test_a_list_counts_up_to_a_thousand(context, world, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 20)
    listing._counting.cache_clear()
    with transaction():
        scatter(world, random.Random(3), 200)
    viewer = world.viewer("coordinator")
    found = listing.list_cases(viewer, viewer.standings[world.east], Filters())
    assert found.words == "more than 20 cases"
    listing._counting.cache_clear()


def test_another_partnerships_member_sees_nothing(context, world):
    with transaction():
        scatter(world, random.Random(5), 20)
    viewer = world.viewer("citycoordinator")
    standing = replace(viewer.standings[world.city])
    assert list(db.session.scalars(select(Case.id).where(queries.visible(viewer, standing)))) == []
