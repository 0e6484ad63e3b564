"""Worker and scheduler: `celery -A worker worker`, `celery -A worker beat`. Wiring only; what they do stands in psg."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Build `celery` when it is asked for: the web process reads this package's timetable without a second application.

    The web application must not be called `app` here, because Celery looks for that name first.
    """
    if name != "celery":
        raise AttributeError(name)
    from psg.app import create_app
    from psg.reminders.clockwork import build
    from worker.schedule import TIMETABLE

    built = globals()["celery"] = build(create_app(), TIMETABLE)
    return built
