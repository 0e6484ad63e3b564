"""My work tells a system administrator what is wrong with the installation, without being asked, and nobody else."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text, update

from psg.accounts.models import User
from psg.db import db, transaction
from psg.oversight import backups, checks
from psg.oversight.backups import Kind
from psg.reminders import life
from psg.reminders.rules import Beat
from tests.browsing import Browser
from tests.conftest import on_both
from tests.counting import MOST, statements
from tests.worlds import World

Client = Callable[[str | None], Browser]


def at_work(app: Flask) -> None:
    with app.app_context():
        for who in Beat:
            life.alive(who)
        db.session.remove()


def well(app: Flask) -> None:
    at_work(app)
    with app.app_context():
        for kind in Kind:
            backups.note(kind)
        db.session.remove()


@on_both
def test_what_failed_comes_first_then_what_is_to_be_looked_at_then_silence(app: Flask, client_for: Client) -> None:
    browser = client_for("admin")
    said = browser.get("/my-work").text
    assert "Scheduler: failed" in said
    assert "Has never been seen. Start with" in said
    assert 'href="/status">System status</a>' in said
    at_work(app)
    said = browser.get("/my-work").text
    assert "Scheduler" not in said
    assert "Backup: look at this" in said
    assert "psg backup noted database" in said
    well(app)
    said = browser.get("/my-work").text
    assert "System status" not in said
    assert "Is everything well?" in said


def test_a_partnership_without_keys_is_named(app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    well(app)
    with app.app_context():
        monkeypatch.setattr(type(checks.keyring()), "has_partnership", lambda *_: False)
    said = client_for("admin").get("/my-work").text
    assert "Keys: failed" in said
    assert "psg keys add-partnership" in said


@pytest.mark.parametrize("name", ["coordinator", "governance", "officer"])
def test_nobody_else_is_told(client_for: Client, name: str) -> None:
    assert "Has never been seen" not in client_for(name).get("/my-work").text


def test_a_table_that_is_missing_does_not_take_the_page_away(app: Flask, client_for: Client) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("drop table signs_of_life"))
    answer = client_for("admin").get("/my-work")
    assert answer.status_code == 200
    assert "Database: failed" in answer.text


@on_both
@pytest.mark.parametrize("name", ["coordinator", "chair"])
def test_fifteen_statements_are_enough_for_an_administrator_who_works_too(
    app: Flask, client_for: Client, world: World, name: str
) -> None:
    with app.app_context():
        person = update(User.__table__).where(User.__table__.c.id == world.people[name].user_id)
        with transaction():
            db.session.connection().execute(person.values(is_system_administrator=True))
        db.session.remove()
    browser = client_for(name)
    assert "Has never been seen" in browser.get("/my-work").text
    with statements(app) as said:
        browser.get("/my-work")
    assert 0 < len(said) <= MOST, "\n".join(said)
