"""A Redis, a mail server, and Celery's processes, each of which a test may mistreat."""

import asyncio
import email
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import redis
from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(what: str, true: Callable[[], Any], seconds: float = 120) -> None:
    """Wait for something to become true, looking often; fails saying what did not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds:g} seconds: {what}")


class RedisServer:
    """A Redis of one test, that forgets everything when it is restarted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program() -> str | None:
        """Where it is installed."""
        return shutil.which("redis-server") or shutil.which("valkey-server")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = self.program()
        assert program is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("Redis answers", self._answers)

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as connection:
                return bool(connection.ping())
        except redis.ConnectionError:
            return False


class MailServer:
    """An SMTP server that remembers what it took, slowly enough for a test to step in."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.refused = 0
        self.refuse = ""
        """The answer to every recipient while set, such as "451 later"."""
        self.slow = 0.0
        self.sessions: list[Any] = []
        self.hang_up_next = False
        """End the connection at the next message's sender, without an answer."""
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.url = f"smtp://127.0.0.1:{self._controller.port}?tls=off"

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take the sender, or hang up."""
        self.sessions.append(session)
        if self.hang_up_next:
            self.hang_up_next = False
            server.transport.close()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, or not."""
        if self.refuse:
            with self._lock:
                self.refused += 1
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the message."""
        await asyncio.sleep(self.slow)
        with self._lock:
            self.received.append(email.message_from_bytes(envelope.content))
        return "250 taken"

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._controller.stop()


class Celery:
    """A worker or scheduler process, leader of its own group."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        *arguments: str,
        entry: str = "tests.reminders.clockwork_entry",
    ) -> None:
        self._log = (folder / f"{arguments[0]}-{os.urandom(2).hex()}.log").open("wb")
        command = [sys.executable, "-m", "celery", "-A", entry, *arguments]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def kill(self) -> None:
        """`kill -9` of the process and its children."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
