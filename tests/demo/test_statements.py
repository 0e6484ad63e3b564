"""No page of the full demonstration needs more than fifteen statements, whoever opens it."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from psg.accounts.models import User
from psg.app import create_app
from psg.db import db
from psg.demo.folder import DemoFolder
from tests.browsing import Browser
from tests.counting import MOST, statements
from tests.canary.crawling import links_of

OF_EACH = 2
"""So many pages of one kind are opened."""
PEOPLE = (
    "priya.nolan@east-cambs.example",
    "ruth.kingsnorth@constabulary.example",
    "hana.beckett@mental-health.example",
    "colin.thrale@fenmere.example",
    "frances.oduya@county.example",
    "chris.amadi@psg-support.example",
)
"""A coordinator, a chair, a practitioner who leads in three partnerships, a lead, governance, the administrator."""


@pytest.fixture
def app(loaded: DemoFolder) -> Iterator[Flask]:
    made = create_app(replace(loaded.settings(8000), base_url="https://psg.test"))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def pages(app: Flask, browser: Browser) -> Iterator[tuple[str, list[str]]]:
    """Pages that a person reaches by links, a few of each kind, with what each asked the database."""
    opened: Counter[str] = Counter()
    waiting, seen = deque(["/my-work"]), set[str]()
    while waiting:
        address = waiting.popleft()
        kind = endpoint_of(app, address)
        if address in seen or kind is None or opened[kind] >= OF_EACH:
            continue
        seen.add(address)
        opened[kind] += 1
        browser.get(address)  # what is read once for a process has been read
        with statements(app) as said:
            answer = browser.get(address)
        yield address, said
        assert answer.status_code < 500, address
        if "html" in answer.content_type:
            waiting.extend(links_of(answer.text, address))


def endpoint_of(app: Flask, address: str) -> str | None:
    """Which page an address opens; None when it opens none."""
    try:
        return str(app.url_map.bind("psg.test").match(address.partition("?")[0], method="GET")[0])
    except HTTPException:
        return None


@pytest.mark.parametrize("email", PEOPLE)
def test_no_page_needs_more(app: Flask, email: str) -> None:
    with app.app_context():
        user_id = db.session.scalars(select(User.id).where(User.email == email)).one()
        db.session.remove()
    browser = Browser(app)
    browser.sign_in(user_id)
    found = dict(pages(app, browser))
    assert len(found) > 5
    assert all(found.values())
    dear = {address: said for address, said in found.items() if len(said) > MOST}
    assert not dear, "\n".join("\n  ".join([f"{address}: {len(said)}", *said]) for address, said in dear.items())
