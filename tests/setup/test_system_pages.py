"""The system administrator sets partnerships up and sees nothing of what is in them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from psg.access import Role
from psg.accounts.models import PasswordLink
from psg.db import db
from psg.partnerships.models import Membership, Partnership, RoleHeld
from psg.partnerships.queries import by_slug
from psg.partnerships.rules import MembershipState
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World

Client = Callable[[str | None], Browser]
NEW = {
    "name": "West Test Partnership",
    "slug": "west-test",
    "prefix": "WT",
    "contact_email": "box@west.example",
    "colour": "2",
    "agency": "West Test Council",
    "agency_short": "West",
    "agency_kind": "district-council",
    "first_name": "Wes",
    "last_name": "Tern",
    "email": "wes@west.example",
}


def test_only_the_administrator_opens_them(client_for: Client) -> None:
    for path in ("/system/partnerships", "/system/partnerships/new"):
        assert client_for("admin").get(path).status_code == 200
        for name in ("coordinator", "governance", "officer"):
            assert client_for(name).get(path).status_code == 404, name


@on_both
def test_a_new_partnership_with_its_coordinator(app: Flask, client_for: Client) -> None:
    answer = client_for("admin").submit("/system/partnerships/new", NEW, follow=True)
    assert "psg keys add-partnership west-test" in answer.text
    with app.app_context():
        made = by_slug("west-test")
        assert made is not None
        member = db.session.scalars(select(Membership).where(Membership.partnership_id == made.id)).one()
        assert member.state is MembershipState.INVITED
        held = db.session.scalars(select(RoleHeld).where(RoleHeld.membership_id == member.id)).one()
        assert held.role is Role.COORDINATOR
        assert db.session.scalars(select(PasswordLink).where(PasswordLink.user_id == member.user_id)).one()


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "system"), ("slug", "east-test"), ("prefix", "EC"), ("prefix", "1"), ("email", "admin@test.example")],
)
def test_refused_and_nothing_half_made(app: Flask, client_for: Client, field: str, value: str) -> None:
    answer = client_for("admin").submit("/system/partnerships/new", NEW | {field: value})
    assert answer.status_code == 422
    assert "West Test Council" in answer.text
    with app.app_context():
        assert len(db.session.scalars(select(Partnership)).all()) == 2


def test_the_administrator_sees_no_partnership_from_inside(client_for: Client, world: World) -> None:
    browser = client_for("admin")
    for path in ("/east-test/", "/east-test/people", "/east-test/cases", "/east-test/groups/psg/set-up/file"):
        assert browser.get(path).status_code == 404


def test_a_groups_file_is_shown(client_for: Client) -> None:
    text = client_for("coordinator").get("/east-test/groups/psg/set-up/file").text
    assert "slug: east-test" in text
    assert "officer@test.example" in text
