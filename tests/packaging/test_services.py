"""`./psg test` on a machine that lacks something: it installs what it may, and else names the command to run."""

import os
import shutil

import pytest

from tools import run_tests, services
from tools.folders import RunFolder
from tools.services import Missing, Services


@pytest.fixture
def lacking(tmp_path, monkeypatch):
    """A machine with nothing but an apt-get of the test's own, which says what it was asked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "chmod"):
        (folder / tool).symlink_to(shutil.which(tool))
    asked = tmp_path / "asked"
    asked.touch()

    def make(answer: str, *, root: bool = True):
        program(folder / "apt-get", f'echo "$@" >>{asked}\n{answer}')
        monkeypatch.setenv("PATH", str(folder))
        for name in ("PSG_TEST_REDIS", "PSG_TEST_CHROMIUM", "PSG_TEST_POSTGRES"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(services, "OWN_BROWSERS", tmp_path / "browsers")
        monkeypatch.setattr(services, "BROWSERS", ("chromium",))
        return Services()

    make.asked = lambda: asked.read_text()
    make.folder = folder
    return make


def program(path, script=""):
    """A program that does what the script says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_names_the_command_to_somebody_who_may_not_install(lacking):
    here = lacking("exit 1", root=False)
    with pytest.raises(Missing, match="sudo apt-get update && sudo apt-get install -y postgresql redis-server") as said:
        here.redis()
    here.stop()
    assert "Redis is needed" in str(said.value)
    assert lacking.asked() == ""


def test_says_why_nothing_could_be_installed_and_what_to_run(lacking):
    here = lacking('case "$1" in install) echo "E: Unable to locate package postgresql" >&2; exit 100 ;; esac')
    with pytest.raises(Missing) as said:
        here.pdf_readers()
    here.stop()
    assert "E: Unable to locate package postgresql" in str(said.value)
    assert "sudo apt-get update && sudo apt-get install -y" in str(said.value)


def test_servers_do_not_wait_for_a_browser_that_the_distribution_lacks(lacking):
    made = " && ".join(
        f"echo >{lacking.folder}/{name} && chmod +x {lacking.folder}/{name}" for name in services.PDF_READERS
    )
    here = lacking(f'case "$*" in *chromium*) exit 100 ;; install*) {made} ;; esac')
    here.pdf_readers()
    here.stop()
    assert "chromium" not in lacking.asked()


def test_takes_playwrights_browser_where_the_distribution_has_none(lacking, monkeypatch):
    here = lacking('case "$1" in install) exit 100 ;; esac')
    there = services.OWN_BROWSERS / "chromium-1234" / "chrome-linux64" / "chrome"
    installer = program(lacking.folder / "python", f'echo "$@ $PLAYWRIGHT_BROWSERS_PATH" >>{lacking.folder}/played')
    monkeypatch.setattr(services.sys, "executable", str(installer))
    with pytest.raises(Missing, match=r"\./psg test --quick"):
        here.browser()
    played = (lacking.folder / "played").read_text().split()
    assert played == ["-m", "playwright", "install", "--with-deps", "chromium", str(services.OWN_BROWSERS)]

    program(there)
    assert here.browser() == str(there)
    here.stop()


def test_a_folder_of_tests_that_is_not_there_is_named_at_once(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "_tests", lambda *_: pytest.fail("nothing is started for it"))
    monkeypatch.chdir(run_tests.CHECKOUT)
    assert run_tests.main(["tests/foundation", "tests/nothing/test_it.py::test_one"]) == run_tests.NOT_RUN
    assert "there is no tests/nothing/test_it.py::test_one" in capsys.readouterr().err


def test_the_folder_of_a_killed_run_is_removed_by_the_next_and_a_living_ones_is_not(tmp_path):
    killed, living = RunFolder(tmp_path), RunFolder(tmp_path)
    (killed.path / "postgresql").mkdir()
    killed._lock.close()
    made_just_now = tmp_path / "psg-test-without-a-lock"
    made_just_now.mkdir()
    other = RunFolder(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted((living.path, made_just_now, other.path))
    living.remove()
    other.remove()
    assert list(tmp_path.iterdir()) == [made_just_now]
