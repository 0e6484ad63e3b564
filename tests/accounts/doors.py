"""What tests of accounts share: signing in through the page, and moving time."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from psg import clock
from tests.browsing import Browser
from tests.worlds import PASSWORD

OFFICER = "officer@test.example"
HOME, AWAY = "198.51.100.7", "203.0.113.9"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')


def token(browser: Browser, path: str) -> str:
    """The form token of a page."""
    found = _TOKEN.search(browser.get(path).text)
    assert found is not None
    return found[1]


def sign_in(browser: Browser, email: str = OFFICER, password: str = PASSWORD, *, address: str = HOME) -> TestResponse:
    """Sign in as a person would."""
    sent = {"csrf_token": token(browser, "/sign-in"), "email": email, "password": password}
    return browser.client.post(
        "/sign-in", data=sent, base_url="https://psg.test", environ_overrides={"REMOTE_ADDR": address}
    )


def cookie(browser: Browser, name: str) -> str:
    """The value of a cookie, "" when the browser has none."""
    found = browser.client.get_cookie(name, domain="psg.test")
    return found.value if found is not None else ""


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """Let time pass."""
    then = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "source", lambda: then)
