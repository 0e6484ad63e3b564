"""A database that cannot be reached, is locked or has no connection left: a page that says so and gives back what was
typed, without asking it again."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from psg import clock
from psg.accounts.sessions import COOKIE, VISIT_COOKIE
from psg.db import db
from tests.accounts.doors import cookie, sign_in
from tests.browsing import Browser
from tests.cases.test_log_journey import FIRST
from tests.conftest import Installation, on_both
from tests.counting import statements

Client = Callable[[str | None], Browser]
LOG = "/east-test/cases/log"


@pytest.fixture(autouse=True)
def as_installed(app: Flask) -> Iterator[None]:
    """Failures are answered, not raised, as in an installation."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None


@contextmanager
def away(installation: Installation) -> Iterator[None]:
    """Nobody reaches the database until the block ends."""
    name, file = f"{installation.name}_copy", installation.folder / "copy.sqlite"
    installation.release()
    if installation.kind == "sqlite":
        kept = file.rename(file.with_suffix(".kept"))
        file.mkdir()
        yield
        file.rmdir()
        kept.rename(file)
    else:
        installation._sql(f'alter database "{name}" with allow_connections false')
        installation._sql(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        yield
        installation._sql(f'alter database "{name}" with allow_connections true')


@contextmanager
def attempts(app: Flask) -> Iterator[list[str]]:
    """Every time that a connection is sought meanwhile."""
    tried: list[str] = []

    def note(*_: object) -> None:
        tried.append("once")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "do_connect", note)
    yield tried
    event.remove(engine, "do_connect", note)


@contextmanager
def logged() -> Iterator[list[dict[str, str]]]:
    """What the log says meanwhile."""
    handler = next(h for h in logging.getLogger().handlers if "structlog" in type(h.formatter).__module__)
    assert isinstance(handler, logging.StreamHandler)
    written, lines = io.StringIO(), list[dict[str, str]]()
    before = handler.setStream(written)
    yield lines
    handler.setStream(before)
    lines += [json.loads(line) for line in written.getvalue().splitlines()]


def says_so(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert "cannot reach its database" in answer.text
    assert answer.headers["Retry-After"] == "120"
    assert answer.headers["Cache-Control"] == "no-store"


@on_both
def test_what_was_typed_comes_back_and_can_be_sent_again(
    app: Flask, installation: Installation, client_for: Client
) -> None:
    officer = client_for("officer")
    officer.get(LOG)
    with away(installation), attempts(app) as tried, logged() as lines:
        answer = officer.post(LOG, FIRST)
    says_so(answer)
    assert len(tried) == 1, "the page of the failure asked the database again"
    assert ">Who or what is this case about?</label>" in answer.text
    reference = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}(?=</span>)", answer.text)
    assert reference is not None
    (fault,) = [line for line in lines if line["level"] == "error"]
    assert (fault["failure"], fault["request_id"]) == ("OperationalError", reference.group())
    back = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    assert back["csrf_token"]
    assert officer.post(LOG, FIRST | back).status_code == 303


@on_both
@pytest.mark.parametrize("person", ["officer", None])
def test_every_page_says_so(installation: Installation, client_for: Client, person: str | None) -> None:
    browser = client_for(person)
    with away(installation):
        for path in ("/my-work", LOG, "/no-such-page") if person else ("/invitations/x",):
            says_so(browser.get(path))
        too_large = browser.post(LOG if person else "/invitations/x", {"title": "x" * 11_000_000})
        assert too_large.status_code == (503 if person else 413)


@on_both
def test_no_connection_left(app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = client_for("officer")
    with app.app_context():
        engine = db.engine
    monkeypatch.setattr(engine.pool, "_timeout", 0.05)
    held = [engine.connect() for _ in range(engine.pool.size() + engine.pool._max_overflow)]  # type: ignore[attr-defined]
    answer = officer.post(LOG, FIRST)
    for connection in held:
        connection.close()
    says_so(answer)
    assert ">Who or what is this case about?</label>" in answer.text
    assert officer.get(LOG).status_code == 200


@on_both
def test_the_session_is_not_touched_after_a_failure(
    app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = client_for("officer")

    def lost(*_: object, **__: object) -> None:
        raise OperationalError("select 1", {}, Exception("lost on the way"))

    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False), statements(app) as said:
        with monkeypatch.context() as broken:
            broken.setattr("psg.cases.routes.referring._begin", lost)
            says_so(officer.post(LOG, FIRST))
        assert not any(statement.startswith("UPDATE sessions") for statement in said)
        officer.get(LOG)
        assert any(statement.startswith("UPDATE sessions") for statement in said)


@on_both
def test_a_sign_in_that_was_not_saved_leaves_the_browser_as_it_was(
    client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client_for(None)

    def lost(_session: object) -> None:
        raise OperationalError("commit", {}, Exception("lost on the way"))

    browser.get("/sign-in")
    before = cookie(browser, VISIT_COOKIE)
    with monkeypatch.context() as broken:
        broken.setattr("psg.db.session.before_commit", [lost])
        says_so(sign_in(browser))
    assert (cookie(browser, VISIT_COOKIE), cookie(browser, COOKIE)) == (before, "")
    assert sign_in(browser).status_code == 303
    assert cookie(browser, COOKIE)


def test_sqlite_locked_for_longer_than_we_wait(app: Flask, client_for: Client) -> None:
    officer = client_for("officer")
    officer.get(LOG)
    with app.app_context():
        engine = db.engine

    def hurry(connection: object, _record: object) -> None:
        connection.execute("pragma busy_timeout=20")  # type: ignore[attr-defined]

    engine.dispose()
    event.listen(engine, "connect", hurry)
    other = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with other.connect() as connection:
        connection.exec_driver_sql("begin immediate")
        answer = officer.post(LOG, FIRST)
        connection.exec_driver_sql("rollback")
    event.remove(engine, "connect", hurry)
    engine.dispose()
    other.dispose()
    says_so(answer)
    assert ">Who or what is this case about?</label>" in answer.text
