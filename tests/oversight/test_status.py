"""The status page and what monitors ask: well or not, in a word, and never more than that to strangers."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, text

from psg import clock
from psg.db import db, transaction
from psg.oversight import checks
from psg.reminders import jobs, life
from psg.reminders.models import Delivery, SignOfLife
from psg.reminders.rules import Beat
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World
from worker.schedule import TIMETABLE

Clients = Callable[[str | None], Browser]


def ready(client_for: Clients) -> tuple[int, dict[str, str]]:
    answer = client_for(None).get("/readyz")
    told = json.loads(answer.text)
    assert set(told) == {"status", "checks"}
    return answer.status_code, told["checks"]


def show_life(app: Flask, *, minutes_ago: int = 0) -> None:
    with app.app_context():
        for who in Beat:
            life.alive(who)
        if minutes_ago:
            with transaction():
                db.session.execute(
                    SignOfLife.__table__.update().values(at=clock.now() - timedelta(minutes=minutes_ago))
                )
        db.session.remove()


def test_alive_asks_the_database_nothing(app: Flask, client_for: Clients) -> None:
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    answer = client_for(None).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert asked == []


@on_both
def test_ready_names_what_is_red(app: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.embedded, "running", lambda _app: True)
    status, names = ready(client_for)
    assert status == 503
    assert names == {
        "database": "ok",
        "broker": "ok",
        "keys": "ok",
        "migrations": "ok",
        "scheduler": "red",
        "worker": "red",
    }
    show_life(app)
    assert ready(client_for) == (200, dict.fromkeys(names, "ok"))


def test_every_job_of_the_application_has_its_time(app: Flask) -> None:
    assert set(jobs.planned(TIMETABLE)) == set(TIMETABLE)


def test_ten_silent_minutes_are_red(app: Flask, client_for: Clients) -> None:
    show_life(app, minutes_ago=9)
    assert ready(client_for)[1]["worker"] == "ok"
    show_life(app, minutes_ago=11)
    assert ready(client_for)[1]["worker"] == "red"
    assert ready(client_for)[1]["scheduler"] == "red"


def test_a_broker_that_is_not_there_is_red(app: Flask, client_for: Clients) -> None:
    assert ready(client_for)[1]["broker"] == "red"


def test_an_old_database_is_red_and_nothing_falls_over(app: Flask, client_for: Clients) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
        connection.execute(text("drop table signs_of_life"))
    status, names = ready(client_for)
    assert status == 503
    assert (names["migrations"], names["worker"], names["database"]) == ("red", "red", "ok")


def test_a_partnership_without_a_key_is_red(app: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        monkeypatch.setattr(type(checks.keyring()), "has_partnership", lambda *_: False)
    assert ready(client_for)[1]["keys"] == "red"


@pytest.mark.parametrize("name", ["coordinator", "governance", "officer", "figures"])
def test_the_status_page_is_for_system_administrators(client_for: Clients, name: str) -> None:
    assert client_for(name).get("/status").status_code == 404


def test_the_status_page_says_what_to_do(app: Flask, client_for: Clients) -> None:
    browser = client_for("admin")
    text_ = browser.get("/status").text
    assert "Has never been seen" in text_
    assert text_.count("Never<") >= 2
    assert "celery" in text_ or "worker.embedded" in text_
    show_life(app, minutes_ago=14)
    text_ = browser.get("/status").text
    assert "Silent for 14 minutes" in text_
    show_life(app)
    assert text_ != browser.get("/status").text


def test_a_message_that_should_have_gone_is_red(app: Flask, world: World) -> None:
    now = clock.now()
    with app.app_context():
        assert checks.mail().word is checks.Word.OK
        with transaction():
            db.session.add(
                Delivery(
                    user_id=world.people["officer"].user_id,
                    kind="note",
                    key="1",
                    details={},
                    created_at=now,
                    next_try_at=now - timedelta(minutes=20),
                )
            )
        assert checks.mail().word is checks.Word.RED
