"""Marks that wait for company: a few, not for long, and never one lost among them."""

from collections import Counter
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from psg import clock
from psg.db import QuickChanges, db
from psg.reminders import draining, marking
from psg.reminders.composing import Mail
from psg.reminders.draining import drain
from psg.reminders.marking import TOGETHER
from psg.reminders.models import DeliveryLine
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import sweep
from tests.reminders import small
from tests.reminders.office import Office, later

on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the drain takes for the time that passes while it sends; it stands still unless a test moves it."""
    moment = [100.0]
    standing = SimpleNamespace(monotonic=lambda: moment[0])
    monkeypatch.setattr(draining, "time", standing)
    monkeypatch.setattr(marking, "time", standing)
    return moment


def tell_everybody(count: int) -> None:
    for user_id in small.people(count):
        small.tell(user_id)


def states() -> Counter[DeliveryState]:
    return Counter(delivery.state for delivery in small.deliveries())


@on_postgres
def test_quick_messages_are_marked_a_few_at_a_time(
    app: Flask, office: Office, watch: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_everybody(2 * TOGETHER + 5)
    sizes: list[int] = []
    original = QuickChanges.make

    def make(self: QuickChanges, statement: str, values: Any) -> int:
        sizes.append(original(self, statement, values))
        return sizes[-1]

    monkeypatch.setattr(QuickChanges, "make", make)
    assert drain().sent == 2 * TOGETHER + 5
    assert sizes == [TOGETHER, TOGETHER, 5]
    assert states() == {DeliveryState.SENT: 2 * TOGETHER + 5}


def test_a_server_that_takes_its_time_has_each_message_marked_before_the_next(
    app: Flask, office: Office, watch: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_everybody(5)
    original, seen = office.send, []

    def slow(message: Mail) -> str:
        seen.append(states()[DeliveryState.SENT])
        watch[0] += 0.03
        return original(message)

    monkeypatch.setattr(office, "send", slow)
    drain()
    assert seen == [0, 1, 2, 3, 4]


def test_killed_among_quick_messages_a_few_go_again_with_the_same_message_id(
    app: Flask, office: Office, watch: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 2 * TOGETHER
    tell_everybody(count)
    with monkeypatch.context() as killed:
        killed.setattr(marking.Marks, "write", lambda marks: _die() if marks._waiting else None)
        killed.setattr(marking, "mark", _die)
        killed.setattr(draining, "mark", _die)
        killed.setattr(draining, "_give_back", _die)
        with pytest.raises(KeyboardInterrupt):
            drain()
    in_doubt = len(office.sent)
    assert 1 <= in_doubt <= TOGETHER
    later(minutes=6)
    assert drain().sent == count
    assert states() == {DeliveryState.SENT: count}
    ids: dict[str, set[str]] = {}
    for message in office.sent:
        ids.setdefault(str(message["To"]), set()).add(str(message["Message-ID"]))
    assert len(office.sent) == count + in_doubt
    assert len(ids) == count
    assert all(len(same) == 1 for same in ids.values())


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_went_before_a_fault_is_marked(app: Flask, office: Office, watch: list[float]) -> None:
    first, second, third, fourth = small.people(4)
    small.tell(first)
    small.tell(second)
    small.tell(third, "broken")
    small.tell(fourth)
    with suppress(KeyError):
        drain()
    found = {delivery.user_id: (delivery.state, delivery.attempts) for delivery in small.deliveries()}
    assert found == {
        first: (DeliveryState.SENT, 1),
        second: (DeliveryState.SENT, 1),
        third: (DeliveryState.WAITING, 1),
        fourth: (DeliveryState.WAITING, 0),
    }


def test_marks_are_written_before_anything_is_read_anew(
    app: Flask, office: Office, watch: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading may take long, or fail."""
    tell_everybody(6)
    age = [0.0]
    monkeypatch.setattr("psg.reminders.deciding.time", SimpleNamespace(monotonic=lambda: age[0]))
    original, learn, seen = office.send, draining.learn, []

    def send(message: Mail) -> str:
        age[0] += 2
        return original(message)

    def read(rest: Any) -> Any:
        seen.append((len(office.sent), states()[DeliveryState.SENT]))
        return learn(rest)

    monkeypatch.setattr(office, "send", send)
    monkeypatch.setattr(draining, "learn", read)
    drain()
    assert seen == [(0, 0), (3, 3)]


@on_postgres
def test_one_that_cannot_be_marked_does_not_have_the_others_sent_again(
    app: Flask, office: Office, watch: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tell_everybody(5)
    original = office.send
    monkeypatch.setattr(office, "send", lambda message: original(message) * (100 if len(office.sent) == 3 else 1))
    drain()
    assert Counter((delivery.state, delivery.answer) for delivery in small.deliveries()) == {
        (DeliveryState.SENT, "250"): 4,
        (DeliveryState.WAITING, "could not be written"): 1,
    }
    assert "marks_written_one_by_one" in caplog.text


def test_lines_left_out_are_marked_among_others(app: Flask, office: Office, watch: list[float]) -> None:
    place, people = small.partnership(), small.people(3)
    for user_id in people:
        small.owe(place, clock.today(), user_id=user_id)
    gone = small.owe(place, clock.today(), user_id=people[1], stage=small.GONE)
    sweep()
    assert drain().sent == 3
    assert states() == {DeliveryState.SENT: 3}
    dropped = db.session.scalars(select(DeliveryLine.obligation_id).where(DeliveryLine.dropped)).all()
    assert dropped == [gone.id]
