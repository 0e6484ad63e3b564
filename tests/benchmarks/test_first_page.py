"""From a command to the first page on a bare machine: by `./psg`, and by `venv` and pip with the same locked packages.

Both begin with a clone, an empty home and empty caches, make the same empty installation (`psg init` with the embedded
database) and start the same server on it; the clock stops at the first page. `./psg demo` ends elsewhere, since it
loads a history first: its time is printed beside them.

All of it wants the package index, so only `make bench` runs it; where the index cannot be reached it is left out. The
clone holds what has been committed, nothing else.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.benchmarks.measuring import line, note
from tests.packaging.test_first_door import CHECKOUT, WAY_OUT
from tests.reminders.servers import free_port, until
from tests.required import left_out

ROUNDS = 2
PATIENCE = 600
"""Seconds."""

_INIT = "init --yes-sqlite --admin-email first@example.org --admin-name First --base-url http://localhost:$PORT"
_SERVE = "exec .venv/bin/gunicorn -c python:worker.embedded --no-control-socket --bind localhost:$PORT wsgi:app"
DOOR = f"./psg {_INIT} && {_SERVE}"
PIP = (
    "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.lock && .venv/bin/pip install -q . && "
    f".venv/bin/psg {_INIT} && {_SERVE}"
)
DEMO = "exec ./psg demo --port $PORT"


@dataclass(frozen=True)
class Took:
    """Seconds until the first page, and of CPU time of everything that ran for it."""

    wall: float
    cpu: float


def first_page(command: str, folder: Path) -> Took:
    """Run a command in a fresh clone with an empty home, and stop it once it has given a page."""
    folder.mkdir()
    clone, home, programs, log = (folder / name for name in ("psg", "home", "bin", "output"))
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{CHECKOUT}", clone], check=True)
    home.mkdir()
    programs.mkdir()
    (programs / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]  # the one outside any venv
    port = free_port()
    way_out = {name: os.environ[name] for name in WAY_OUT if name in os.environ}
    told = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "PORT": str(port)}
    cpu, began = _cpu_of_children(), time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=clone,
            env=told | way_out,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(f"a page of: {command}", lambda: process.poll() is not None or _gives_a_page(port), seconds=PATIENCE)
        wall = time.monotonic() - began
        process.terminate()
        process.wait(30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    said = log.read_text(errors="replace")
    if process.returncode not in (0, -signal.SIGTERM):
        if "could not be downloaded" in said or "Retrying (" in said:
            left_out(f"the package index cannot be reached: {said[-2000:]}")
        raise AssertionError(said)
    return Took(wall, _cpu_of_children() - cpu)


def _gives_a_page(port: int) -> bool:
    connection = HTTPConnection("localhost", port, timeout=30)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_first_page(tmp_path):
    ways = {"./psg": DOOR, "venv and pip": PIP}
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, command in ways.items():
            took[name].append(first_page(command, tmp_path / f"{name.split()[-1].strip('./')}-{turn}"))
    wall = {name: min(one.wall for one in those) for name, those in took.items()}
    cpu = {name: min(one.cpu for one in those) for name, those in took.items()}
    line("first page of an empty installation, ./psg / venv and pip", wall["./psg"] / wall["venv and pip"], "must 0.25")
    line("  the same by CPU time", cpu["./psg"] / cpu["venv and pip"], "printed only")
    demo = first_page(DEMO, tmp_path / "demo")
    for name, those in {**took, "./psg demo": [demo]}.items():
        rounds = ", ".join(f"{one.wall:.1f} s ({one.cpu:.1f} s of CPU)" for one in those)
        note(f"first page: {name:14} {rounds}")
