"""Entry module of real worker and scheduler processes in tests: `celery -A tests.reminders.clockwork_entry worker`.

The clock runs ahead by the seconds that a file says, so that a test can let leases and delays pass.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psg import clock

_AHEAD = Path(os.environ["PSG_TEST_AHEAD"])


def _ahead() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_AHEAD.read_text()))


clock.source = _ahead

from psg.reminders.clockwork import build  # noqa: E402 - after the clock has been set
from psg.reminders.jobs import Every  # noqa: E402
from tests.reminders import small  # noqa: E402

web = small.make_app(os.environ["PSG_TEST_DATABASE"], os.environ["PSG_TEST_MAIL"], os.environ["PSG_TEST_BROKER"])
celery = build(web, {"pulse": Every(2), "send-urgent": Every(2), "send-reminders": Every(1)})
