"""Signing in and out: what a session is, when it ends, and what is kept when it does."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from psg.accounts import sessions
from psg.accounts.models import KeptPost, UserSession
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import db
from psg.partnerships.models import Group
from tests.accounts.doors import OFFICER, cookie, later, sign_in, token
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import PASSWORD, World

Client = Callable[[str | None], Browser]


def events(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))


@on_both
def test_signing_in(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for(None)
    answer = sign_in(browser)
    assert (answer.status_code, answer.location) == (303, "/my-work")
    assert browser.get("/my-work").status_code == 200
    assert Event.SIGNED_IN.code in events(app)
    with app.app_context():
        row = db.session.scalars(
            select(UserSession).where(UserSession.user_id == world.people["officer"].user_id)
        ).one()
        assert cookie(browser, sessions.COOKIE) not in str(vars(row)), "the table holds only a hash of the id"


def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts(client_for: Client) -> None:
    set_cookie = next(
        value for name, value in sign_in(client_for(None)).headers if name == "Set-Cookie" and "__Host-psg=" in value
    )
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in set_cookie
    assert "Domain" not in set_cookie


def test_the_session_id_changes_at_sign_in(client_for: Client) -> None:
    browser = client_for(None)
    browser.get("/sign-in")
    assert not cookie(browser, sessions.COOKIE)
    browser.client.set_cookie(sessions.COOKIE, "chosen-by-somebody-else", domain="psg.test", secure=True)
    sign_in(browser)
    first = cookie(browser, sessions.COOKIE)
    assert first != "chosen-by-somebody-else"
    other = client_for(None)
    other.client.set_cookie(sessions.COOKIE, "chosen-by-somebody-else", domain="psg.test", secure=True)
    assert other.get("/my-work").status_code == 303
    sign_in(other)
    assert cookie(other, sessions.COOKIE) != first


@on_both
def test_signing_out_ends_the_session_on_the_server(app: Flask, client_for: Client) -> None:
    browser = client_for(None)
    sign_in(browser)
    kept = cookie(browser, sessions.COOKIE)
    form_token = token(browser, "/my-work")
    answer = browser.client.post("/sign-out", data={"csrf_token": form_token}, base_url="https://psg.test")
    assert answer.status_code == 303
    thief = client_for(None)
    thief.client.set_cookie(sessions.COOKIE, kept, domain="psg.test", secure=True)
    assert thief.get("/my-work").location == "/sign-in"
    assert Event.SIGNED_OUT.code in events(app)


def test_signing_out_needs_the_form_token(client_for: Client) -> None:
    browser = client_for("officer")
    answer = browser.client.post("/sign-out", base_url="https://psg.test")
    assert answer.status_code == 400
    assert browser.get("/my-work").status_code == 200


def test_idle_and_absolute_limits(client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client_for("officer")
    later(monkeypatch, minutes=29)
    assert browser.get("/my-work").status_code == 200
    later(monkeypatch, minutes=29)
    assert browser.get("/my-work").status_code == 200, "each request starts the half hour anew"
    later(monkeypatch, minutes=31)
    assert browser.get("/my-work").status_code == 303
    busy = client_for("officer")
    for _ in range(26):
        later(monkeypatch, minutes=28)
        last = busy.get("/my-work").status_code
    assert last == 303, "twelve hours are the most, however busy"


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/ok\nSet-Cookie: a=b", "/" + "a" * 600]
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    from psg.accounts.routes import _safe_path

    assert _safe_path(path) is None


def test_the_place_asked_for_is_opened_after_signing_in(client_for: Client) -> None:
    browser = client_for(None)
    assert browser.get("/east-test/agencies").location == "/sign-in"
    assert sign_in(browser).location == "/east-test/agencies"


@on_both
def test_a_form_that_came_too_late_is_kept_and_given_back(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_for(None)
    sign_in(browser, "coordinator@test.example")
    path = "/east-test/groups/psg/set-up/terms"
    sent = {"csrf_token": token(browser, path), "name": "Group", "terms": "Two hours of careful words"}
    sent["version"] = re.search(r'name="version" value="([0-9]+)"', browser.get(path).text)[1]
    later(monkeypatch, minutes=40)
    refused = browser.client.post(path, data=sent, base_url="https://psg.test")
    assert refused.location == "/sign-in"
    assert "Your work is kept" in browser.get("/sign-in").text
    with app.app_context():
        row = db.session.scalars(select(KeptPost)).one()
        assert b"careful words" not in row.fields_sealed
        assert db.session.get_one(Group, (world.east, world.groups["psg"])).terms == "", (
            "it is never executed by itself"
        )
    assert sign_in(browser, "coordinator@test.example").location == "/kept"
    form_page = browser.get("/kept").location
    assert form_page.startswith(f"{path}?kept=")
    assert "Two hours of careful words" in browser.get(form_page).text
    again = sent | {"csrf_token": token(browser, form_page)}
    assert browser.client.post(path, data=again, base_url="https://psg.test").status_code == 303


def test_kept_words_are_for_the_same_person_and_for_half_an_hour(
    client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_for(None)
    sign_in(browser, "coordinator@test.example")
    path = "/east-test/groups/psg/set-up/terms"
    sent = {"csrf_token": token(browser, path), "name": "Group", "terms": "Careful words"}
    later(monkeypatch, minutes=40)
    browser.client.post(path, data=sent, base_url="https://psg.test")
    other = client_for(None)
    assert sign_in(other).location == "/my-work"
    assert other.get("/kept").location == "/my-work"
    later(monkeypatch, minutes=31)
    assert sign_in(browser, "coordinator@test.example").location == "/my-work"


@on_both
def test_an_old_cookie_fills_no_table(app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psg.accounts.kept._MOST", 3)
    browser = client_for(None)
    sign_in(browser, "coordinator@test.example")
    path = "/east-test/groups/psg/set-up/terms"
    sent = {"csrf_token": token(browser, path), "name": "Group"}
    later(monkeypatch, minutes=40)
    for number in range(5):
        later(monkeypatch, seconds=1)
        browser.client.post(f"{path}?x={number}", data=sent, base_url="https://psg.test")
    with app.app_context():
        kept = db.session.scalars(select(KeptPost.path).order_by(KeptPost.kept_at))
        assert [address[-1] for address in kept] == ["2", "3", "4"]


def test_a_forged_late_form_is_not_kept(app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client_for(None)
    sign_in(browser, "coordinator@test.example")
    later(monkeypatch, minutes=40)
    browser.client.post(
        "/east-test/groups/psg/set-up/terms",
        data={"csrf_token": "forged", "terms": "Not mine"},
        base_url="https://psg.test",
    )
    with app.app_context():
        assert not db.session.scalars(select(KeptPost)).all()


def test_changing_the_password_ends_every_other_session(client_for: Client, world: World) -> None:
    here, there = client_for(None), client_for("officer")
    sign_in(here)
    sent = {"current": "quiet orchard lantern", "password": "three wooden windmills"}
    assert here.submit("/settings/password", sent).status_code == 303
    assert here.get("/my-work").status_code == 200
    assert there.get("/my-work").status_code == 303
    assert sign_in(client_for(None)).status_code == 422, "the old password opens nothing"
    assert sign_in(client_for(None), OFFICER, "three wooden windmills").status_code == 303


def test_a_password_that_came_too_late_is_not_kept(
    app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_for(None)
    sign_in(browser)
    path = "/settings/password"
    sent = {"csrf_token": token(browser, path), "current": PASSWORD, "password": "three wooden windmills"}
    later(monkeypatch, minutes=40)
    browser.client.post(path, data=sent, base_url="https://psg.test")
    sign_in(browser)
    shown = browser.get("/kept", follow=True)
    assert shown.status_code == 200
    assert PASSWORD not in shown.text


def test_no_error_page_gives_a_password_back(client_for: Client) -> None:
    sent = {"csrf_token": "forged", "current": PASSWORD, "password": PASSWORD, "words": "Careful words"}
    shown = client_for("officer").client.post("/settings/password", data=sent, base_url="https://psg.test")
    assert shown.status_code == 400
    assert "Careful words" in shown.text
    assert PASSWORD not in shown.text


def test_the_next_person_at_a_browser_is_not_led_to_pages_of_the_last(client_for: Client) -> None:
    browser = client_for(None)
    browser.get("/east-test/cases/EC-1111-11")
    assert sign_in(browser).location == "/east-test/cases/EC-1111-11"
    browser.post("/sign-out", {"csrf_token": token(browser, "/my-work")})
    assert sign_in(browser, "coordinator@test.example").location == "/my-work"
