"""Real worker, scheduler, Redis and mail server, each killed or refusing in the middle of 500 reminders."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from psg import clock
from psg.db import db, transaction
from psg.reminders import life, operations
from psg.reminders.marking import TOGETHER
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import Beat, DeliveryState
from tests.reminders import small
from tests.reminders.servers import Celery, MailServer, RedisServer, until
from tests.required import left_out

pytestmark = pytest.mark.redis

COUNT = 500


class Scene:
    """Everything that takes part."""

    def __init__(self, folder: Path, database_url: str, redis: RedisServer, mail: MailServer) -> None:
        self.redis, self.mail, self.folder = redis, mail, folder
        self._ahead_file = folder / "ahead"
        self._processes: list[Celery] = []
        self.app = small.make_app(database_url, mail.url, redis.url)
        small.make_tables(self.app)
        # Half past nine on the next working day: digests may go, whatever day the tests are run on.
        day = clock.working_day_on_or_after(datetime.now(UTC).date() + timedelta(days=1))
        self._ahead = (datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        self.pass_time()
        self._environment = {
            "PSG_TEST_DATABASE": database_url,
            "PSG_TEST_MAIL": mail.url,
            "PSG_TEST_BROKER": redis.url,
            "PSG_TEST_AHEAD": str(self._ahead_file),
        }

    def pass_time(self, **span: float) -> None:
        """Let time pass for every process, this one too."""
        self._ahead += timedelta(**span).total_seconds()
        unfinished = self._ahead_file.with_suffix(".new")
        unfinished.write_text(str(self._ahead))
        unfinished.replace(self._ahead_file)
        clock.source = lambda: datetime.now(UTC) + timedelta(seconds=self._ahead)

    def worker(self) -> Celery:
        return self._start("worker", "--concurrency", "2", "--loglevel", "WARNING")

    def beat(self) -> Celery:
        return self._start("beat", "--loglevel", "WARNING", "--pidfile", "")

    def _start(self, *arguments: str) -> Celery:
        process = Celery(self.folder, self._environment, *arguments)
        self._processes.append(process)
        return process

    def states(self) -> dict[DeliveryState, int]:
        rows = db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
        db.session.commit()
        return {state: count for state, count in rows}  # noqa: C416 - rows are not plain pairs

    def end(self) -> None:
        for process in self._processes:
            process.kill()


@pytest.fixture
def scene(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    if RedisServer.program() is None:
        left_out("there is no redis-server")
    database_url = request.getfixturevalue("postgres_url")
    redis, mail = RedisServer(tmp_path), MailServer()
    mail.start()
    redis.start()
    made = Scene(tmp_path, database_url, redis, mail)
    with made.app.app_context():
        try:
            yield made
        finally:
            made.end()
            redis.kill()
            mail.stop()
            db.session.remove()
            db.engine.dispose()


def owe_to_everybody(count: int) -> None:
    place, today = small.partnership(), clock.today()
    people = small.people(count)
    with transaction():
        for user_id in people:
            operations.owe(
                operations.Owed(
                    partnership_id=place,
                    kind="action-due",
                    record_id=user_id,
                    user_id=user_id,
                    reference="action 1 of EC-7QK4-M2",
                    due_on=today,
                    next_on=today,
                )
            )


def sent_in_time(scene: Scene) -> bool:
    """Whether all are sent. While none is on its way time passes, so that delays run out and no lease does."""
    states = scene.states()
    if DeliveryState.SENDING not in states:
        scene.pass_time(minutes=1)
    return states == {DeliveryState.SENT: COUNT}


@pytest.mark.parametrize(("slow", "in_doubt"), [(0.02, 1), (0.004, TOGETHER)], ids=["each-marked", "few-together"])
def test_every_reminder_arrives_whatever_is_killed(scene: Scene, slow: float, in_doubt: int) -> None:
    """Worker killed in the middle, Redis restarted empty, mail server refusing then accepting, two schedulers.

    slow: how long the server takes for each, so that a busy machine cannot finish before it is killed.
    """
    owe_to_everybody(COUNT)
    scene.mail.slow = slow
    worker = scene.worker()
    scene.beat()
    scene.beat()
    until("100 reminders have arrived", lambda: len(scene.mail.received) >= 100)

    worker.kill()
    before = len(scene.mail.received)
    assert before < COUNT
    scene.redis.kill()
    scene.mail.refuse = "451 4.3.0 come back later"
    scene.redis.start()
    scene.pass_time(minutes=6)  # leases run out
    scene.worker()
    until("the mail server has refused 50", lambda: scene.mail.refused >= 50)

    scene.mail.slow = 0.0
    scene.mail.refuse = ""
    until("all are sent", lambda: sent_in_time(scene))

    ids: dict[str, list[str]] = defaultdict(list)
    for message in scene.mail.received:
        ids[message["To"]].append(message["Message-ID"])
    assert len(ids) == COUNT
    assert all(len(set(seen)) == 1 for seen in ids.values())
    assert sum(len(seen) - 1 for seen in ids.values()) <= 2 * in_doubt  # of two processes killed while sending
    assert db.session.scalar(select(func.count()).where(Obligation.next_on <= clock.today())) == 0
    db.session.commit()
    assert not life.last_seen(Beat.WORKER).silent
    assert not life.last_seen(Beat.SCHEDULER).silent


def test_a_refusal_for_good_stops_and_the_others_arrive(scene: Scene) -> None:
    for user_id in small.people(3):
        small.tell(user_id)
    scene.mail.refuse = "550 5.1.1 nobody of that name"
    scene.worker()
    scene.beat()
    until("all three have failed", lambda: scene.states() == {DeliveryState.FAILED: 3})
    scene.mail.refuse = ""
    small.tell(small.people(1, "example.org")[0])
    until("the next one arrives", lambda: len(scene.mail.received) == 1)
    scene.pass_time(hours=3)
    until("the worker is still at it", lambda: not life.last_seen(Beat.WORKER).silent)
    assert scene.states() == {DeliveryState.FAILED: 3, DeliveryState.SENT: 1}
    answers = {delivery.answer for delivery in small.deliveries() if delivery.state is DeliveryState.FAILED}
    assert answers == {"SMTPRecipientsRefused 550"}


def test_silence_shows(scene: Scene) -> None:
    assert life.last_seen(Beat.SCHEDULER).at is None
    scene.worker()
    beat = scene.beat()
    until("both show life", lambda: not any(life.last_seen(who).silent for who in Beat))
    beat.kill()
    scene.pass_time(minutes=11)
    until("the worker goes silent too, for nobody rings", lambda: life.last_seen(Beat.WORKER).silent)
    assert life.last_seen(Beat.SCHEDULER).minutes >= 10
