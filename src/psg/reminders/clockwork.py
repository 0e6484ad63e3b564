"""Celery as a clock: it says when to look, the database says what to do. No message carries any data at all."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from celery.schedules import crontab, schedule
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from psg import clock
from psg.db import db
from psg.reminders.jobs import Daily, Job, Timetable, When, planned
from psg.reminders.life import alive
from psg.reminders.rules import Beat
from psg.settings import Settings

_logger = logging.getLogger(__name__)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SIGN_EVERY = timedelta(seconds=60)


class Clockwork(Celery):
    """The Celery application, with the web application whose context its tasks run in."""

    web: Flask


class Pulse(Scheduler):
    """The timetable in memory: no state file. Everything is due once at the start; a minute's beat shows life."""

    _signed = _LONG_AGO

    def setup_schedule(self) -> None:
        """What came due while no scheduler ran is looked at now."""
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = _LONG_AGO

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Ring what is due; show life when that was possible."""
        wait = super().tick(*args, **kwargs)
        if abs(clock.now() - self._signed) >= _SIGN_EVERY:
            self._show_life()
        return wait

    def _show_life(self) -> None:
        try:
            with self.app.web.app_context():
                alive(Beat.SCHEDULER)
        except SQLAlchemyError as error:
            # A database that is away must not end the scheduler; the missing sign of life says it.
            _logger.warning("no_sign_of_life", extra={"failure": type(error).__name__})
        else:
            self._signed = clock.now()


def build(web: Flask, timetable: Timetable) -> Clockwork:
    """The Celery application for a web application; raises ValueError when jobs and timetable do not match."""
    values: Settings = web.extensions["psg.settings"]
    clockwork = Clockwork("psg", broker=values.broker_url, set_as_current=False)
    clockwork.web = web
    clockwork.conf.update(_SETTINGS)
    for name, (when, job) in planned(timetable).items():
        _add(clockwork, name, when, job)
    _quieten()
    signals.setup_logging.connect(_keep_our_logging, weak=False)
    signals.worker_process_init.connect(_own_connections(web), weak=False)
    return clockwork


_SETTINGS: dict[str, Any] = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "event_serializer": "json",
    "task_default_queue": "psg",
    "task_ignore_result": True,
    "result_backend": None,
    "result_expires": None,
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "task_soft_time_limit": 240,
    "task_time_limit": 300,
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    "worker_enable_remote_control": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
        "polling_interval": 0.5,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "retry_on_timeout": True,
    },
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "timezone": "Europe/London",
    "enable_utc": True,
    "beat_scheduler": "psg.reminders.clockwork:Pulse",
    "beat_max_loop_interval": 5,
}


def _add(clockwork: Clockwork, name: str, when: When, job: Job) -> None:
    task = f"psg.{name}"
    clockwork.task(_in_context(clockwork.web, job), name=task, shared=False)
    if isinstance(when, Daily):
        timing: Any = crontab(hour=when.at.hour, minute=when.at.minute)
        expires = 3600
    else:
        timing, expires = schedule(when.seconds), when.seconds
    # What piles up while no worker runs is thrown away: one look is as good as a hundred.
    clockwork.conf.beat_schedule[name] = {"task": task, "schedule": timing, "options": {"expires": expires}}


def _in_context(web: Flask, job: Job) -> Callable[[], None]:
    def run() -> None:
        with web.app_context():
            alive(Beat.WORKER)
            job()

    return run


def _keep_our_logging(**_: Any) -> None:
    """Leave logging as create_app set it up: that somebody listens is all that Celery asks."""


def _quieten() -> None:
    """Keep the texts of failures, which may quote people, out of the logs; and a line for each look in vain."""
    logging.getLogger("celery.app.trace").addFilter(_without_text)
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat", "kombu.connection"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_text(entry: logging.LogRecord) -> bool:
    told = getattr(entry, "data", None)
    if isinstance(told, dict):
        entry.msg, entry.args, entry.data = "job_failed", None, {"name": told.get("name")}
    return True


def _own_connections(web: Flask) -> Callable[..., None]:
    parent = os.getpid()

    def fresh(**_: Any) -> None:
        # A worker's children must not talk over connections that they share with their parent. (A pool without
        # children sends this signal too.)
        if os.getpid() != parent:
            with web.app_context():
                db.engine.dispose(close=False)

    return fresh
