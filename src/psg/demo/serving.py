"""One process that serves pages, works and keeps the time: gunicorn with one worker, in which two threads run."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # published without types

from psg.reminders import embedded
from worker.schedule import TIMETABLE

HOST = "127.0.0.1"
_TRIES = 50


class NoPort(Exception):
    """No port near the one asked for is free."""


def free_port(wanted: int) -> int:
    """The port asked for, or the next one that nobody listens on; raises NoPort."""
    for port in range(wanted, min(wanted + _TRIES, 65_536)):
        if _is_free(port):
            return port
    raise NoPort(f"Ports {wanted} to {wanted + _TRIES - 1} are all taken. Name another one: psg demo --port 9000")


def _is_free(port: int) -> bool:
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((HOST, port))
        except OSError:
            return False
    # Browsers try the other kind of address of localhost first: whoever listens there would get our visitors.
    try:
        with socket.create_connection(("::1", port), timeout=0.5):
            return False
    except OSError:
        return True


class Server(BaseApplication):
    """gunicorn, told everything here: it reads neither command line nor environment."""

    def __init__(self, make_app: Callable[[], Flask], port: int, log: Path, ready: Callable[[], None]) -> None:
        self._make_app = make_app
        self._port = port
        self._log = log
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        """The settings of gunicorn."""
        values: dict[str, Any] = {
            "bind": f"{HOST}:{self._port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 8,
            "control_socket_disable": True,
            "errorlog": str(self._log),
            "loglevel": "info",
            "graceful_timeout": 8,
            "timeout": 120,
            "proc_name": "psg-demo",
            "post_worker_init": self._start_threads,
            "worker_exit": self._stop_threads,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made in the worker."""
        return self._make_app()

    def _start_threads(self, worker: Any) -> None:
        embedded.start(worker.app.wsgi(), TIMETABLE, web_workers=worker.cfg.workers)
        if worker.age == 1:
            self._ready()

    def _stop_threads(self, _server: Any, worker: Any) -> None:
        embedded.stop(worker.app.wsgi())
