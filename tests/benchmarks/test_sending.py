"""Sending: deliveries drained by fifties against one empty task each, through Redis, with a worker of two processes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from psg import clock
from psg.cases import operations as cases
from psg.db import db, transaction
from psg.reminders.draining import drain
from psg.reminders.rules import DeliveryState
from tests.benchmarks import sending, sending_entry
from tests.benchmarks.measuring import line, measure, note
from tests.benchmarks.test_work import referral
from tests.conftest import Installation
from tests.reminders.servers import RedisServer

COUNT, ROUNDS = 3_000, 5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on PostgreSQL with many digests that are due."""
    installation = Installation("postgresql", tmp_path_factory.mktemp("sending"))
    installation.fresh()
    with installation.app.app_context():
        world = installation.world
        with transaction():
            case = cases.log_case(world.east, world.groups["psg"], referral(), by=world.viewer("officer"))
            cases.accept(
                case,
                lead_agency_id=world.agencies["council"],
                lead_officer_id=world.people["officer"].user_id,
                review_on=clock.working_day_on_or_after(clock.today() + timedelta(days=20)),
                reason="It needs several agencies.",
                by=world.viewer("coordinator"),
            )
        sending.fill(world, COUNT, case)
        yield installation
        db.session.remove()
    installation.drop()


def test_drained_deliveries(place: Installation, tmp_path: Path) -> None:
    """Claimed, handed over and marked, without and with deciding and writing, against empty tasks."""
    redis = RedisServer(tmp_path)
    redis.start()
    worker = sending.Worker(place.copy, redis.url, tmp_path)

    def done() -> bool:
        return worker.idle() and sending.left() == 0

    paces: dict[str, list[sending.Pace]] = {"bench.nothing": [], "bench.bare": [], "bench.mark": [], "bench.drain": []}
    try:
        for _ in range(ROUNDS):
            paces["bench.nothing"].append(worker.run("bench.nothing", COUNT, worker.idle))
            for task in ("bench.bare", "bench.mark", "bench.drain"):
                sending.again()
                paces[task].append(worker.run(task, COUNT // 50 + 2, done, count=COUNT))
                assert sending.outcomes()[DeliveryState.SENT] >= COUNT
    finally:
        worker.stop()
        redis.kill()
    speed = {task: max(pace.each_second for pace in those) for task, those in paces.items()}
    cpu = {task: min(pace.cpu for pace in those) for task, those in paces.items()}
    for task, what, bar in (
        ("bench.bare", "claimed and marked one by one with nothing but the driver", "printed only"),
        ("bench.mark", "deliveries claimed, handed over, marked", "must reach 7.0"),
        ("bench.drain", "digests decided and written as well", "printed only"),
    ):
        line(f"{what}, by fifties / empty tasks, in a second", speed[task] / speed["bench.nothing"], bar)
        line("  the same by CPU time of the worker", cpu["bench.nothing"] / cpu[task], "printed only")
    for task in paces:
        note(f"sending: {task:14} {speed[task]:8,.0f} in a second, {cpu[task]:.2f} ms of CPU each")


def test_one_process(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPU time of fifty digests in this process, without Celery (printed only)."""
    monkeypatch.setattr("psg.reminders.draining.post_office", lambda _url: sending_entry.NullPost())
    sending.again()
    figures = measure({"fifty": lambda: drain(50)}, rounds=COUNT // 50 - 5, warm=3)
    least, middle = figures["fifty"].least / 50, figures["fifty"].middle / 50
    note(f"sending: a digest in this process, {least:.2f} ms of CPU (least), {middle:.2f} (middle)")
