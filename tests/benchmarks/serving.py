"""Applications as an installation serves them: gunicorn with two processes of four threads, asked by a small client.

Only the CPU time of the server's own processes counts: neither the client's nor PostgreSQL's.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psutil

from psg.settings import Settings
from tests.benchmarks.asking import ask
from tests.benchmarks.measuring import Figure, note
from tests.reminders.servers import free_port, until

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 8
ROUND = 200
"""Requests of a round."""


def environment(settings: Settings) -> dict[str, str]:
    """What a process of its own is told, for it to use this installation."""
    return {
        "PSG_DATABASE_URL": settings.database_url,
        "PSG_BROKER_URL": settings.broker_url,
        "PSG_KEYS": str(settings.keys),
        "PSG_ANCHOR_FILE": str(settings.anchor_file),
        "PSG_BASE_URL": settings.base_url,
        "PSG_MAIL_URL": settings.mail_url,
        "PSG_MAIL_FROM": settings.mail_from,
    }


@dataclass(frozen=True)
class Visit:
    """What is asked of a server again and again."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Server:
    """A running gunicorn, and the visit it is asked for."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, visit: Visit) -> None:
        self._process = psutil.Process(process.pid)
        self._port = port
        self._visit = visit
        self.page = 0
        """Bytes of its page."""

    def ask(self) -> float:
        """One round of requests; CPU milliseconds of one."""
        before = self._cpu()
        page = ask(self._port, self._visit.path, self._visit.headers, connections=CONNECTIONS, requests=ROUND)
        took = self._cpu() - before
        assert page.count(b"<tr") == 51, "the heading and fifty rows"
        self.page = len(page)
        return took * 1000 / ROUND

    def _cpu(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in (self._process, *self._process.children(recursive=True)))


@contextmanager
def serve(target: str, folder: Path, told: Mapping[str, str], visit: Visit) -> Iterator[Server]:
    """gunicorn over an application, until the block ends. target: as gunicorn writes it; told: its environment."""
    port = free_port()
    options = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    with (folder / f"gunicorn-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "--bind", f"127.0.0.1:{port}", target],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **told},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            until(f"{target} answers (see {log.name})", lambda: _answers(process, port))
            yield Server(process, port, visit)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def measure(servers: Mapping[str, Server], *, rounds: int = 5) -> dict[str, Figure]:
    """CPU time of one request: the servers take turns, so that whatever else the machine does falls on all alike."""
    for server in servers.values():
        server.ask()
    times: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            times[name].append(server.ask())
    for name, server in servers.items():
        note(f"served: {name:24} {min(times[name]):6.2f} ms of CPU a request (least), {server.page:7,} bytes")
    return {name: Figure(min(values), sorted(values)[len(values) // 2]) for name, values in times.items()}


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"gunicorn ended with {process.returncode}")
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/nothing-here")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()
