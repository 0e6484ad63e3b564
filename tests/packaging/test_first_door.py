"""`./psg`, the script that a newcomer runs first: it works from nothing, and where it cannot, it says what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.required import left_out

CHECKOUT = Path(__file__).resolve().parents[2]
PLAIN_TOOLS = ("sh", "dirname", "env", "mkdir", "mv", "rm", "cat", "cksum")
# How this machine reaches the package index may be told by the environment; nothing else is handed on.
WAY_OUT = ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")


@pytest.fixture
def copy(tmp_path):
    """The files of this tree as a clone would bring them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    folder = tmp_path / "psg with a space"
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = CHECKOUT / name
        if source.is_file() and not name.startswith(("tests/", "docs/")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


@pytest.fixture
def bare_path(tmp_path):
    """A folder for PATH with the plain tools of any Unix and no Python at all."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in PLAIN_TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def door(copy, path, *arguments, before=(), **environment):
    """Run ./psg with an empty home and nothing but `path` to find programs on; `before` is a command that runs it."""
    home = copy.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [*before, copy / "psg", *arguments],
        env={"PATH": str(path), "HOME": str(home), **environment},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def python_that(folder, script):
    """A python3 that answers as `script` says."""
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def uv_that_only_notes(folder, asked):
    """A uv that writes down what it is asked for, and fails."""
    program = folder / "uv"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "uv 0.13.9" && exit\necho "$*" >>"{asked}"\nexit 2\n')
    program.chmod(0o755)


def test_says_when_there_is_no_python(copy, bare_path):
    done = door(copy, bare_path, "demo")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; here is no python3" in done.stderr


def test_says_when_python_is_too_old(copy, bare_path):
    python_that(bare_path, 'case "$1" in --version) echo Python 3.8.18 ;; *) exit 1 ;; esac')
    done = door(copy, bare_path, "demo")
    assert done.returncode == 1
    assert "here is Python 3.8.18" in done.stderr
    assert "PSG_PYTHON=" in done.stderr


def test_names_the_command_when_there_is_no_pip(copy, bare_path):
    python_that(bare_path, 'case "$1 $2" in *sys.executable*) echo "$0" ;; "-c import pip") exit 1 ;; esac')
    done = door(copy, bare_path, "demo")
    assert done.returncode == 1
    assert "has no pip: apt install python3-pip" in done.stderr


def test_says_what_to_do_when_nothing_can_be_downloaded(copy, bare_path):
    nowhere = "https://127.0.0.1:9/simple"
    (bare_path / "python3").symlink_to(sys.executable)
    uv_that_only_notes(bare_path, copy.parent / "asked")
    done = door(copy, bare_path, "demo", UV_DEFAULT_INDEX=nowhere, PIP_INDEX_URL=nowhere)
    assert done.returncode == 1
    assert "could not be downloaded" in done.stderr
    assert "HTTPS_PROXY" in done.stderr


def test_asks_an_index_of_ones_own_where_the_lock_file_names_another(copy, bare_path):
    (bare_path / "python3").symlink_to(sys.executable)
    asked = copy.parent / "asked"
    uv_that_only_notes(bare_path, asked)
    door(copy, bare_path, "--help")
    assert asked.read_text().startswith("sync --frozen ")
    asked.unlink()
    environment = copy / ".venv" / "bin" / "python"
    environment.parent.mkdir(parents=True)
    environment.symlink_to(sys.executable)
    door(copy, bare_path, "--help", UV_DEFAULT_INDEX="https://packages.example.org/simple")
    assert asked.read_text().startswith("pip install --require-hashes ")
    assert asked.read_text().endswith("requirements.lock\n")


def test_refuses_to_write_into_a_folder_of_somebody_else(copy, bare_path):
    # Root may write everywhere, so it gives up the right to do so.
    unable = [shutil.which("setpriv"), "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    (bare_path / "python3").symlink_to(sys.executable)
    copy.chmod(0o555)
    done = door(copy, bare_path, "demo", before=unable)
    copy.chmod(0o755)
    assert done.returncode == 1
    assert "let the owner of that folder run it first" in done.stderr


def test_fresh_copy_with_an_empty_home_has_the_command(copy):
    """The real thing: an installer fetched, the locked packages installed, the command run. Wants the package index."""
    way_out = {name: os.environ[name] for name in WAY_OUT if name in os.environ}
    done = door(copy, "/usr/local/bin:/usr/bin:/bin", "--help", PSG_PYTHON=sys._base_executable, **way_out)
    unreachable = "Failed to fetch" in done.stderr or "Retrying (" in done.stderr
    if unreachable and done.returncode:
        left_out(f"the package index cannot be reached: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
    assert "psg: installing the locked packages" in done.stderr

    again = door(copy, "/usr/local/bin:/usr/bin:/bin", "--help", PSG_PYTHON=sys._base_executable)
    assert again.returncode == 0
    assert again.stderr == ""

    # From wherever it is called, the environment knows this copy's code, for servers as for the command.
    programs = copy / ".venv" / "bin"
    command = subprocess.run([programs / "psg", "--version"], cwd="/", capture_output=True, text=True, check=True)
    assert command.stdout.startswith("psg, version ")
    found = [programs / "python", "-P", "-c", "import psg, worker; print(psg.__file__, worker.__file__, sep='\\n')"]
    files = subprocess.run(found, cwd="/", capture_output=True, text=True, check=True).stdout.splitlines()
    assert files == [str(copy / "src" / "psg" / "__init__.py"), str(copy / "worker" / "__init__.py")]
