"""Guessing passwords: slowed, told nothing, and never able to shut the owner out."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from psg.accounts.models import SignInAttempt
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import db
from tests.accounts.doors import AWAY, HOME, OFFICER, later, sign_in
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import PASSWORD, World

Client = Callable[[str | None], Browser]
WRONG = "not the right password"


def visible(text: str) -> str:
    """A page without what differs each time or was typed."""
    import re

    return re.sub(r'(name="(csrf_token|once|email)" value="[^"]*"|value="[^"]*"|Reference to quote.*)', "", text)


@on_both
def test_one_message_for_every_failure(client_for: Client) -> None:
    known = sign_in(client_for(None), OFFICER, WRONG)
    unknown = sign_in(client_for(None), "nobody@test.example", WRONG)
    assert known.status_code == unknown.status_code == 422
    assert visible(known.text) == visible(unknown.text)
    assert WRONG not in known.text


def test_failures_are_in_the_audit_without_the_address(app: Flask, client_for: Client, world: World) -> None:
    sign_in(client_for(None), OFFICER, WRONG)
    sign_in(client_for(None), "nobody@test.example", WRONG)
    with app.app_context():
        rows = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.SIGN_IN_FAILED.code).order_by(AuditEvent.id)
        ).all()
        assert [row.user_id for row in rows] == [world.people["officer"].user_id, None]
        assert OFFICER not in str([row.why for row in rows])


@on_both
def test_a_stranger_is_slowed_and_the_owner_is_not(client_for: Client) -> None:
    owner = client_for(None)
    assert sign_in(owner).status_code == 303
    stranger = client_for(None)
    for _ in range(5):
        assert sign_in(stranger, OFFICER, WRONG, address=AWAY).status_code == 422
    slowed = sign_in(stranger, OFFICER, WRONG, address=AWAY)
    assert slowed.status_code == 429
    assert "Try again at" in slowed.text
    owner.client.delete_cookie("__Host-psg", domain="psg.test")
    assert sign_in(owner, address=AWAY).status_code == 303, "the owner's own browser is counted apart"


def test_guesses_from_many_networks_do_not_shut_the_owner_out(client_for: Client) -> None:
    owner = client_for(None)
    sign_in(owner)
    stranger = client_for(None)
    seen = set()
    for number in range(24):
        seen.add(sign_in(stranger, OFFICER, WRONG, address=f"203.0.{number}.9").status_code)
    assert 429 in seen
    owner.client.delete_cookie("__Host-psg", domain="psg.test")
    assert sign_in(owner).status_code == 303


def test_waiting_helps_and_success_forgets(client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client_for(None)
    for _ in range(5):
        sign_in(browser, OFFICER, WRONG)
    assert sign_in(browser).status_code == 429, "even the right password waits"
    later(monkeypatch, minutes=16)
    assert sign_in(browser).status_code == 303
    browser.client.delete_cookie("__Host-psg", domain="psg.test")
    assert sign_in(browser, OFFICER, WRONG, address=HOME).status_code == 422


def test_a_device_of_one_account_is_unknown_to_another(client_for: Client) -> None:
    browser = client_for(None)
    sign_in(browser)
    browser.client.delete_cookie("__Host-psg", domain="psg.test")
    for _ in range(5):
        sign_in(browser, "landlord@test.example", WRONG, address=AWAY)
    assert sign_in(browser, "landlord@test.example", WRONG, address=AWAY).status_code == 429


def test_the_table_of_attempts_names_nobody(app: Flask, client_for: Client) -> None:
    sign_in(client_for(None), OFFICER, WRONG)
    with app.app_context():
        row = db.session.scalars(select(SignInAttempt)).one()
        assert "officer" not in str(vars(row))
        assert HOME not in str(vars(row))
        assert db.session.scalar(select(func.count(SignInAttempt.id))) == 1


@pytest.mark.parametrize("password", ["", "a" * 1001, "\x00" * 20, "\ud800" * 20, "🦔" * 200])
def test_hostile_passwords_are_only_wrong(client_for: Client, password: str) -> None:
    browser = client_for(None)
    if password.startswith("\ud800"):
        password = "\ufffe" * 20
    assert sign_in(browser, OFFICER, password).status_code == 422


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "officer@test.example\x00", "OFFICER@TEST.EXAMPLE ", "'; drop table"]
)
def test_hostile_addresses(client_for: Client, email: str) -> None:
    assert sign_in(client_for(None), email, WRONG).status_code == 422


def test_the_present_password_is_not_guessed_in_a_browser_left_open(app: Flask, client_for: Client) -> None:
    browser = client_for("officer")
    new = {"password": "three wooden windmills"}
    for _ in range(5):
        assert browser.post("/settings/password", {"current": WRONG} | new).status_code == 422
    slowed = browser.post("/settings/password", {"current": PASSWORD} | new)
    assert slowed.status_code == 429
    assert "Too many tries" in slowed.text
    with app.app_context():
        failures = select(func.count()).where(AuditEvent.event == Event.SIGN_IN_FAILED.code)
        assert db.session.scalar(failures) == 5


def test_knocking_again_and_again_does_not_fill_the_trail(
    app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowed() -> int:
        with app.app_context():
            found = select(func.count()).where(AuditEvent.event == Event.SIGN_IN_SLOWED.code)
            return db.session.scalar(found) or 0

    for _ in range(5):
        sign_in(client_for(None), OFFICER, WRONG)
    for _ in range(4):
        assert sign_in(client_for(None), OFFICER, WRONG).status_code == 429
    assert slowed() == 1
    later(monkeypatch, minutes=2)
    assert sign_in(client_for(None), OFFICER, WRONG).status_code == 422
    assert sign_in(client_for(None), OFFICER, WRONG).status_code == 429
    assert slowed() == 2
