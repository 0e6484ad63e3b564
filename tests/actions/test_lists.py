"""Lists of actions: the same fence as the cases', the same words as the access table, page by page."""

from datetime import timedelta

import pytest
import time_machine

from psg import clock
from psg.access import Permission, policy
from psg.actions import lists, operations, queries
from psg.actions.lists import Filters, Standings, Whose
from psg.cases import operations as cases
from psg.db import db, transaction
from tests.cases.samples import opened
from tests.conftest import on_both

pytestmark = pytest.mark.usefixtures("context")
EVERYBODY = (
    "coordinator",
    "chair",
    "officer",
    "landlord",
    "nurse",
    "youth",
    "youthchair",
    "referrer",
    "policelead",
    "governance",
    "figures",
    "roleless",
    "both",
    "citycoordinator",
    "cityofficer",
    "admin",
)


def listed(world, name, filters=None, place="east"):
    viewer = world.viewer(name)
    standing = viewer.standings.get(world.partnerships[place])
    if standing is None:
        return []
    return lists.list_actions(viewer, standing, filters or Filters(Whose.ALL)).page.rows


@on_both
def test_a_list_holds_what_the_access_table_lets_through(case, give, world):
    actions = [give(), give("youth", "council"), give(None, "housing"), give("nurse", "health")]
    closed = opened(world, lead=None)
    finished = give("youth", "council", on=closed)
    with transaction(hold=(finished,)):
        operations.mark_done(finished, by=world.viewer("youth"))
    with transaction(hold=(closed,)):
        cases.close(closed, reason_code="risk-reduced", reason="Quiet", changed_for_person="", by=world.viewer("chair"))
    for name in EVERYBODY:
        viewer = world.viewer(name)
        found = queries.with_facts(world.east, [*actions, finished])
        for filters, wanted in (
            (Filters(Whose.ALL), actions),
            (Filters(Whose.ALL, Standings.ENDED), [finished]),
        ):
            allowed = {
                action.id
                for action in found
                if action in wanted and policy.permits(viewer, Permission.ACTION_READ, action.facts())
            }
            assert {row.id for row in listed(world, name, filters)} == allowed, name
        by_id = {action.id: action for action in found}
        for row in listed(world, name):
            for permission in (Permission.ACTION_UPDATE, Permission.ACTION_CHANGE):
                exact = policy.permits(viewer, permission, by_id[row.id].facts())
                assert policy.permits(viewer, permission, row.facts()) == exact, (name, permission)


def test_mine_spans_partnerships_and_only_open_things(case, give, change, world):
    there = opened_in_city(world)
    here, done = give("both", "police", due_in=9), give("both", "police")
    with transaction(hold=(there,)):
        city = operations.add_action(
            there,
            what="In the city",
            owner_id=world.people["both"].user_id,
            owner_agency_id=world.agencies["police"],
            due_on=clock.today() + timedelta(days=3),
            by=world.viewer("citycoordinator"),
        )
    change(operations.mark_done, done, by=world.viewer("both"))
    assert [row.id for row in lists.mine(world.viewer("both"))] == [city.id, here.id]
    assert [row.what for row in lists.mine(world.viewer("both"))] == ["In the city", "Visit the block"]
    assert lists.mine(world.viewer("admin")) == []


def opened_in_city(world):
    from tests.cases.samples import sent

    case = sent(world, by="cityofficer", group="citypsg")
    with transaction(hold=(case,)):
        cases.accept(
            case,
            lead_agency_id=world.agencies["citycouncil"],
            lead_officer_id=None,
            review_on=clock.today() + timedelta(days=28),
            reason="Needed",
            by=world.viewer("citycoordinator"),
        )
    return case


def test_pages_go_forward_and_back_without_gaps(case, give, world, monkeypatch):
    monkeypatch.setattr(lists, "PAGE_SIZE", 3)
    made = sorted((give(due_in=number % 4) for number in range(8)), key=lambda action: (action.due_on, action.id))
    viewer = world.viewer("chair")
    standing, filters = viewer.standings[world.east], Filters(Whose.ALL)
    seen, cursor, pages = [], None, []
    while True:
        found = lists.list_actions(viewer, standing, filters, cursor)
        assert found.total == 8
        pages.append([row.id for row in found.page.rows])
        seen += pages[-1]
        if not found.page.next:
            break
        cursor = lists.cursor_of(found.page.next)
    assert seen == [action.id for action in made]
    back = lists.list_actions(viewer, standing, filters, lists.cursor_of(found.page.previous))
    assert [row.id for row in back.page.rows] == pages[-2]


def test_the_chase_list_is_by_agency_oldest_first(case, give, world):
    with time_machine.travel(clock.now() - timedelta(days=30), tick=True):
        give(due_in=3)
        give(None, "housing", due_in=1)
        give(due_in=2)
    give(due_in=2)
    viewer = world.viewer("coordinator")
    grouped = lists.chase_list(viewer, viewer.standings[world.east])
    assert [(agency, [row.number for row in rows]) for agency, rows in grouped.items()] == [
        (world.agencies["housing"], [2]),
        (world.agencies["police"], [3, 1]),
    ]
    counts = lists.overdue_by_agency(viewer, viewer.standings[world.east])
    assert counts == {world.agencies["housing"]: 1, world.agencies["police"]: 2}


def test_an_erased_case_takes_its_actions_out_of_every_list(case, give, change, world):
    action = give()
    change(operations.mark_done, action, by=world.viewer("officer"))
    with transaction(hold=(case,)):
        cases.erase_case(case, by=world.viewer("coordinator"))
    viewer = world.viewer("coordinator")
    standing = viewer.standings[world.east]
    for status in Standings:
        assert lists.list_actions(viewer, standing, Filters(Whose.ALL, status)).page.rows == []
    assert queries.find(viewer, standing, action.id) is None
    assert queries.visible_by_id(viewer, standing, [action.id]) == []
    assert queries.with_facts(world.east, [action]) == []
    db.session.rollback()
