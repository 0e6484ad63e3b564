"""Hooks of gunicorn for a trial with one process: `gunicorn -c python:worker.embedded --threads 8 wsgi:app`."""

from typing import Any

from psg.reminders import embedded
from worker.schedule import TIMETABLE

workers = 1
worker_class = "gthread"


def post_worker_init(worker: Any) -> None:
    """Start worker and scheduler as threads of the web process; does nothing where a Redis is the broker."""
    embedded.start(worker.app.wsgi(), TIMETABLE, web_workers=worker.cfg.workers)


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Let the message that is being sent get out, then stop."""
    embedded.stop(worker.app.wsgi())
