"""A real worker and scheduler send what is due in the planted world; every message and key of Redis is looked at."""

import base64
import binascii
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from sqlalchemy import func, select

from psg import clock
from psg.db import db
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState, covers_until
from tests.canary import planting
from tests.canary.crawling import tokens_in
from tests.conftest import _postgres_or_skip
from tests.real_data.site import Clock, broker
from tests.reminders.servers import Celery, RedisServer, until
from tests.required import left_out
from worker.schedule import TIMETABLE

pytestmark = [pytest.mark.redis, pytest.mark.postgres]

PROBE = "CNRY-WATCHER-IS-AWAKE"
PACKED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


class Watcher:
    """Hears every command that any client gives to Redis, as Redis itself tells it."""

    def __init__(self, address: str) -> None:
        self.client = redis.Redis.from_url(address)
        self.heard: list[str] = []
        self._number = int(urlsplit(address).path.strip("/") or 0)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _listen(self) -> None:
        try:
            with self.client.monitor() as monitor:
                self._ready.set()
                for said in monitor.listen():
                    if said["db"] == self._number:
                        self.heard.append(said["command"])
        except redis.ConnectionError:
            return

    def held(self) -> str:
        """Every key that is there now, with what it holds."""
        parts = []
        for key in self.client.scan_iter(count=500):
            parts.append(key + b" " + (self.client.dump(key) or b""))
        return b"\n".join(parts).decode("latin-1")


def opened(text: str) -> str:
    """A text, and everything in it that was packed as base64 (Celery packs the bodies of its messages)."""
    parts = [text]
    for packed in set(PACKED.findall(text)):
        try:
            parts.append(base64.b64decode(packed, validate=True).decode("latin-1"))
        except binascii.Error:
            continue
    return "\n".join(parts)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A real Redis."""
    if RedisServer.program() is None:
        left_out("there is no redis-server")
    with broker(tmp_path) as found:
        yield found


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[planting.Planted]:
    """The planted world, nothing sent yet."""
    _postgres_or_skip()
    found = planting.planted("postgresql", tmp_path_factory.mktemp("planted"))
    found.fresh()
    yield found
    found.release()


@pytest.fixture
def time_of_work(tmp_path: Path) -> Iterator[Path]:
    """Half past nine on the next working day, for every process: digests may go."""
    before, day = clock.source, clock.working_day_on_or_after(clock.today() + timedelta(days=1))
    moved = Clock(tmp_path / "ahead")
    moved.set(datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC))
    yield moved.file
    clock.source = before


def test_no_message_and_no_key_holds_what_was_typed(
    made: planting.Planted, address: str, time_of_work: Path, tmp_path: Path
) -> None:
    watcher = Watcher(address)
    watcher.client.set("probe", PROBE)
    watcher.client.delete("probe")
    environment = {
        "PSG_DATABASE_URL": made.copy.database_url,
        "PSG_BROKER_URL": address,
        "PSG_KEYS": str(made.copy.keys),
        "PSG_ANCHOR_FILE": str(made.copy.anchor_file),
        "PSG_BASE_URL": made.copy.base_url,
        "PSG_MAIL_URL": made.copy.mail_url,
        "PSG_MAIL_FROM": made.copy.mail_from,
        "PSG_TEST_AHEAD": str(time_of_work),
    }
    entry = "tests.real_data.clock_entry"
    processes = [
        Celery(tmp_path, environment, "worker", "--concurrency", "1", "--loglevel", "WARNING", entry=entry),
        Celery(tmp_path, environment, "beat", "--loglevel", "WARNING", "--pidfile", "", entry=entry),
    ]
    held = []
    try:
        with made.app.app_context():
            until("everything due has gone out", lambda: held.append(watcher.held()) or _quiet(), seconds=90)
            sent = select(func.count()).where(Delivery.state == DeliveryState.SENT)
            assert (db.session.scalar(sent) or 0) > 10
            db.session.remove()
        until("every job has been called", lambda: _called(watcher) >= set(TIMETABLE), seconds=60)
        held.append(watcher.held())
    finally:
        for process in processes:
            process.kill()
    said = opened("\n".join(watcher.heard))
    assert PROBE in tokens_in(said, {}), "the watcher heard nothing"
    assert tokens_in(said.replace(PROBE, ""), made.scene.odd) == set()
    kept = opened("\n".join(held))
    assert "psg." in kept or "_kombu" in kept, "no key was seen"
    assert tokens_in(kept, made.scene.odd) == set()
    for name in made.world.people:
        assert made.world.people[name].email not in said + kept
    logs = "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.log"))
    assert tokens_in(logs, made.scene.odd) == set()


def _called(watcher: Watcher) -> set[str]:
    return {
        name for name in TIMETABLE if any(f'psg.{name}\\"' in said or f'psg.{name}"' in said for said in watcher.heard)
    }


def _quiet() -> bool:
    """Nothing is owed up to today and nothing waits."""
    now, today = clock.now(), clock.today()
    owed = select(func.count()).where(Obligation.next_on.is_not(None), Obligation.next_on < covers_until(today))
    states = (DeliveryState.WAITING, DeliveryState.SENDING)
    waiting = select(func.count()).where(Delivery.state.in_(states), Delivery.next_try_at <= now)
    left = [db.session.scalar(count) for count in (owed, waiting)]
    db.session.rollback()
    return left == [0, 0]
