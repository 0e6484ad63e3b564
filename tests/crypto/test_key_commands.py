"""`psg keys`: what each command does, says and refuses; none prints a key."""

import base64
import json
import uuid

import pytest
from flask.cli import ScriptInfo
from sqlalchemy import select, text

from psg import settings
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.cli.keys import keys
from psg.crypto import Erased, KeyProblem, Keyring, datakeys, rewrapping
from psg.crypto.keymaking import rotate_partnership
from psg.db import db, transaction
from tests.cases.samples import opened
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


@pytest.fixture
def case(installation):
    """A case in a whole installation."""
    with installation.app.app_context():
        yield opened(installation.world)
        db.session.remove()


def state_of(case):
    db.session.remove()
    return db.session.scalars(select(Case).where(Case.id == case.id)).one().state


def shredding(psg, installation, reference, *typed):
    return psg("shred", reference, app=installation.app, typed="".join(f"{line}\n" for line in typed))


def test_shred_asks_for_the_reference(psg, installation, case):
    outcome = shredding(psg, installation, case.reference, "retention rule 4", "yes")
    assert outcome.exit_code == 1
    assert "Nothing was changed" in outcome.output
    assert state_of(case) is not CaseState.ERASED
    assert datakeys.get(case.partnership_id, case.id)


def test_shred_erases_the_case(psg, installation, case):
    spelled = case.reference.lower().replace("-", " ")
    outcome = shredding(psg, installation, spelled, "retention rule 4", spelled)
    assert (outcome.exit_code, outcome.output.splitlines()[-1]) == (0, f"Case {case.reference} is erased.")
    assert state_of(case) is CaseState.ERASED
    with pytest.raises(Erased):
        datakeys.get(case.partnership_id, case.id)
    again = shredding(psg, installation, case.reference)
    assert "erased already" in again.output


def test_shred_takes_no_free_text_as_a_reason(psg, installation, case):
    outcome = shredding(psg, installation, case.reference, "José said so!", "rule 4", "no")
    assert "use up to 120 letters" in outcome.output
    assert state_of(case) is not CaseState.ERASED


def test_shred_knows_no_short_cut(psg, installation, case):
    assert "No such option" in psg("shred", "--yes", "x", app=installation.app).output
    assert "no such case" in shredding(psg, installation, "P0-2222-22").output


def _two_epochs(psg, running, folder, here):
    """A partnership whose key was replaced, with nothing wrapped anew yet."""
    made = folder(title="x")
    rotate_partnership(running.extensions["psg.settings"], here)
    return made


def test_a_retired_epoch_is_removed_only_when_nothing_hangs_on_it(psg, running, folder, here, environment, recorded):
    made = _two_epochs(psg, running, folder, here)
    old = next(environment.keys.glob(f"partnership-{here}-0001*"))
    with transaction():  # the samples' database has no cases of its own
        made_here = {"p": here.hex, "i": made.id.hex, "r": "EC-7QK4-M2"}
        db.session.connection().execute(text("create table cases (partnership_id text, id text, reference text)"))
        db.session.connection().execute(text("insert into cases values (:p, :i, :r)"), made_here)
    refused = psg("remove", str(here), "1", "--yes", app=running)
    assert refused.exit_code == 1
    assert "- case EC-7QK4-M2" in refused.output
    assert "1 data keys are still wrapped" in refused.output
    assert f"psg keys rotate partnership {here}" in refused.output
    assert old.exists()
    rewrapping.rewrap(here)
    recorded.clear()
    asked = psg("remove", str(here), "1", app=running, typed="n\n")
    assert (asked.exit_code, old.exists(), recorded) == (1, True, [])
    done = psg("remove", str(here), "1", "--yes", app=running)
    assert done.exit_code == 0, done.output
    assert not old.exists()
    assert list(environment.keys.glob("*.leaving")) == []
    assert recorded == [("KEYS_REMOVED", "partnership key, epoch 1")]
    assert Keyring.open(environment).partnership(here).epoch == 2
    assert rewrapping.open_one_of_each(here) == 1


def test_the_epoch_in_use_and_one_that_never_was_are_refused(psg, running, folder, here):
    _two_epochs(psg, running, folder, here)
    rewrapping.rewrap(here)
    in_use = psg("remove", str(here), "2", "--yes", app=running)
    assert (in_use.exit_code, "in use" in in_use.output) == (1, True)
    never = psg("remove", str(here), "7", "--yes", app=running)
    assert (never.exit_code, "no key of epoch 7" in never.output) == (1, True)


def test_an_audit_that_cannot_be_written_keeps_the_key(psg, running, folder, here, environment, monkeypatch):
    _two_epochs(psg, running, folder, here)
    rewrapping.rewrap(here)

    def fail(*_args, **_said):
        raise KeyProblem("no audit")

    monkeypatch.setattr("psg.cli.keys.audit.security", fail)
    outcome = psg("remove", str(here), "1", "--yes", app=running)
    assert outcome.exit_code == 1
    assert len(list(environment.keys.glob(f"partnership-{here}-0001*.key"))) == 1
    assert list(environment.keys.glob("*.leaving")) == []
