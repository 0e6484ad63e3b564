"""Requests that no browser of ours sends: methods, hosts, addresses, double posts, sessions that have ended."""

import base64
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from psg import clock
from psg.accounts.models import KeptPost, UserSession
from psg.cases.models import Event
from psg.db import db, transaction
from tests.access.hall import Hall
from tests.access.table import Page, read
from tests.browsing import Browser
from tests.conftest import _postgres_or_skip
from tests.worlds import PASSWORD

PAGES = read()


@pytest.fixture(scope="module")
def hall(folder_of: Callable[[str], Path]) -> Iterator[Hall]:
    """Everybody signed in, on PostgreSQL."""
    _postgres_or_skip()
    made = Hall("postgresql", folder_of("postgresql"))
    yield made
    made.close()


def _page(endpoint: str) -> Page:
    return next(page for page in PAGES if page.endpoint == endpoint)


def _note(hall: Hall, what: str) -> dict[str, str]:
    return {"what": what, "day": "today", "kind": "incident", "agency": str(hall.made.world.agencies["police"])}


def _notes(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Event)) or 0)


# Methods, hosts, addresses


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PSG"])
def test_other_methods_change_nothing_and_crash_nothing(hall: Hall, method: str) -> None:
    before = hall.state()
    for page in PAGES:
        record = next(iter(page.pattern.allowed))
        url = hall.url(page, record)
        answer = hall.browsers["coordinator"].client.open(url, method=method, base_url="https://psg.test")
        assert answer.status_code < 500 or url == "/readyz", (page.endpoint, answer.status)
        if method not in ("HEAD", "OPTIONS"):
            assert answer.status_code in (400, 404, 405), (page.endpoint, answer.status)
    assert hall.state() == before


HOSTS = ("evil.example", "psg.test.evil.example", "psg.test:80@evil.example", "", "psg.test\tx")


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_refused(hall: Hall, host: str) -> None:
    for path in ("/sign-in", "/forgotten-password", "/no-such-page", "/my-work"):
        answer = hall.browsers["officer"].client.get(path, base_url="https://psg.test", headers={"Host": host})
        assert answer.status_code == 400, (path, host)
        assert "evil" not in str(answer.headers)


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "http://[::1",
    "https://..x",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_address_leads_to_another_site(hall: Hall, target: str) -> None:
    for path in ("/sign-in", "/blank", "/", "/find", "/my-work", "/settings"):
        for name in ("next", "back", "url", "reference", "return_to"):
            for person in ("anonymous", "officer"):
                answer = hall.browsers[person].get(path, query_string={name: target})
                assert answer.status_code < 500
                assert "evil" not in (answer.location or "")
                assert not re.search(r'(href|action|src)="[^"]*evil\.example', answer.text), (path, name, person)
                assert 'href="javascript' not in answer.text


def _cursor(value: object) -> str:
    """As the list's own, with a value of somebody's choice."""
    return base64.urlsafe_b64encode(json.dumps([0, value, str(uuid.UUID(int=1))]).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "path",
    [
        "/east-test/cases/%00",
        "/east-test/cases/%ED%A0%80",
        "/east-test/cases/" + "A" * 5_000,
        "/east-test/cases/..%2f..%2fetc%2fpasswd",
        "/%00/cases",
        "/east-test/cases?sort=%00&page=-1&state=%ED%A0%80&after=x",
        "/east-test/cases?after=" + "x" * 3_000,
        "/east-test/cases?sort=narrative&sort=title&theme='%20or%201=1--",
        "/east-test/actions?owner=%00&state=zzz&after=!!",
        "/east-test/meetings?group=%00&year=99999999999",
        "/east-test/audit?from=99-99-9999&who=%00",
        "/east-test/deliveries?state=%00&after=%FF",
        "/find?reference=%00%ED%A0%80",
        "/east-test/agreements/isa/99999999999999999999",
        "/east-test/groups/%E2%80%AE/",
        "/east-test/groups/%00/meetings",
        "/east-test/groups/%00/meetings/new",
        "/east-test/agreements/%00/1",
        "/east-test/lists/%00",
        "/east-test/audit?until=31-12-9999",
        f"/east-test/cases?sort=band&after={_cursor(2**40)}",
        f"/east-test/cases?sort=reference&after={_cursor(chr(0xD800))}",
        f"/east-test/cases?sort=activity&after={_cursor('0001-01-01T00:00:00+14:00')}",
        "/static/%00/../../etc/passwd",
    ],
)
def test_strange_addresses_are_answered_in_words(hall: Hall, path: str) -> None:
    for person in ("coordinator", "governance", "officer", "anonymous"):
        answer = hall.browsers[person].get(path)
        assert answer.status_code < 500, (path, person)


# The same form twice


def test_the_same_form_twice_makes_one_record(hall: Hall) -> None:
    url, once = hall.url(_page("cases.add_note"), "open"), str(uuid.uuid4())
    before = _notes(hall.app)
    first = hall.browsers["officer"].post(url, _note(hall, "Twice.") | {"once": once})
    second = hall.browsers["officer"].post(url, _note(hall, "Twice.") | {"once": once})
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert _notes(hall.app) == before + 1


def test_ten_presses_at_once_make_one_record(hall: Hall) -> None:
    url, once = hall.url(_page("cases.add_note"), "open"), str(uuid.uuid4())
    before, together = _notes(hall.app), threading.Barrier(10)
    source = hall.browsers["officer"]
    cookies = "; ".join(f"{c.key}={c.value}" for c in source.client._cookies.values())
    statuses: list[int] = []

    def press() -> None:
        client = hall.app.test_client(use_cookies=False)
        fields = _note(hall, "At once.") | {"once": once, "csrf_token": source.token}
        together.wait()
        answer = client.post(url, data=fields, base_url="https://psg.test", headers={"Cookie": cookies})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=press) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _notes(hall.app) == before + 1
    assert set(statuses) <= {303, 409}, statuses


def test_somebody_elses_key_is_another_key(hall: Hall) -> None:
    url, once = hall.url(_page("cases.add_note"), "open"), str(uuid.uuid4())
    before = _notes(hall.app)
    for person in ("officer", "chair"):
        assert hall.browsers[person].post(url, _note(hall, "Mine.") | {"once": once}).status_code == 303
    assert _notes(hall.app) == before + 2


# A session that ends in the middle of a form


def _age(hall: Hall, person: str, minutes: int) -> None:
    """Make a person's sessions look idle for so long."""
    user_id = hall.made.world.people[person].user_id
    with hall.app.app_context(), transaction():
        seen = clock.now() - timedelta(minutes=minutes)
        db.session.execute(update(UserSession).where(UserSession.user_id == user_id).values(seen_at=seen))


def _sign_in_by_form(browser: Browser, email: str) -> None:
    answer = browser.submit("/sign-in", {"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.status


def test_text_of_a_timed_out_form_comes_back_to_its_writer_only(hall: Hall) -> None:
    url, before = hall.url(_page("cases.add_note"), "open"), _notes(hall.app)
    browser = Browser(hall.app)
    browser.sign_in(hall.made.world.people["landlord"].user_id)
    _age(hall, "landlord", 35)
    sent = browser.post(url, _note(hall, "Zxq written just too late."))
    assert (sent.status_code, sent.location) == (303, "/sign-in")
    with hall.app.app_context():
        kept = db.session.scalars(select(KeptPost)).all()
        assert [b"Zxq" in post.fields_sealed for post in kept] == [False]
    other = Browser(hall.app)
    other.sign_in(hall.made.world.people["officer"].user_id)
    assert "Zxq" not in other.get("/kept", follow=True).text
    _sign_in_by_form(browser, "landlord@test.example")
    back = browser.get("/kept", follow=True)
    assert "Zxq written just too late." in back.text
    assert _notes(hall.app) == before, "it is never executed by itself"


def test_a_form_of_a_long_gone_or_made_up_session_is_not_kept(hall: Hall) -> None:
    url = hall.url(_page("cases.add_note"), "open")
    with hall.app.app_context():
        before = db.session.scalar(select(func.count()).select_from(KeptPost))
    gone = Browser(hall.app)
    gone.sign_in(hall.made.world.people["chair"].user_id)
    _age(hall, "chair", 200)
    assert gone.post(url, _note(hall, "Zxq")).location == "/sign-in"
    stranger = Browser(hall.app)
    assert stranger.post(url, _note(hall, "Zxq")).location == "/sign-in"
    with hall.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(KeptPost)) == before


# Sessions and cookies


def test_signing_in_begins_a_new_session_and_signing_out_ends_it(hall: Hall) -> None:
    browser = Browser(hall.app)
    first = browser.get("/sign-in")
    planted = "made-up-by-somebody-else"
    browser.client.set_cookie("__Host-psg", planted, domain="psg.test", secure=True)
    hidden = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert hidden is not None
    answer = browser.client.post(
        "/sign-in",
        data={"csrf_token": hidden[1], "email": "figures@test.example", "password": PASSWORD},
        base_url="https://psg.test",
    )
    assert answer.status_code == 303
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-psg="))
    assert planted not in cookie
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie, flag
    assert "Domain=" not in cookie
    for line in first.headers.getlist("Set-Cookie"):
        assert line.startswith("__Host-"), line
        assert "Secure" in line, line
        assert "HttpOnly" in line, line
    value = cookie.split("=", 1)[1].split(";")[0]
    assert browser.get("/settings").status_code == 200
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/settings").text)
    assert token is not None
    out = browser.client.post("/sign-out", data={"csrf_token": token[1]}, base_url="https://psg.test")
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = Browser(hall.app)
    thief.client.set_cookie("__Host-psg", value, domain="psg.test", secure=True)
    assert thief.get("/settings").status_code == 303


def test_a_session_ends_after_its_longest_life(hall: Hall) -> None:
    browser = Browser(hall.app)
    browser.sign_in(hall.made.world.people["admin"].user_id)
    assert browser.get("/settings").status_code == 200
    long_ago: datetime = clock.now() - timedelta(days=2)
    with hall.app.app_context(), transaction():
        user_id = hall.made.world.people["admin"].user_id
        db.session.execute(update(UserSession).where(UserSession.user_id == user_id).values(created_at=long_ago))
    assert browser.get("/settings").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "%00", "a" * 10_000, "é", "' or 1=1--"])
def test_strange_cookies_are_nobody(hall: Hall, cookie: str) -> None:
    client = hall.app.test_client(use_cookies=False)
    for name in ("__Host-psg", "__Host-psg-visit", "__Host-psg-device"):
        header = f"{name}={cookie}".encode().decode("latin-1")
        answer = client.get("/settings", base_url="https://psg.test", headers={"Cookie": header})
        assert answer.status_code == 303
