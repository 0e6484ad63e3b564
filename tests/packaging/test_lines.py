"""gunicorn's own lines are JSON like ours, and a failure's text, which may quote people, stays out of them."""

import json
import subprocess
import sys
from typing import Any

# In a process of its own: gunicorn keeps the standard error it finds.
_PROGRAM = """
from gunicorn.config import Config
from worker.lines import Lines
log = Lines(Config())
log.info("Listening at: %s (%s)", "http://127.0.0.1:8000", 7)
def fail():
    raise ValueError("Ashley Fenn of 3 Mill Lane")
try:
    fail()
except ValueError:
    log.exception("Exception in worker process")
"""


def test_each_line_is_an_object_and_a_failure_says_where_but_not_what_was_typed() -> None:
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    lines: list[dict[str, Any]] = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("Listening at: http://127.0.0.1:8000 (7)", "info", "gunicorn.error"),
        ("Exception in worker process", "error", "gunicorn.error"),
    ]
    assert lines[1]["failure"] == "ValueError"
    assert lines[1]["where"][-1].endswith("fail")
    assert "Ashley" not in ran.stderr
