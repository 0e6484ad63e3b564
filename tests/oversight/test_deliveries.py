"""The deliveries pages: a coordinator sees their own partnership's, and can have a failed one sent again."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from psg import clock
from psg.audit.models import AuditEvent
from psg.db import db, transaction
from psg.ids import new_id
from psg.reminders import kinds, operations
from psg.reminders.models import Attempt, Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World

Clients = Callable[[str | None], Browser]
LIST = "/east-test/deliveries"


def deliver(app: Flask, world: World, name: str = "officer", place: str = "east", **values: object) -> uuid.UUID:
    """A delivery of the partnership."""
    now = clock.now()
    delivery = Delivery(
        id=new_id(),
        user_id=world.people[name].user_id,
        partnership_id=world.partnerships[place],
        kind="action-given",
        key=new_id().hex,
        details={},
        created_at=now,
        next_try_at=now,
        **values,
    )
    with app.app_context():
        with transaction():
            db.session.add(delivery)
        db.session.remove()
    return delivery.id


def digest(app: Flask, world: World, places: tuple[str, ...], body: str) -> uuid.UUID:
    """A sent digest with one line for each partnership."""
    now, user_id = clock.now(), world.people["both"].user_id
    delivery = Delivery(
        id=new_id(),
        user_id=user_id,
        kind=kinds.DIGEST,
        key="2026-11-27",
        state=DeliveryState.SENT,
        details={},
        created_at=now,
        next_try_at=now,
        sent_at=now,
        subject="PSG: 2 due today",
        body=body,
    )
    with app.app_context():
        with transaction():
            db.session.add(delivery)
            db.session.flush()
            for place in places:
                partnership_id, record_id = world.partnerships[place], new_id()
                operations.owe(
                    operations.Owed(
                        partnership_id=partnership_id,
                        kind="action-due",
                        record_id=record_id,
                        reference=f"action 1 of {place.upper()}",
                        user_id=user_id,
                        due_on=clock.today(),
                        next_on=None,
                    )
                )
                (owed,) = operations.owed(partnership_id, record_id)
                db.session.add(
                    DeliveryLine(partnership_id=partnership_id, delivery_id=delivery.id, obligation_id=owed.id)
                )
        db.session.remove()
    return delivery.id


@pytest.fixture(autouse=True)
def nothing_sent(app: Flask) -> None:
    """Without what the world's own making has sent."""
    with app.app_context():
        with transaction():
            for model in (DeliveryLine, Attempt, Delivery, Obligation):
                db.session.execute(delete(model))
        db.session.remove()


def events(app: Flask, code: str) -> list[AuditEvent]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == code)))


@pytest.mark.parametrize(
    "name", ["officer", "chair", "governance", "policelead", "admin", "figures", "citycoordinator"]
)
def test_only_coordinators_of_the_partnership_see_deliveries(
    app: Flask, client_for: Clients, world: World, name: str
) -> None:
    made = deliver(app, world, state=DeliveryState.FAILED)
    browser = client_for(name)
    assert browser.get(LIST).status_code == 404
    assert browser.get(f"{LIST}/{made}").status_code == 404
    assert browser.post(f"{LIST}/{made}/again").status_code == 404


@on_both
def test_the_list_names_people_and_states_and_never_an_address(app: Flask, client_for: Clients, world: World) -> None:
    deliver(app, world, state=DeliveryState.FAILED)
    deliver(app, world, "both", state=DeliveryState.SENT, sent_at=clock.now())
    deliver(app, world, "cityofficer", place="city")
    text = client_for("coordinator").get(LIST).text
    assert "Officer Tester" in text
    assert "Failed" in text
    assert "Cityofficer" not in text
    assert "@test.example" not in text
    assert [event.ids.count(" ") for event in events(app, "delivery.listed")] == [1]


def test_filters_and_pages(app: Flask, client_for: Clients, world: World) -> None:
    for _ in range(51):
        deliver(app, world)
    failed = deliver(app, world, "chair", state=DeliveryState.FAILED)
    browser = client_for("coordinator")
    text = browser.get(f"{LIST}?state=failed").text
    assert str(failed) in text
    assert text.count("/deliveries/0") == 1
    first = browser.get(LIST).text
    assert first.count('href="/east-test/deliveries/0') == 50
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert browser.get(following).text.count('href="/east-test/deliveries/0') == 2
    for odd in ("?state=nonsense&kind=x&at=%00", "?at=AAAA", "?state=%F0%9F"):
        assert browser.get(LIST + odd).status_code == 200


def test_empty_says_so(client_for: Clients) -> None:
    browser = client_for("coordinator")
    assert "Nothing has been sent yet" in browser.get(LIST).text
    assert "No reminder has failed." in browser.get(f"{LIST}?state=failed").text


def test_one_delivery_shows_its_tries_and_its_text(app: Flask, client_for: Clients, world: World) -> None:
    made = deliver(
        app,
        world,
        state=DeliveryState.SENT,
        sent_at=clock.now(),
        message_id="<a@b>",
        subject="PSG: x",
        body="Hello\n\nYou",
    )
    with app.app_context():
        with transaction():
            db.session.add(
                Attempt(delivery_id=made, at=clock.now(), outcome=DeliveryState.WAITING, answer="SMTPDataError 451")
            )
        db.session.remove()
    text = client_for("coordinator").get(f"{LIST}/{made}").text
    for words in ("SMTPDataError 451", "&lt;a@b&gt;", "PSG: x", "Hello", "To be tried again"):
        assert words in text
    assert "Try again</button>" not in text
    assert len(events(app, "delivery.looked_at")) == 1


def test_a_message_with_a_token_says_that_its_text_is_not_kept(app: Flask, client_for: Clients, world: World) -> None:
    made = deliver(app, world, state=DeliveryState.SENT, sent_at=clock.now())
    assert "its text is not kept" in client_for("coordinator").get(f"{LIST}/{made}").text


def test_a_digest_over_two_partnerships_shows_each_only_its_own_lines(
    app: Flask, client_for: Clients, world: World
) -> None:
    made = digest(app, world, ("east", "city"), "action 1 of EAST and action 1 of CITY")
    text = client_for("coordinator").get(f"{LIST}/{made}").text
    assert "action 1 of EAST" in text
    assert "CITY" not in text
    assert "PSG: 2 due today" not in text
    assert "action 1 of CITY" in client_for("citycoordinator").get(f"/city-test/deliveries/{made}").text


def test_a_digest_of_one_partnership_shows_its_text_there_and_is_unknown_elsewhere(
    app: Flask, client_for: Clients, world: World
) -> None:
    made = digest(app, world, ("east",), "Whole text")
    assert "Whole text" in client_for("coordinator").get(f"{LIST}/{made}").text
    assert client_for("citycoordinator").get(f"/city-test/deliveries/{made}").status_code == 404


@on_both
def test_try_again_sends_a_failed_one_and_is_recorded(app: Flask, client_for: Clients, world: World) -> None:
    made = deliver(app, world, state=DeliveryState.FAILED, attempts=17)
    browser = client_for("coordinator")
    assert "Try again</button>" in browser.get(f"{LIST}/{made}").text
    answer = browser.post(f"{LIST}/{made}/again", follow=True)
    assert "It will be sent again within two minutes." in answer.text
    with app.app_context():
        delivery = db.session.get_one(Delivery, made)
        assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 1)
        assert clock.now() - delivery.next_try_at < timedelta(minutes=1)
    (event,) = events(app, "delivery.retried")
    assert (event.partnership_id, event.user_id) == (world.east, world.people["coordinator"].user_id)


def test_a_sent_one_is_not_sent_again(app: Flask, client_for: Clients, world: World) -> None:
    made = deliver(app, world, state=DeliveryState.SENT, sent_at=clock.now())
    answer = client_for("coordinator").post(f"{LIST}/{made}/again", follow=True)
    assert "there is nothing to send again" in answer.text
    with app.app_context():
        assert db.session.get_one(Delivery, made).state is DeliveryState.SENT


def test_obligations_are_not_needed_to_show_a_digest(app: Flask, client_for: Clients, world: World) -> None:
    made = digest(app, world, ("east",), "Whole text")
    with app.app_context():
        with transaction():
            db.session.execute(delete(Obligation))
        db.session.remove()
    assert "erased" in client_for("coordinator").get(f"{LIST}/{made}").text
