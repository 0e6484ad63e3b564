"""Celery's worker and scheduler as two threads of this process."""

import threading
from typing import Any

from celery.beat import EmbeddedService
from celery.worker import state as worker_state

from psg.reminders.clockwork import Clockwork, Pulse

_PATIENCE_SECONDS = 10
_LOOK_SECONDS = 1
"""The scheduler sleeps no longer than this, for a sleeping thread cannot be stopped."""


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
