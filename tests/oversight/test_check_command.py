"""`psg check` says what the status page says, tries the mail server, and never "All is well" where it is not."""

import shutil
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from psg.cli import main
from psg.cli.check import mail_server
from psg.db import db
from psg.oversight import backups, checks
from psg.oversight.backups import Kind
from psg.oversight.checks import Word
from psg.reminders import life
from psg.reminders.rules import Beat
from tests.conftest import Installation, on_both
from tests.reminders.servers import MailServer
from tests.worlds import World

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def environment(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    place = installation.copy
    values = {
        "PSG_ENV_FILE": str(installation.folder / "psg.env"),
        "PSG_DATABASE_URL": place.database_url,
        "PSG_BROKER_URL": place.broker_url,
        "PSG_KEYS": str(place.keys),
        "PSG_ANCHOR_FILE": str(place.anchor_file),
        "PSG_BASE_URL": place.base_url,
        "PSG_MAIL_URL": place.mail_url,
        "PSG_MAIL_FROM": place.mail_from,
    }
    (installation.folder / "psg.env").touch()
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def at_work(app: Flask) -> None:
    """Scheduler and worker have just been seen."""
    with app.app_context():
        for who in Beat:
            life.alive(who)
        db.session.remove()


@pytest.fixture
def without_its_key(installation: Installation, world: World) -> Iterator[None]:
    files = list(installation.copy.keys.glob(f"*{world.east.hex}*")) or list(
        installation.copy.keys.glob(f"*{world.east}*")
    )
    assert files
    aside = installation.folder / "aside"
    aside.mkdir()
    for file in files:
        shutil.move(file, aside / file.name)
    yield
    for file in files:
        shutil.move(aside / file.name, file)
    aside.rmdir()


def look(*options: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(main, ["check", *options])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome.exit_code, outcome.stdout


@on_both
def test_where_nothing_has_run_yet_it_says_what_to_start(world: World) -> None:
    code, said = look()
    assert code == 1
    assert "- Worker: Has never been seen. Start" in said
    assert "- Scheduler: Has never been seen. Start" in said
    assert "Right after psg init that is as it should be" in said
    assert "All is well" not in said


@pytest.mark.usefixtures("at_work")
def test_what_is_to_be_looked_at_is_listed_and_has_not_failed(world: World) -> None:
    code, said = look()
    assert code == 0, said
    assert "To look at:\n- Database: SQLite." in said
    assert "- Backup: Database: never noted" in said
    assert "psg backup noted database" in said
    assert said.endswith("Nothing has failed.\n")


@pytest.mark.usefixtures("at_work")
def test_all_is_well_only_when_the_status_page_says_so(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        for kind in Kind:
            backups.note(kind)
    monkeypatch.setattr(checks, "EVERYTHING", [one for one in checks.EVERYTHING if one is not checks.database])
    assert look() == (0, "All is well.\n")


@pytest.mark.usefixtures("at_work", "without_its_key")
def test_a_partnership_without_keys_has_failed_and_is_called_by_its_short_name(world: World) -> None:
    code, said = look()
    assert code == 1
    assert "- Keys: 1 partnership without a key. Run: psg keys add-partnership east-test\n" in said
    assert look("--stopped")[0] == 1


@pytest.mark.usefixtures("at_work")
def test_a_broker_and_a_mail_server_that_are_not_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSG_BROKER_URL", NOBODY)
    monkeypatch.setenv("PSG_MAIL_URL", "smtp://127.0.0.1:1")
    code, said = look()
    assert code == 1
    assert "- Broker: Does not answer (ConnectionError). Start Redis." in said
    assert "- Mail server: Cannot be reached from here (ConnectionRefusedError)." in said


def test_where_it_is_stopped_on_purpose_only_what_lasts_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSG_BROKER_URL", NOBODY)
    monkeypatch.setenv("PSG_MAIL_URL", "smtp://127.0.0.1:1")
    code, said = look("--stopped")
    assert (code, said) == (
        0,
        "To look at:\n- Database: SQLite. Use PostgreSQL for live records.\nNothing has failed.\n",
    )


def test_an_old_database_is_one_line_not_one_for_each_table_that_is_missing(app: Flask, world: World) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
        connection.execute(text("drop table signs_of_life"))
    code, said = look()
    assert code == 1
    assert "- Migrations: At 0001, needs " in said
    assert "Cannot be asked" not in said


def test_a_database_that_is_away_is_one_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSG_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    code, said = look()
    assert code == 1
    assert said == "Failed:\n- Database: Does not answer (OperationalError). Start the database.\n"


def test_the_mail_server_is_asked_and_gets_nothing() -> None:
    server = MailServer()
    server.start()
    try:
        assert mail_server(server.url).word is Word.OK
    finally:
        server.stop()
    assert (server.received, server.sessions) == ([], [])
    assert mail_server(server.url).word is Word.RED
    assert mail_server("smtp://user:secret@relay.example.org?tls=off").says == (
        "PSG_MAIL_URL: a password is never sent without TLS"
    )
