"""The timetable, and worker and scheduler as threads of one process."""

import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest
from flask import Flask

from psg.db import db
from psg.reminders import clockwork, embedded, jobs, life
from psg.reminders.jobs import Daily, Every
from psg.reminders.rules import Beat, DeliveryState
from tests.reminders import small
from tests.reminders.servers import until
from worker.schedule import TIMETABLE

OWN = {"pulse": Every(60), "send-urgent": Every(1), "send-reminders": Every(1)}


@pytest.fixture
def only_own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No jobs of other features."""
    own = {name: job for name, job in jobs._jobs.items() if name in OWN}
    monkeypatch.setattr(jobs, "_jobs", own)


def test_a_job_without_a_time_and_a_time_without_a_job_do_not_start(only_own_jobs: None) -> None:
    with pytest.raises(ValueError, match="tidy"):
        jobs.planned({**OWN, "tidy": Daily(time(3))})
    jobs.register("tidy", print)
    jobs.register("tidy", print)
    with pytest.raises(ValueError, match="tidy"):
        jobs.planned(OWN)
    with pytest.raises(ValueError, match="tidy"):
        jobs.register("tidy", input)


def test_nightly_jobs_keep_clear_of_the_hour_that_a_clock_change_repeats_or_skips() -> None:
    for when in TIMETABLE.values():
        if isinstance(when, Daily):
            assert not time(1) <= when.at < time(2)


def test_messages_hold_nothing_and_do_not_pile_up(app: Flask, only_own_jobs: None) -> None:
    celery = clockwork.build(app, {**OWN})
    for name, entry in celery.conf.beat_schedule.items():
        assert entry["task"] == f"psg.{name}"
        assert not entry.get("args")
        assert not entry.get("kwargs")
        assert entry["options"]["expires"] <= 60
    assert celery.conf.accept_content == ["json"]
    assert celery.conf.task_acks_late
    assert celery.conf.task_ignore_result


def test_both_threads_work_and_stop(app: Flask, only_own_jobs: None, mail_folder: Path) -> None:
    (priya,) = small.people(1)
    db.session.remove()
    threads = embedded.start(app, OWN)
    assert threads is not None
    assert embedded.running(app)
    try:
        small.tell(priya)
        until("the message is written", lambda: list(mail_folder.glob("*.eml")))
        until("both show life", lambda: not any(life.last_seen(who).silent for who in Beat))
        until("it is marked", lambda: small.deliveries()[0].state is DeliveryState.SENT)
        with pytest.raises(RuntimeError, match="already running"):
            embedded.start(app, OWN)
    finally:
        embedded.stop(app)
    assert not threads.running
    assert not embedded.running(app)


def test_the_text_of_a_failure_stays_out_of_the_log(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("Priya N, 4 Orchard Court")

    monkeypatch.setattr(jobs, "_jobs", {"pulse": fail})
    threads = embedded.start(app, {"pulse": Every(1)})
    try:
        until("the failure is logged", lambda: "job_failed" in caplog.text)
    finally:
        embedded.stop(app)
    assert threads is not None
    (entry, *_) = [record for record in caplog.records if record.getMessage() == "job_failed"]
    assert entry.data == {"name": "psg.pulse"}
    assert all("Orchard" not in str(record.__dict__.get("data")) + record.getMessage() for record in caplog.records)


def test_more_than_one_web_process_is_refused(app: Flask) -> None:
    with pytest.raises(embedded.MoreThanOneProcess, match="gunicorn --workers 1"):
        embedded.start(app, OWN, web_workers=2)


def test_with_a_real_broker_nothing_is_started_here(database_url: str) -> None:
    app = small.make_app(database_url, "folder:///nowhere", "redis://localhost/0")
    assert embedded.start(app, OWN) is None
    assert not embedded.running(app)


def test_the_timetable_is_read_without_an_application() -> None:
    code = """
import sys
import worker.embedded, worker.schedule
assert "psg.app" not in sys.modules
print(len(worker.schedule.TIMETABLE))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(len(TIMETABLE))
