"""What runs by itself: features register functions under a name, `worker/schedule.py` says when.

Every job may run twice, late, or at the same time as itself, and nothing comes of it: the database says what is to be
done, the timetable only when to look.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time

from psg.reminders.draining import drain
from psg.reminders.life import alive
from psg.reminders.rules import Beat
from psg.reminders.sweeping import sweep

Job = Callable[[], object]


@dataclass(frozen=True)
class Every:
    """Again and again, and once when the scheduler starts."""

    seconds: int


@dataclass(frozen=True)
class Daily:
    """At a time of day in London, and once when the scheduler starts (it may have been down at that time)."""

    at: time


When = Every | Daily
Timetable = Mapping[str, When]


def _show_life() -> None:
    alive(Beat.WORKER)


def _send_urgent() -> None:
    drain(urgent_only=True, seconds=25)


def _send_reminders() -> None:
    sweep()
    drain(seconds=60)


_jobs: dict[str, Job] = {"pulse": _show_life, "send-urgent": _send_urgent, "send-reminders": _send_reminders}


def register(name: str, function: Job) -> None:
    """Let a function run by the timetable's line of that name. The same one may be registered twice."""
    if _jobs.setdefault(name, function) is not function:
        raise ValueError(f"two different jobs are called {name}")


def planned(timetable: Timetable) -> dict[str, tuple[When, Job]]:
    """Each job with its time; raises ValueError for a job without a time and for a time without a job."""
    if idle := sorted(_jobs.keys() - timetable.keys()):
        raise ValueError(f"the timetable says nothing of {', '.join(idle)}")
    if unknown := sorted(timetable.keys() - _jobs.keys()):
        raise ValueError(f"the timetable names jobs that nobody registered: {', '.join(unknown)}")
    return {name: (when, _jobs[name]) for name, when in timetable.items()}
