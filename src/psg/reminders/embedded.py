"""Worker and scheduler as threads of the one web process: for trials, where nothing else is to be installed."""

from __future__ import annotations

import atexit
import logging
from typing import TYPE_CHECKING

from flask import Flask

from psg.reminders.jobs import Timetable
from psg.settings import Settings

# A web process whose worker is another process needs no Celery.
if TYPE_CHECKING:
    from psg.reminders.threads import Embedded

_logger = logging.getLogger(__name__)


class MoreThanOneProcess(RuntimeError):
    """The memory broker reaches no other process."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"PSG_BROKER_URL=memory:// works in one web process only, and {count} were asked for. "
            "Run one (gunicorn --workers 1 --threads 8), or set PSG_BROKER_URL to a Redis."
        )


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
    from psg.reminders.clockwork import build
    from psg.reminders.threads import Embedded

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
