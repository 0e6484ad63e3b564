"""Many people with a digest each, and a real worker whose wall and CPU time are taken while it works a queue off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import Celery
from sqlalchemy import delete, func, insert, select, text, update

from psg import clock
from psg.access import Role
from psg.accounts.models import User
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.actions.owing import DUE
from psg.cases.models import Case
from psg.db import db, transaction
from psg.ids import new_id
from psg.partnerships.models import Membership, RoleHeld
from psg.partnerships.rules import MembershipState
from psg.reminders.draining import IN_PLAY
from psg.reminders.kinds import DIGEST
from psg.reminders.models import Attempt, Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from psg.settings import Settings
from tests.benchmarks.serving import ROOT, environment
from tests.worlds import World

LINES = 3
"""Actions due in each digest."""


def fill(world: World, count: int, case: Case) -> None:
    """So many members of the first group, each with a digest of actions that are due today. In an open context."""
    officer = world.viewer("officer")
    with transaction():
        action = actions.add_action(
            case,
            what="Visit the block",
            owner_id=officer.user_id,
            owner_agency_id=world.agencies["police"],
            due_on=clock.working_day_on_or_after(clock.today()),
            by=officer,
        )
    with db.engine.connect() as connection:
        sample = dict(connection.execute(select(Action.__table__).where(Action.id == action.id)).mappings().one())
        owed = dict(
            connection.execute(
                select(Obligation.__table__).where(Obligation.record_id == action.id, Obligation.kind == DUE)
            )
            .mappings()
            .one()
        )
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (User, Membership, RoleHeld, Action, Obligation, Delivery, DeliveryLine)
    }
    for number in range(count):
        _person(rows, world, number, sample, owed)
    with db.engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(insert(model.__table__), values)
    db.session.rollback()
    analyse()


def _person(
    rows: dict[Any, list[dict[str, Any]]], world: World, number: int, sample: dict[str, Any], owed: dict[str, Any]
) -> None:
    now, user_id, membership_id, delivery_id = clock.now(), new_id(), new_id(), new_id()
    rows[User].append(
        {
            "id": user_id,
            "email": f"many{number}@test.example",
            "first_name": "Many",
            "last_name": f"Tester{number}",
            "is_system_administrator": False,
            "created_at": now,
            "digest_muted": False,
            "version": 1,
        }
    )
    rows[Membership].append(
        {
            "partnership_id": world.east,
            "id": membership_id,
            "user_id": user_id,
            "agency_id": world.agencies["police"],
            "post": "",
            "state": MembershipState.ACTIVE,
            "created_at": now,
            "version": 1,
        }
    )
    rows[RoleHeld].append(
        {
            "partnership_id": world.east,
            "id": new_id(),
            "membership_id": membership_id,
            "role": Role.PRACTITIONER,
            "group_id": world.groups["psg"],
            "granted_at": now,
        }
    )
    rows[Delivery].append(
        {
            "id": delivery_id,
            "user_id": user_id,
            "kind": DIGEST,
            "key": clock.today().isoformat(),
            "state": DeliveryState.WAITING,
            "urgent": False,
            "details": {},
            "created_at": now,
            "next_try_at": now,
            "attempts": 0,
            "message_id": "",
            "answer": "",
            "subject": "",
            "body": "",
        }
    )
    for line in range(LINES):
        action_id, obligation_id = new_id(), new_id()
        rows[Action].append(sample | {"id": action_id, "number": 10 + number * LINES + line, "owner_id": user_id})
        rows[Obligation].append(owed | {"id": obligation_id, "record_id": action_id, "user_id": user_id})
        rows[DeliveryLine].append(
            {
                "partnership_id": world.east,
                "id": new_id(),
                "delivery_id": delivery_id,
                "obligation_id": obligation_id,
                "dropped": False,
            }
        )


def again() -> None:
    """Everything waits once more."""
    with db.engine.begin() as connection:
        connection.execute(delete(Attempt.__table__))
        connection.execute(
            update(Delivery.__table__).values(
                state=DeliveryState.WAITING, claim=None, claimed_until=None, attempts=0, subject="", body=""
            )
        )
    analyse()


def analyse() -> None:
    """What autovacuum would have done by then."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def left() -> int:
    """How many are still to go."""
    count = db.session.scalar(select(func.count()).select_from(Delivery).where(IN_PLAY)) or 0
    db.session.rollback()
    return count


def outcomes() -> dict[DeliveryState, int]:
    """How they stand."""
    found = db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
    db.session.rollback()
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True)
class Pace:
    """How fast a queue was worked off."""

    each_second: float
    cpu: float
    """CPU milliseconds of the worker's processes for each."""


class Worker:
    """`celery worker` with two processes over the given installation."""

    def __init__(self, settings: Settings, broker_url: str, folder: Path) -> None:
        self._redis: Any = redis.Redis.from_url(broker_url)
        self._broker = Celery("bench", broker=broker_url, set_as_current=False)
        self._broker.conf.update(task_ignore_result=True, task_default_queue="psg", result_backend=None)
        self._log = (folder / "worker.log").open("wb")
        told = {"PSG_BROKER_URL": broker_url, "PSG_LOG_LEVEL": "WARNING"}
        command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.sending_entry", "worker"]
        self._process = subprocess.Popen(
            [*command, "--concurrency", "2", "--loglevel", "WARNING"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment(settings), **told},
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.run("bench.nothing", 20, self.idle)

    def run(self, task: str, messages: int, done: Callable[[], bool], *, count: int = 0) -> Pace:
        """Ring so many times and wait until all is done; count: how many things that was, if not one each."""
        cpu, began = self._cpu(), time.perf_counter()
        with self._broker.producer_or_acquire() as producer:
            for _ in range(messages):
                self._broker.send_task(task, producer=producer)
        while not done():
            if self._process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError("the worker does not work; see worker.log")
            time.sleep(0.01)
        took = time.perf_counter() - began
        count = count or messages
        return Pace(count / took, (self._cpu() - cpu) * 1000 / count)

    def idle(self) -> bool:
        """Whether nothing is queued or being done."""
        return bool(self._redis.llen("psg") == 0 and self._redis.hlen("unacked") == 0)

    def stop(self) -> None:
        """End the processes."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._log.close()
        self._redis.close()
        self._broker.close()

    def _cpu(self) -> float:
        parent = psutil.Process(self._process.pid)
        return sum(sum(process.cpu_times()[:2]) for process in [parent, *parent.children(recursive=True)])
