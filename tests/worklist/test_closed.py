"""My work of somebody for whom nothing is open: what is so, since when, whom to ask, and nobody's name."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from psg import clock
from psg.access import Role
from psg.db import db, transaction
from psg.partnerships import operations, places, queries
from psg.partnerships.models import PartnerAgency, Partnership, RoleHeld
from psg.web.words import long_date
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import PEOPLE, World

Client = Callable[[str | None], Browser]
EAST = "East Test Partnership"


def my_work(browser: Browser) -> str:
    """The page's words, without its tags."""
    answer = browser.get("/my-work")
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def suspend(world: World, name: str, by: str) -> None:
    with transaction():
        member = queries.membership(world.east, world.people[name].user_id)
        assert member is not None
        places.suspend(member, by=world.viewer(by))


def nobody_named(text: str, but: str) -> bool:
    """Whether the page names nobody but its reader; people of these tests are called Tester."""
    return not [name for name in PEOPLE if name != but and f"{name.capitalize()} Tester" in text]


@on_both
def test_somebody_without_any_role_is_told_whom_to_ask(client_for: Client) -> None:
    text = my_work(client_for("roleless"))
    assert f"You have no role in {EAST} yet" in text
    assert "Without one you see only cases on which you are named, and no meetings." in text
    assert "ask the coordinator: coordinator@east.example" in text
    assert "Nothing is yours to do" not in text
    assert nobody_named(text, "roleless")


def test_whose_role_was_withdrawn_reads_which_and_when(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        member = queries.membership(world.east, world.people["youth"].user_id)
        assert member is not None
        held = db.session.scalars(select(RoleHeld).where(RoleHeld.membership_id == member.id)).one()
        operations.end_role(member, held, by=world.viewer("coordinator"))
    text = my_work(client_for("youth"))
    assert f"You have no role in {EAST} any more" in text
    assert (
        f"Your role as Practitioner in Young People's Problem Solving Group ended on {long_date(clock.today())}."
        in text
    )
    assert nobody_named(text, "youth")


@pytest.mark.parametrize(
    ("by", "ask"),
    [
        ("coordinator", "ask the coordinator"),
        ("policelead", "ask a lead of Test Constabulary, or the coordinator"),
    ],
)
def test_who_is_suspended_reads_who_can_lift_it(
    app: Flask, client_for: Client, world: World, by: str, ask: str
) -> None:
    with app.app_context():
        suspend(world, "officer", by)
    text = my_work(client_for("officer"))
    assert f"Your place in {EAST} is suspended" in text
    assert f"Since {long_date(clock.today())} nothing of it opens for you" in text
    assert f"{ask}: coordinator@east.example" in text
    assert nobody_named(text, "officer")


def test_a_suspension_is_said_beside_what_is_open(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context():
        suspend(world, "both", "coordinator")
    text = my_work(client_for("both"))
    assert f"Your place in {EAST} is suspended" in text
    assert "Log a case" in text, "the other partnership is as it was"


def test_without_a_mailbox_the_coordinator_is_named_by_office(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        partnership = db.session.get_one(Partnership, world.east)
        operations.change_partnership(partnership, contact_email="", by=world.viewer("coordinator"))
    assert "ask the coordinator." in my_work(client_for("roleless"))


def test_that_an_agency_left_is_said_for_a_while_or_where_nothing_else_is_open(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction():
        place = db.session.scalars(
            select(PartnerAgency).where(
                PartnerAgency.partnership_id == world.east, PartnerAgency.agency_id == world.agencies["police"]
            )
        ).one()
        operations.leave_agency(place, by=world.viewer("coordinator"))
    words = f"Test Constabulary no longer works with {EAST}"
    assert words in my_work(client_for("officer"))
    assert words in my_work(client_for("both"))
    later = clock.now() + timedelta(days=28)
    monkeypatch.setattr(clock, "source", lambda: later)
    assert words in my_work(client_for("officer"))
    assert words not in my_work(client_for("both"))


def test_nothing_is_said_to_those_who_have_a_role(client_for: Client) -> None:
    for name in ("officer", "coordinator", "figures", "governance", "policelead", "guest"):
        text = my_work(client_for(name))
        assert "You have no" not in text, name
        assert "suspended" not in text, name


def test_a_guest_without_an_open_invitation_reads_what_a_guest_is(client_for: Client) -> None:
    assert f"You are a guest of {EAST}" in my_work(client_for("guest"))
    assert "You are a guest" not in my_work(client_for("officer"))


def test_an_invitation_is_to_be_accepted_and_no_closed_place(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        operations.grant_role(
            operations.add_member(
                world.city,
                user_id=world.people["roleless"].user_id,
                agency_id=world.agencies["citycouncil"],
                by=world.viewer("citycoordinator"),
            ),
            Role.PRACTITIONER,
            by=world.viewer("citycoordinator"),
        )
    text = my_work(client_for("roleless"))
    assert "Invitations to accept Work with City Test Partnership" in text
    assert "no role in City" not in text
