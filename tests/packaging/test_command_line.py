"""The command line offers what is ours and nothing of Flask's; `psg init` looks before it asks."""

import os
import pty
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from psg.app import create_app
from psg.cli import main
from psg.cli.starting import how_to_start
from tests.conftest import Installation

GOOD = {
    "PSG_BROKER_URL": "memory://",
    "PSG_BASE_URL": "http://localhost:8000",
    "PSG_MAIL_FROM": "psg@localhost",
}


def run(*words: str, typed: str = "") -> tuple[int, str]:
    outcome = CliRunner().invoke(main, words, input=typed)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome.exit_code, outcome.output


def settings(folder: Path) -> dict[str, str]:
    return GOOD | {
        "PSG_ENV_FILE": str(folder / "none.env"),
        "PSG_DATABASE_URL": f"sqlite:///{folder / 'psg.sqlite'}",
        "PSG_KEYS": str(folder / "keys"),
        "PSG_ANCHOR_FILE": str(folder / "anchors.log"),
        "PSG_MAIL_URL": f"folder://{folder / 'mail'}",
    }


def test_the_help_names_our_commands_only() -> None:
    code, said = run("--help")
    assert code == 0
    assert [word for word in ("--debug", "--app", "-A", "--env-file", "dotenv", "FLASK") if word in said] == []
    listed = [line.split()[0] for line in said.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == ["init", "upgrade", "check", "user", "setup", "keys", "backup", "audit", "demo"]


@pytest.mark.parametrize(
    "words", [("run",), ("shell",), ("routes",), ("--debug", "check"), ("-A", "os", "check"), ("-e", "x", "check")]
)
def test_nothing_of_flasks_can_be_reached(words: tuple[str, ...]) -> None:
    code, said = run(*words)
    assert code == 2
    assert "No such" in said


def test_no_variable_turns_the_debugger_on(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert not create_app(installation.copy).debug


def test_init_says_all_that_is_missing_before_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PSG_KEYS")
    monkeypatch.setenv("PSG_MAIL_URL", "pigeon://")
    code, said = run("init")
    assert code == 1
    assert "PSG_KEYS is not set" in said
    assert "PSG_MAIL_URL must start with" in said
    assert "E-mail address" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_says_nothing_of_the_place_does_not_hide_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PSG_PYTHON", "/usr/bin/python3")
    monkeypatch.setenv("PSG_LOG_LEVEL", "WARNING")
    monkeypatch.chdir(tmp_path)
    code, said = run("init", typed="n\n")
    assert code == 1
    assert "Make a trial here" in said
    assert list(tmp_path.iterdir()) == []


def test_where_nobody_answers_init_says_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*GOOD, "PSG_DATABASE_URL", "PSG_KEYS", "PSG_ANCHOR_FILE", "PSG_MAIL_URL", "PSG_ENV_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    code, said = run("init")
    assert (code, "psg init --yes-sqlite" in said, "Aborted" in said) == (1, True, False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"http://localhost:{other.getsockname()[1]}"
        code, said = run("init", "--yes-sqlite", "--base-url", taken)
    assert (code, f"Something answers at {taken} already" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []
    code, said = run("init", "--yes-sqlite", "--base-url", taken)
    assert (code, "--admin-email" in said, "Aborted" in said) == (1, True, False)


def test_a_trial_is_told_one_command_and_an_installation_its_three_processes(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ours = Path(sys.executable).parent
    trial = how_to_start(replace(installation.copy, base_url="http://localhost:8055"))
    assert f"{ours}/gunicorn -c python:worker.embedded wsgi:app --no-control-socket --bind localhost:8055" in trial
    live = how_to_start(replace(installation.copy, broker_url="redis://127.0.0.1"))
    assert f"{ours}/gunicorn wsgi:app --bind 127.0.0.1:8000" in live
    assert '--no-control-socket --forwarder-headers ""' in live
    assert [name for name in ("worker worker", "worker beat", "docs/operations.md") if name not in live] == []
    assert "psg.test" not in live, "the public address is the proxy's"
    monkeypatch.setenv("PATH", str(ours))
    assert "\n  gunicorn -c" in how_to_start(installation.copy)


def test_init_looks_at_database_and_folders_before_it_makes_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = settings(tmp_path) | {
        "PSG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "PSG_KEYS": f"{__file__}/keys",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    code, said = run("init", "--admin-email", "not an address", "--admin-name", "Ada Admin")
    assert code == 1
    assert [name for name in ("PSG_DATABASE_URL:", "PSG_KEYS:", "--admin-email:") if name not in said] == []
    assert list(tmp_path.iterdir()) == []


def test_init_asks_for_the_administrator_last_and_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    code, said = run("init", typed="ada\nada@example.gov.uk\nAda Admin\n")
    assert code == 0, said
    assert said.index("Root key:") < said.index("E-mail address of the first")
    assert "enter an e-mail address such as" in said
    assert "/invitations/" in said
    code, said = run("init")
    assert (code, "There is already a system administrator." in said) == (0, True)


def test_at_a_terminal_nobody_reads_json(tmp_path: Path) -> None:
    """Standard error is a terminal here: the command's own words are all there is."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **settings(tmp_path)}
    command = [sys.executable, "-c", "from psg.cli import main; main()", "init"]
    words = ["--admin-email", "ada@example.gov.uk", "--admin-name", "Ada Admin"]
    done = subprocess.run(
        [*command, *words], env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False, timeout=120
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    try:
        heard = os.read(ours, 100_000).decode()
    except BlockingIOError:
        heard = ""
    except OSError:  # Linux says so when the other end is closed and nothing was written
        heard = ""
    os.close(ours)
    assert done.returncode == 0, heard
    assert "/invitations/" in done.stdout
    assert "{" not in heard + done.stdout
