"""The installer is fetched without pip: only what the lock file names, and where that is not for it, not at all."""

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest

from tests.packaging.test_first_door import CHECKOUT, WAY_OUT
from tests.required import left_out
from tools import fetch_uv


@pytest.fixture
def wheel(tmp_path):
    """A wheel with a program in it."""
    file = tmp_path / "uv-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as files:
        files.writestr("uv-1.0.dist-info/METADATA", "Name: uv")
        files.writestr("uv-1.0.data/scripts/uv", "the program")
    return file


def fetched(file, digest):
    return fetch_uv.fetch(file.as_uri(), f"uv==1.0 \\\n    --hash=sha256:{digest}\n")


def test_takes_the_program_out_of_a_wheel_that_the_lock_file_names(wheel):
    assert fetched(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest()) == b"the program"


def test_refuses_a_wheel_that_the_lock_file_does_not_name(wheel):
    with pytest.raises(ValueError, match="is not what"):
        fetched(wheel, hashlib.sha256(b"another").hexdigest())


def test_knows_only_wheels_of_the_locked_version():
    locked = fetch_uv.LOCK.read_text(encoding="utf-8").split(maxsplit=1)[0].replace("==", "-")
    assert {url.rpartition("/")[2].partition("-py3-")[0] for url in fetch_uv.WHEELS.values()} == {locked}


def test_leaves_it_to_pip_where_there_is_an_index_of_ones_own(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example.org/simple")
    assert fetch_uv.main(tmp_path / "bin" / "uv") == 1
    assert not (tmp_path / "bin").exists()


def test_leaves_it_to_pip_where_the_line_is_dead(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(fetch_uv.sysconfig, "get_config_var", lambda _: "a machine")
    monkeypatch.setattr(fetch_uv, "WHEELS", {"a machine": (tmp_path / "nothing.whl").as_uri()})
    assert fetch_uv.main(tmp_path / "bin" / "uv") == 1
    assert "so pip tries" in capsys.readouterr().err


def test_fetches_a_uv_that_runs(tmp_path):
    """The real thing, with nothing of a Python but its standard library. Wants the package index."""
    program = tmp_path / "bin" / "uv"
    way_out = {name: os.environ[name] for name in WAY_OUT if name in os.environ}
    fetching = [sys._base_executable, "-IS", CHECKOUT / "tools" / "fetch_uv.py", program]
    done = subprocess.run(fetching, env=way_out, capture_output=True, text=True, check=False)
    assert "is not what" not in done.stderr
    assert "HTTP Error" not in done.stderr
    if done.returncode:
        left_out(f"uv cannot be fetched straight from here: {done.stderr or 'an index of its own, or a rarer machine'}")
    assert subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.startswith("uv ")
