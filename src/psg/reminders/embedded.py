"""Worker and scheduler as threads of the one web process: for trials, where nothing else is to be installed."""

import atexit
import logging
import threading
from typing import Any

from celery.beat import EmbeddedService
from celery.worker import state as worker_state
from flask import Flask

from psg.reminders.clockwork import Clockwork, Pulse, build
from psg.reminders.jobs import Timetable
from psg.settings import Settings

_logger = logging.getLogger(__name__)
_PATIENCE_SECONDS = 10
_LOOK_SECONDS = 1
"""The scheduler sleeps no longer than this, for a sleeping thread cannot be stopped."""


class MoreThanOneProcess(RuntimeError):
    """The memory broker reaches no other process."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"PSG_BROKER_URL=memory:// works in one web process only, and {count} were asked for. "
            "Run one (gunicorn --workers 1 --threads 8), or set PSG_BROKER_URL to a Redis."
        )


class Embedded:
    """The two threads."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._worker: Any = clockwork.WorkController(
            pool="solo", concurrency=1, without_gossip=True, without_mingle=True, without_heartbeat=True
        )
        self._beat: Any = EmbeddedService(clockwork, max_interval=_LOOK_SECONDS, thread=True, scheduler_cls=Pulse)
        self._clockwork = clockwork
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Begin work."""
        worker_state.should_stop = None
        self._thread.start()
        self._beat.start()

    def stop(self) -> None:
        """End after what is being done now; what is left stays in the database."""
        self._beat.service.stop()
        worker_state.should_stop = 0
        self._thread.join(_PATIENCE_SECONDS)
        self._beat.join(_PATIENCE_SECONDS)

    def _work(self) -> None:
        self._clockwork.set_current()  # Celery looks tasks up in the thread's own application
        self._worker.start()

    @property
    def running(self) -> bool:
        """Whether both threads live."""
        return self._thread.is_alive() and self._beat.is_alive()


_EXTENSION = "psg.embedded"


def start(app: Flask, timetable: Timetable, *, web_workers: int = 1) -> Embedded | None:
    """Start both threads if the settings ask for it (a memory:// broker); None when worker and beat run on their own.

    web_workers: how many web processes there are; raises MoreThanOneProcess for more than one.
    """
    values: Settings = app.extensions["psg.settings"]
    if not values.embedded:
        return None
    if web_workers > 1:
        raise MoreThanOneProcess(web_workers)
    if _EXTENSION in app.extensions:
        raise RuntimeError("worker and scheduler are already running in this process")
    threads = app.extensions[_EXTENSION] = Embedded(build(app, timetable))
    threads.start()
    atexit.register(stop, app)
    _logger.info("embedded_worker_started")
    return threads


def stop(app: Flask) -> None:
    """Stop both threads, if they were started here."""
    threads: Embedded | None = app.extensions.pop(_EXTENSION, None)
    if threads is not None:
        threads.stop()


def running(app: Flask) -> bool:
    """Whether worker and scheduler live in this process."""
    threads: Embedded | None = app.extensions.get(_EXTENSION)
    return threads is not None and threads.running
