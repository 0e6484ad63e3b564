"""`psg keys`: what each command does, says and refuses; none prints a key."""

import base64
import json
import uuid

import pytest
from flask.cli import ScriptInfo
from sqlalchemy import text

from psg import settings
from psg.cli.keys import keys
from psg.crypto import Erased, Keyring, datakeys, rewrapping
from psg.crypto.erasure import Erasable, erasers
from psg.crypto.keymaking import rotate_partnership
from psg.db import db, transaction
from psg.ids import new_reference
from tests.crypto.conftest import Places
from tests.crypto.samples import Folder


@pytest.fixture
def environment(tmp_path, monkeypatch):
    values = {
        "PSG_ENV_FILE": str(tmp_path / "none.env"),
        "PSG_DATABASE_URL": f"sqlite:///{tmp_path / 'samples.sqlite'}",
        "PSG_BROKER_URL": "memory://",
        "PSG_KEYS": str(tmp_path / "keys"),
        "PSG_ANCHOR_FILE": str(tmp_path / "anchors"),
        "PSG_BASE_URL": "http://localhost:5000",
        "PSG_MAIL_URL": f"folder://{tmp_path}",
        "PSG_MAIL_FROM": "psg@example.org",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Places(tmp_path / "keys")


@pytest.fixture
def recorded(monkeypatch):
    """The audit events that the commands write."""
    events = []
    monkeypatch.setattr(
        "psg.cli.keys.audit.security", lambda event, **said: events.append((event.name, said.get("why", "")))
    )
    return events


@pytest.fixture
def psg(environment, recorded):
    """Runs a command, and makes sure that no key is in what it printed."""
    from click.testing import CliRunner

    def run(*words, app=None, typed=None):
        info = ScriptInfo(create_app=lambda: app) if app else None
        outcome = CliRunner().invoke(keys, words, obj=info, input=typed)
        if (root := environment.keys / "root.key").exists():
            said = json.loads(root.read_text())["key"]
            assert said not in outcome.output
            assert base64.b64decode(said).hex() not in outcome.output
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
        return outcome

    return run


@pytest.fixture
def running(app, environment):
    app.extensions["psg.settings"] = settings.load()
    return app


@pytest.fixture
def case_eraser(monkeypatch):
    """A stand-in for what the cases feature registers."""
    reference = new_reference("P0")

    class Eraser:
        def __init__(self):
            self.record = None
            self.why = ""

        def find(self, reference_or_id):
            return self.record if reference_or_id == reference else None

        def erase(self, record, *, why):
            self.why = why
            datakeys.shred(record.partnership_id, record.id)

    eraser = Eraser()
    eraser.reference = reference
    monkeypatch.setitem(erasers, "case", eraser)
    return eraser


def test_init_makes_keys_once(psg, environment):
    first = psg("init")
    assert first.exit_code == 0
    assert "safe place" in first.output
    assert Keyring.open(environment)
    second = psg("init")
    assert second.exit_code == 1
    assert "never written over" in second.output


def test_status_lists_every_key(psg, environment, here):
    psg("init")
    assert "Made the partnership key" in psg("add-partnership", str(here)).output
    assert "nothing was changed" in psg("add-partnership", str(here)).output
    lines = psg("status").output.splitlines()
    assert [line.split("  ")[1].split()[0] for line in lines] == ["root", "app", "audit", "partnership", "search"]


@pytest.mark.parametrize("command", [("status",), ("check",), ("add-partnership", str(uuid.UUID(int=1)))])
def test_without_keys_commands_say_what_to_do_and_make_nothing(psg, environment, command):
    outcome = psg(*command)
    assert outcome.exit_code == 1
    assert "psg keys init" in outcome.output
    assert not environment.keys.exists()


def test_settings_problems_are_said_plainly(psg, monkeypatch):
    monkeypatch.delenv("PSG_KEYS")
    outcome = psg("status")
    assert outcome.exit_code == 1
    assert "PSG_KEYS is not set" in outcome.output


def test_check_is_content_with_a_sound_installation(psg, running, folder, recorded):
    folder(title="x")
    outcome = psg("check", app=running)
    assert (outcome.exit_code, recorded) == (0, [("KEYS_CHECKED", "")])
    assert "Every key opens" in outcome.output


def test_check_finds_a_data_key_that_does_not_open(psg, running, folder, recorded):
    made = folder(title="x")
    with transaction():
        db.session.connection().execute(text("update data_keys set wrapped = :w"), {"w": b"\x01" * 77})
    outcome = psg("check", app=running)
    assert outcome.exit_code == 1
    assert "p0:" in outcome.output
    assert recorded == [("KEYS_CHECKED", "found problems")]
    assert made


def test_check_finds_a_partnership_without_keys(psg, running, places, there):
    for path in places.keys.glob(f"*{there}*"):
        path.unlink()
    outcome = psg("check", app=running)
    assert outcome.exit_code == 1
    assert "psg keys add-partnership p1" in outcome.output
    assert psg("add-partnership", "p1", app=running).exit_code == 0
    assert psg("check", app=running).exit_code == 0


def test_check_lists_all_that_is_wrong_with_files(psg, environment, here):
    psg("init")
    psg("add-partnership", str(here))
    next(environment.keys.glob("search-*")).unlink()
    next(environment.keys.glob("app-*")).unlink()
    (environment.keys / "root.key.next").touch()
    outcome = psg("check")
    assert outcome.exit_code == 1
    for said in ("app key is missing", "only one of its two keys", "psg keys rotate root"):
        assert said in outcome.output


def test_an_unknown_partnership_is_named(psg, running):
    outcome = psg("add-partnership", "nowhere", app=running)
    assert outcome.exit_code == 1
    assert "no partnership called nowhere" in outcome.output


def test_rotate_root(psg, running, folder, fresh, here, environment, recorded):
    made = folder(title="still there")
    before = Keyring.open(environment)._opened.root_id
    outcome = psg("rotate", "root", app=running)
    assert outcome.exit_code == 0
    assert Keyring.open(environment)._opened.root_id != before
    assert recorded[0][0] == "KEYS_ROTATED"
    fresh()
    assert db.session.get(Folder, (here, made.id)).title == "still there"


def test_rotate_partnership(psg, running, folder, fresh, here, recorded):
    made = [folder(title=str(number)) for number in range(5)]
    outcome = psg("rotate", "partnership", "p0", app=running)
    assert outcome.exit_code == 0
    assert "5 data keys are now wrapped by epoch 2" in outcome.output
    assert recorded == [("KEYS_ROTATED", "partnership key, epoch 2")]
    fresh()
    assert [db.session.get(Folder, (here, one.id)).title for one in made] == ["0", "1", "2", "3", "4"]


def test_rotate_partnership_carries_on_without_yet_another_key(psg, running, folder, places, here):
    folder(title="x")
    rotate_partnership(places, here)
    outcome = psg("rotate", "partnership", str(here), app=running)
    assert "Carrying on" in outcome.output
    assert "epoch 2" in outcome.output
    assert rewrapping.waiting(here) == 0


def test_shred_asks_for_the_reference(psg, running, folder, fresh, here, case_eraser):
    made = folder(title="x")
    case_eraser.record = Erasable(here, made.id, case_eraser.reference)
    wrong = psg("shred", case_eraser.reference, app=running, typed="retention rule 4\nyes\n")
    assert wrong.exit_code == 1
    assert "Nothing was changed" in wrong.output
    fresh()
    assert datakeys.get(here, made.id)
    spelled = case_eraser.reference.lower().replace("-", " ")
    right = psg("shred", spelled, app=running, typed=f"retention rule 4\n{spelled}\n")
    assert right.exit_code == 0
    assert case_eraser.why == "retention rule 4"
    fresh()
    with pytest.raises(Erased):
        datakeys.get(here, made.id)


def test_shred_knows_no_short_cut(psg, running, case_eraser):
    assert "No such option" in psg("shred", "--yes", "x", app=running).output
    assert "no such case" in psg("shred", "P0-2222-22", app=running).output
