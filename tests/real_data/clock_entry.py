"""Entry module of the real worker and scheduler: `celery -A tests.real_data.clock_entry worker`.

The application is the one that production runs, from settings in the environment. Only two things differ: the clock
runs ahead (or behind) by the seconds that a file says, and what waits is looked at every second.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psg import clock

_AHEAD = Path(os.environ["PSG_TEST_AHEAD"])


def _ahead() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_AHEAD.read_text()))


clock.source = _ahead

from psg.app import create_app  # noqa: E402 - after the clock has been set
from psg.reminders.clockwork import build  # noqa: E402
from psg.reminders.jobs import Every  # noqa: E402
from worker.schedule import TIMETABLE  # noqa: E402

_QUICKLY = {"pulse": Every(5), "send-urgent": Every(2), "send-reminders": Every(1), "remind-of-meetings": Every(2)}

celery = build(create_app(), {**TIMETABLE, **_QUICKLY})
