"""Invitations and resets: what they open, for how long, and what they keep to themselves."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from psg.accounts import operations, passwords
from psg.accounts.models import PasswordLink, User
from psg.accounts.rules import LinkKind
from psg.db import db, transaction
from psg.partnerships import inviting
from psg.partnerships.queries import membership
from psg.partnerships.rules import MembershipState
from psg.reminders.models import Delivery
from tests.accounts.doors import OFFICER, later, sign_in, token
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World

Client = Callable[[str | None], Browser]
NEW = "three wooden windmills"


def invited(app: Flask, world: World) -> tuple[uuid.UUID, str]:
    """Somebody who has just been invited: their id and the link's path."""
    with app.app_context():
        with transaction():
            member = inviting.invite_person(
                world.east,
                email="ina@police.example",
                first_name="Ina",
                last_name="Fen",
                agency_id=world.agencies["police"],
                by=world.viewer("coordinator"),
            )
        link = db.session.scalars(select(PasswordLink).where(PasswordLink.user_id == member.user_id)).one()
        return member.user_id, f"/invitations/{operations.token_of(link.id)}"


def reset_path(app: Flask, user_id: uuid.UUID) -> str:
    with app.app_context():
        link = db.session.scalars(
            select(PasswordLink)
            .where(PasswordLink.user_id == user_id, PasswordLink.kind == LinkKind.RESET)
            .order_by(PasswordLink.created_at.desc())
        ).first()
        assert link is not None
        return f"/reset/{operations.token_of(link.id)}"


@on_both
def test_an_invitation_opens_account_and_membership(app: Flask, client_for: Client, world: World) -> None:
    user_id, path = invited(app, world)
    browser = client_for(None)
    sent = {"first_name": "Ina", "last_name": "Fenwick", "password": NEW}
    answer = browser.submit(path, sent)
    assert (answer.status_code, answer.location) == (303, "/my-work")
    assert browser.get("/my-work").status_code == 200
    with app.app_context():
        member = membership(world.east, user_id)
        assert member is not None
        assert member.state is MembershipState.ACTIVE
        assert db.session.get_one(User, user_id).name == "Ina Fenwick"
    used = client_for(None).get(path)
    assert used.status_code == 404
    assert "This link no longer works" in used.text
    assert "Ina" not in used.text


def test_an_invitation_lasts_two_days(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = invited(app, world)
    later(monkeypatch, hours=47)
    assert client_for(None).get(path).status_code == 200
    later(monkeypatch, hours=2)
    assert client_for(None).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/invitations/x", "/invitations/" + "A" * 500, "/reset/%00", "/reset/\ud7ff"])
def test_guessed_links(client_for: Client, path: str) -> None:
    assert client_for(None).get(path).status_code == 404


def test_a_reset_link_does_not_pass_for_an_invitation(app: Flask, client_for: Client, world: World) -> None:
    _, path = invited(app, world)
    assert client_for(None).get(path.replace("invitations", "reset")).status_code == 404


def test_the_token_stands_nowhere(app: Flask, world: World) -> None:
    _, path = invited(app, world)
    token = path.rsplit("/", 1)[1]
    with app.app_context():
        for model in (PasswordLink, Delivery):
            for row in db.session.scalars(select(model)):
                assert token not in str(vars(row))


@on_both
def test_a_reset_answers_the_same_for_every_address(app: Flask, client_for: Client, world: World) -> None:
    answers = []
    for email in (OFFICER, "nobody@test.example"):
        browser = client_for(None)
        answer = browser.submit("/forgotten-password", {"email": email})
        answers.append((answer.status_code, answer.location, browser.get(answer.location).text.split("<main")[1]))
    assert answers[0] == answers[1]
    with app.app_context():
        rows = db.session.scalars(select(PasswordLink)).all()
        assert [row.user_id for row in rows] == [world.people["officer"].user_id]


def test_a_reset_sets_the_password_and_ends_every_session(app: Flask, client_for: Client, world: World) -> None:
    open_elsewhere = client_for("officer")
    client_for(None).submit("/forgotten-password", {"email": OFFICER})
    path = reset_path(app, world.people["officer"].user_id)
    browser = client_for(None)
    assert browser.submit(path, {"password": "short"}).status_code == 422
    assert browser.submit(path, {"password": NEW}).status_code == 303
    assert open_elsewhere.get("/my-work").status_code == 303
    assert client_for(None).get(path).status_code == 404, "it works once"
    assert sign_in(client_for(None)).status_code == 422
    assert sign_in(client_for(None), OFFICER, NEW).status_code == 303
    with app.app_context():
        kinds = {mail.kind for mail in db.session.scalars(select(Delivery))}
        assert "password-changed" in kinds


def test_a_reset_lasts_45_minutes(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_for(None).submit("/forgotten-password", {"email": OFFICER})
    path = reset_path(app, world.people["officer"].user_id)
    later(monkeypatch, minutes=46)
    assert client_for(None).get(path).status_code == 404


def test_no_more_than_three_resets_an_hour(app: Flask, context: None, world: World) -> None:
    for _ in range(6):
        with transaction():
            operations.ask_reset(OFFICER)
    assert len(db.session.scalars(select(PasswordLink)).all()) == 3


def test_somebody_who_has_not_accepted_gets_no_reset(app: Flask, world: World) -> None:
    invited(app, world)
    with app.app_context():
        with transaction():
            operations.ask_reset("ina@police.example")
        kinds = {link.kind for link in db.session.scalars(select(PasswordLink))}
        assert kinds == {LinkKind.INVITATION}


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "15 characters or more"),
        ("x" * 300, "256 characters or less"),
        ("aaaaaaaaaaaaaaaaaaaa", "more different characters"),
        ("password1234567!", "many people use"),
        ("officertester1234", "must not be made of your name"),
    ],
)
def test_passwords_that_are_refused(password: str, words: str) -> None:
    problem = passwords.problem(password, about=("Officer", "Tester"))
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize("password", ["three wooden windmills", "πέντε μικρά ποτάμια", "  spaces at both ends  "])
def test_passwords_that_are_taken(password: str) -> None:
    assert passwords.problem(password, about=("Officer",)) is None
    stored = passwords.hash_password(password)
    assert passwords.matches(stored, password)
    assert not passwords.matches(stored, password.strip() + "x")
    assert not passwords.matches(None, password)


@on_both
def test_a_password_that_was_set_ends_every_other_link(app: Flask, client_for: Client, world: World) -> None:
    officer = world.people["officer"].user_id
    for _ in range(2):
        client_for(None).submit("/forgotten-password", {"email": OFFICER})
    with app.app_context():
        asked = db.session.scalars(select(PasswordLink).where(PasswordLink.user_id == officer)).all()
        first, second = (f"/reset/{operations.token_of(link.id)}" for link in asked)
    assert client_for(None).submit(first, {"password": NEW}).status_code == 303
    assert client_for(None).get(second).status_code == 404, "who read the other mail cannot set it again"

    client_for(None).submit("/forgotten-password", {"email": OFFICER})
    third = reset_path(app, officer)
    changed = {"current": NEW, "password": "four copper kettles"}
    assert client_for("officer").post("/settings/password", changed).status_code == 303
    assert client_for(None).get(third).status_code == 404


def test_strangers_who_ask_for_links_keep_nobody_from_theirs(app: Flask, client_for: Client, world: World) -> None:
    for number in range(25):
        browser = client_for(None)
        sent = {"csrf_token": token(browser, "/forgotten-password"), "email": f"stranger{number}@test.example"}
        where = {"REMOTE_ADDR": f"203.0.{number}.9"}
        browser.client.post("/forgotten-password", data=sent, base_url="https://psg.test", environ_overrides=where)
    client_for(None).submit("/forgotten-password", {"email": OFFICER})
    assert client_for(None).get(reset_path(app, world.people["officer"].user_id)).status_code == 200
