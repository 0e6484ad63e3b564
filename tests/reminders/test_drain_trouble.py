"""The drain in trouble: two at once, killed, held up, refused; nothing is lost, or somebody is shown why."""

import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import update

from psg import clock
from psg.db import db, quick_changes, transaction
from psg.ids import new_id
from psg.reminders import draining, kinds, operations
from psg.reminders.composing import Mail
from psg.reminders.draining import LEASE, drain
from psg.reminders.mailing import NotSent
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import sweep
from tests.reminders import small
from tests.reminders.office import Office, later

FRIDAY = date(2026, 11, 27)


def test_two_drains_at_once_send_each_once(app: Flask, office: Office) -> None:
    for user_id in small.people(120):
        small.tell(user_id)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context():
                drain()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Counter(str(message["To"]) for message in office.sent).most_common(1)[0][1] == 1
    assert len(office.sent) == 120
    assert {delivery.state for delivery in small.deliveries()} == {DeliveryState.SENT}


def test_killed_between_the_servers_yes_and_the_mark_it_goes_again_with_the_same_message_id(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.tell(small.people(1)[0])
    with monkeypatch.context() as killed:
        killed.setattr(draining.Marks, "add", _die)
        killed.setattr(draining, "mark", _die)
        killed.setattr(draining, "_give_back", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            drain()
    assert drain().sent == 0  # the lease still holds
    later(minutes=6)
    assert drain().sent == 1
    assert len(office.sent) == 2
    assert office.sent[0]["Message-ID"] == office.sent[1]["Message-ID"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_drain_that_lost_its_lease_does_not_mark(
    app: Flask, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    small.tell(small.people(1)[0])
    claim, another = clock_id(), clock_id()
    (delivery,) = draining._claim(claim, 1, urgent_only=False)
    with transaction():
        db.session.execute(update(Delivery).values(claim=another))
    with quick_changes() as quick:
        marks = draining.Marks(claim, quick)
        marks.add(delivery, draining.Result(DeliveryState.SENT, "250"), time.monotonic())
        marks.write()
    assert small.deliveries()[0].state is DeliveryState.SENDING
    assert "delivery_taken_over" in caplog.text


def clock_id() -> object:

    return new_id()


def test_a_drain_that_was_held_up_gives_back_what_it_may_lose(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in small.people(3):
        small.tell(user_id)
    original = office.send

    def slow(message: Mail) -> str:
        later(seconds=int(LEASE.total_seconds()) - 60)
        return original(message)

    monkeypatch.setattr(office, "send", slow)
    drain()
    assert len(office.sent) == 1
    assert sorted((delivery.state, delivery.attempts) for delivery in small.deliveries()) == [
        (DeliveryState.SENT, 1),
        (DeliveryState.WAITING, 0),
        (DeliveryState.WAITING, 0),
    ]


def test_a_permanent_no_stops_and_a_temporary_one_is_tried_again(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    small.tell(priya)
    small.tell(sam)
    office.raises = [NotSent("SMTPRecipientsRefused 550", permanent=True), NotSent("SMTPRecipientsRefused 451")]
    drained = drain()
    assert (drained.failed, drained.later) == (1, 1)
    first, second = sorted(small.deliveries(), key=lambda delivery: delivery.state)
    assert (first.state, first.answer) == (DeliveryState.FAILED, "SMTPRecipientsRefused 550")
    assert second.state is DeliveryState.WAITING
    assert timedelta(seconds=45) <= second.next_try_at - clock.now() <= timedelta(seconds=75)
    later(minutes=2)
    assert drain().sent == 1


def test_an_unreachable_server_costs_one_try_and_the_rest_is_given_back(app: Flask, office: Office) -> None:
    for user_id in small.people(5):
        small.tell(user_id)
    office.raises = [NotSent("ConnectionRefusedError", unreachable=True)]
    assert drain().later == 1
    assert Counter(delivery.attempts for delivery in small.deliveries()) == {1: 1, 0: 4}
    assert {delivery.state for delivery in small.deliveries()} == {DeliveryState.WAITING}
    later(minutes=2)
    assert drain().sent == 5


def test_given_up_after_48_hours_and_sent_again_by_a_person(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.tell(priya, partnership_id=place)
    started = clock.now()
    while small.deliveries()[0].state is DeliveryState.WAITING:
        office.raises = [NotSent("SMTPDataError 451")]
        drain()
        later(hours=5)
    assert clock.now() - started < timedelta(hours=110)
    (delivery,) = small.deliveries()
    assert delivery.state is DeliveryState.FAILED
    viewer = small._viewer_of(priya)
    with transaction(hold=(delivery,)):
        operations.try_again(delivery, partnership_id=place, by=viewer)
    assert drain().sent == 1
    with pytest.raises(operations.NothingToRetry), transaction():
        operations.try_again(small.deliveries()[0], partnership_id=place, by=viewer)


def test_a_fault_in_one_kinds_words_holds_up_nobody_else(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    small.tell(priya, "broken")
    small.tell(sam)
    with pytest.raises(KeyError):
        drain()
    drain()
    states = {delivery.user_id: delivery for delivery in small.deliveries()}
    assert states[sam].state is DeliveryState.SENT
    assert (states[priya].state, states[priya].answer) == (DeliveryState.WAITING, "could not be written")
    assert states[priya].next_try_at > clock.now()


def test_a_decision_that_has_grown_old_is_made_again(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow mail server does not have people written to about what was settled meanwhile."""
    moment = [100.0]
    monkeypatch.setattr("psg.reminders.deciding.time", SimpleNamespace(monotonic=lambda: moment[0]))
    place, people = small.partnership(), small.people(3)
    owed = {user_id: small.owe(place, FRIDAY, user_id=user_id) for user_id in people}
    sweep()
    original = office.send

    def slow(message: Mail) -> str:
        first = not office.sent
        answer = original(message)
        if first:
            moment[0] += 6
            told = str(message.to)
            for number, user_id in enumerate(people):
                if told != f"person{number}@example.gov.uk":
                    with transaction():
                        operations.settle(partnership_id=place, record_id=owed[user_id].record_id)
        return answer

    monkeypatch.setattr(office, "send", slow)
    drained = drain()
    assert (drained.sent, drained.dropped) == (1, 2)


def test_a_fault_in_reading_one_digest_holds_up_nobody_else(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, (priya, sam) = small.partnership(), small.people(2)
    broken = small.owe(place, FRIDAY, user_id=priya)
    small.owe(place, FRIDAY, user_id=sam)
    sweep()

    def records(owed: list[Obligation]) -> object:
        if broken.id in {one.id for one in owed}:
            raise LookupError("no such record")
        return kinds.themselves(owed)

    kind = replace(small.ACTION, records=records)
    monkeypatch.setitem(kinds._registry.obligations, "action-due", kind)
    for _ in range(2):
        with suppress(LookupError):
            drain()
    states = {delivery.user_id: delivery for delivery in small.deliveries()}
    assert states[sam].state is DeliveryState.SENT
    assert (states[priya].state, states[priya].answer) == (DeliveryState.WAITING, "could not be written")
