"""What a process loads before it can answer: every package below costs each start time and memory."""

import subprocess
import sys

LATER = {"alembic", "celery", "holidays", "icalendar", "kombu", "mako", "psycopg", "redis"}
"""Large, and wanted by few requests, by one kind of database or by another process."""


def test_the_application_starts_without_what_few_requests_need():
    code = f"import sys, psg.app; print(*sorted({LATER!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
