"""A wheel built from this tree works from an empty folder: set up, start, sign in.

Templates, migrations, static files and the entry modules have to travel with it.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.packaging.plain_browser import PlainBrowser

CHECKOUT = Path(__file__).resolve().parents[2]
PASSWORD = "seven quiet herons by the river"  # of an invented administrator


def uv():
    """The installer that made this environment."""
    for name in (os.environ.get("UV"), "uv", str(CHECKOUT / ".tools" / "uv" / "bin" / "uv")):
        if name and shutil.which(name):
            return shutil.which(name)
    pytest.fail("uv is not here: start the tests by ./psg test")
    return None


def run(command, **options):
    """Run a program to its end; what it printed, or a failure that shows it."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run([uv(), "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", folder, CHECKOUT])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of a fresh environment that holds the wheel and sees the locked packages, not the tree."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run([uv(), "venv", "--quiet", "--python", sys.executable, folder])
    run([uv(), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", folder / "bin" / "python", wheel])
    (packages,) = folder.glob("lib/python*/site-packages")
    # A path named in a .pth file stands behind the wheel, and the tree's own .pth is not read through it.
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "locked.pth").write_text(f"{here}\n")
    return folder / "bin"


@pytest.fixture
def environment(installed, tmp_path):
    """What a newly installed machine has: no setting of ours, an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": f"{installed}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}


@pytest.fixture
def folder(tmp_path):
    """An empty folder to work in."""
    made = tmp_path / "installation"
    made.mkdir()
    return made


def test_everything_that_is_not_python_travels(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"wsgi.py", "worker/__init__.py", "psg/migrations/env.py"} <= names
    for kind, source in (("templates", "templates"), ("migrations", "migrations"), ("static", "src/psg/static")):
        here = {
            f"psg/{kind}/{path.relative_to(CHECKOUT / source)}"
            for path in (CHECKOUT / source).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here - names == set(), f"{kind} left behind"


def test_nothing_else_travels(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"psg", "worker", "wsgi.py"}
    assert [name for name in names if re.search(r"\.(env|key|pem|db|sqlite3?)$", name)] == []


def test_modules_come_from_the_wheel(installed, environment, folder):
    code = "import psg, worker, sys; print(psg.__file__); print(worker.__spec__.origin)"
    places = run([installed / "python", "-c", code], cwd=folder, env=environment)
    assert str(CHECKOUT / "src") not in places
    assert places.count(str(installed.parent)) == 2


def test_first_administrator_signs_in(installed, environment, folder):
    port = _free_port()
    base_url = f"http://localhost:{port}"
    who = ["--admin-email", "a@example.org", "--admin-name", "Ada Admin"]
    said = run(
        [installed / "psg", "init", *who, "--base-url", base_url, "--yes-sqlite"],
        cwd=folder,
        env=environment,
    )
    link = re.search(rf"{re.escape(base_url)}/\S+", said)
    assert link, said

    command = next(line for line in said.splitlines() if f"--bind localhost:{port}" in line)
    log = folder.parent / "gunicorn.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            shlex.split(command),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(server, port, log)
        browser = PlainBrowser(base_url).open(link.group())
        assert browser.status == 200, log.read_text()
        browser.submit(password=PASSWORD)
        assert browser.status == 200, browser.page
        if 'type="email"' in browser.page:
            browser.submit(email="a@example.org", password=PASSWORD)
        assert browser.status == 200, browser.page
        assert "Ada Admin" in browser.page
        assert PlainBrowser(base_url).open("/").page != browser.page
    finally:
        server.terminate()
        server.wait(timeout=20)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_it_answers(server, port, log):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"gunicorn did not answer: {log.read_text()}")
