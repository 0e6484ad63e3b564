"""The command as a process of its own, and a browser for it."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.packaging.plain_browser import PlainBrowser

PSG = Path(sys.executable).with_name("psg")


def port_not_taken() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


class Demo:
    """One `psg demo`."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.folder = folder
        self.port = port
        self.options = options
        self.output = ""
        self.seconds = 0.0
        """From the start until it could be used."""
        self.stopped_in = 0.0
        self.seen_children: list[psutil.Process] = []

    def start(self) -> None:
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        self._began = time.monotonic()
        self._file = (self.folder.parent / f"output-{self.port}").open("w+b")
        self.process = subprocess.Popen(
            [PSG, "demo", "--port", str(self.port), "--folder", self.folder, *self.options],
            stdout=self._file,
            stderr=subprocess.STDOUT,
            cwd=self.folder.parent,
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )

    def read(self) -> str:
        self._file.seek(0)
        self.output = self._file.read().decode()
        return self.output

    def wait_for(self, words: str, *, seconds: float) -> None:
        """Until it has said this."""
        until = time.monotonic() + seconds
        while words not in self.read():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.output}"
            assert time.monotonic() < until, f"after {seconds} s: {self.output}"
            time.sleep(0.1)
        self.seconds = time.monotonic() - self._began

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self, sign: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C; gives the exit code."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self._file.close()
            raise
        self.stopped_in = time.monotonic() - began
        self.read()
        self._file.close()
        return code

    @property
    def address(self) -> str:
        """Where it said that it runs."""
        found = re.search(r"PSG runs at\s+(http://localhost:\d+)", self.output)
        assert found, self.output
        return found.group(1)

    def browser(self, email: str = "") -> PlainBrowser:
        """A browser, signed in when an address is given."""
        browser = PlainBrowser(self.address)
        if email:
            browser.open("/sign-in").submit(email=email, password="three invented partnerships")
            assert browser.status == 200, browser.page
            assert "Sign out" in browser.page
        return browser
