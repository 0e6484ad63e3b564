"""Loading the demonstration: everything that happened, in the order of time, through the operations that forms use."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from psg.audit.seal import seal_all
from psg.db import db, reading_done
from psg.demo import casework, gatherings, mailings, setting, visits
from psg.demo.reading import Content
from psg.demo.timing import Calendar, Step, past
from psg.demo.world import World
from psg.settings import Settings

Progress = Callable[[int, int], None]
"""Told how many steps are done, of how many."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded."""

    cases: int
    steps: int
    seconds: float


def load(what: Content, settings: Settings, progress: Progress = lambda _done, _of: None) -> Loaded:
    """Fill an empty, migrated database. Needs an application context whose database it is.

    The same content on the same day gives the same records, but for ids and references.
    """
    began = time.monotonic()
    calendar = Calendar.starting_now()
    world = World(what, calendar, settings)
    steps = in_order(world)
    with past() as set_clock:
        for done, step in enumerate(steps):
            set_clock(calendar.moment(step.day, step.minute))
            step.act()
            reading_done()
            progress(done + 1, len(steps))
    db.session.remove()
    seal_all(everything=True)
    return Loaded(len(world.cases), len(steps), time.monotonic() - began)


def in_order(world: World) -> list[Step]:
    """Every step there is, by time."""
    parts = (setting, casework, gatherings, visits, mailings)
    found = [step for part in parts for step in part.steps(world)]
    return sorted((step for step in found if step.day <= world.calendar.today), key=lambda step: step.when)
