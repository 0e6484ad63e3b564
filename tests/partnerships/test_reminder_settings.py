"""When a partnership reminds its people: by page and by file, dated, audited, and what the sweep makes of it."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from psg import audit, clock
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.audit.verify import verify
from psg.db import db, transaction
from psg.partnerships import operations
from psg.partnerships import reminder_settings as settings
from psg.partnerships.models import Group, ReminderSetting
from psg.reminders import kinds
from psg.reminders import operations as reminders
from psg.reminders.models import Delivery
from psg.reminders.sweeping import sweep
from psg.setup.exporting import as_file
from psg.setup.file import read
from psg.setup.loading import Loader
from psg.setup.reading import Unreadable
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World

Client = Callable[[str | None], Browser]
PATH = "/east-test/settings/reminders"
USUAL = {
    "digest_time": "07:30",
    "due_in": "7",
    "overdue_repeat": "7",
    "escalate_after": "14",
    "review_due_in": "7",
    "review_repeat": "7",
    "referral_waiting": "3",
}


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine o'clock of a Friday in winter."""
    monkeypatch.setattr(clock, "source", lambda: datetime(2026, 11, 27, 9, 0, tzinfo=UTC))


@on_both
def test_a_coordinator_sets_them_by_page(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("coordinator")
    shown = browser.get(PATH).text
    assert 'value="07:30"' in shown
    assert browser.submit(PATH, USUAL | {"digest_time": "8.15", "due_in": "5"}).status_code == 303
    assert 'value="08:15"' in browser.get(PATH).text
    with app.app_context():
        assert settings.in_force(world.east) == {"digest-time": "08:15", "due-in": 5}
        assert settings.in_force(world.city) == {}
        assert settings.in_force(world.east, clock.today() - timedelta(days=1)) == {}
        changes = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.REMINDER_SETTINGS_CHANGED.code)
        ).all()
        assert {row.fields for row in changes} == {"digest_time", "due_in"}
        assert {row.partnership_id for row in changes} == {world.east}
        assert {row.user_id for row in changes} == {world.people["coordinator"].user_id}
        held = kinds.settings_for(world.east, world.groups["psg"])
        assert (held["digest-time"], held["due-in"], held["escalate-after"]) == ("08:15", 5, 14)
        assert verify().ok
    assert browser.submit(PATH, USUAL | {"digest_time": "8.15", "due_in": "5"}).status_code == 303
    with app.app_context():
        assert len(db.session.scalars(select(ReminderSetting)).all()) == 2, "the same again adds nothing"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("digest_time", "05:59"),
        ("digest_time", "12:01"),
        ("digest_time", "half past seven"),
        ("digest_time", ""),
        ("digest_time", "٠٧:٣٠"),
        ("due_in", "-1"),
        ("due_in", "366"),
        ("due_in", "soon"),
        ("overdue_repeat", "0"),
        ("referral_waiting", ""),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(client_for: Client, world: World, field: str, typed: str) -> None:
    answer = client_for("coordinator").submit(PATH, USUAL | {field: typed})
    assert answer.status_code == 422
    assert f'id="{field.replace("_", "-")}-error"' in answer.text or f'id="{field}-error"' in answer.text
    assert typed in answer.text


def test_a_later_line_replaces_an_earlier_one_from_its_day_on(
    context: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = clock.today()
    with transaction():
        settings.change(world.east, {"due-in": "5"}, by=audit.SYSTEM)
    moment = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "source", lambda: moment)
    with transaction():
        settings.change(world.east, {"due-in": "9"}, by=audit.SYSTEM)
    assert settings.in_force(world.east, first) == {"due-in": 5}
    assert settings.in_force(world.east) == {"due-in": 9}


def test_a_group_has_its_own_over_the_partnerships(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        settings.change(world.east, {"due-in": "5"}, by=audit.SYSTEM)
    browser, page = client_for("coordinator"), "/east-test/groups/psg/set-up/reminders"
    shown = browser.get(page).text
    assert 'name="due_in"' in shown
    answers = {"due_in": "7", "overdue_repeat": "7", "escalate_after": "14", "review_due_in": "7", "review_repeat": "7"}
    answers |= {"referral_waiting": "3", "first_review": "28", "referrals_close": "10", "agenda_published": "5"}
    answers |= {"research_in": "2", "minutes_out": "10", "meeting_tomorrow": "1", "quorum": "0"}
    assert browser.submit(page, answers).status_code == 303
    with app.app_context():
        assert db.session.get_one(Group, (world.east, world.groups["psg"])).settings == {"due-in": 7}
        assert kinds.settings_for(world.east, world.groups["psg"])["due-in"] == 7
        assert kinds.settings_for(world.east, world.groups["young"])["due-in"] == 5


@on_both
def test_the_digest_goes_at_the_partnerships_time(context: None, world: World, friday: None, database: str) -> None:
    with transaction():
        settings.change(world.east, {"digest-time": "10:45"}, by=audit.SYSTEM)
    for place, who in ((world.east, "officer"), (world.city, "cityofficer")):
        owe(place, world.people[who].user_id)
    sweep()
    times = {
        row.user_id: row.next_try_at
        for row in db.session.scalars(select(Delivery).where(Delivery.kind == kinds.DIGEST))
    }
    assert times[world.people["officer"].user_id] == datetime(2026, 11, 27, 10, 45, tzinfo=UTC)
    assert times[world.people["cityofficer"].user_id] == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def test_a_sweep_reads_them_once_for_a_batch(context: None, world: World, friday: None) -> None:
    for _ in range(30):
        owe(world.east, world.people["officer"].user_id)
    asked: list[str] = []
    listener = lambda *args: asked.append(args[2])  # noqa: E731 - removed below
    event.listen(db.engine, "before_cursor_execute", listener)
    sweep()
    event.remove(db.engine, "before_cursor_execute", listener)
    assert len([words for words in asked if "reminder_settings" in words]) <= 2


def owe(partnership_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Something due today."""
    with transaction():
        reminders.owe(
            reminders.Owed(
                partnership_id=partnership_id,
                kind="action-due",
                record_id=uuid.uuid4(),
                user_id=user_id,
                reference="action 1 of EC-7QK4-M2",
                due_on=date(2026, 11, 27),
                next_on=date(2026, 11, 27),
            )
        )


FILE = """partnership:
  slug: file-test
  name: File Test
  prefix: FT
  contact_email: box@file.example
  reminders:
    digest-time: "{at}"
    due-in: {days}
"""


def test_by_file_and_back(context: None, world: World) -> None:
    with transaction():
        loader = Loader(read(FILE.format(at="08:15", days=5)), by=audit.SYSTEM)
        loader.run()
    here = loader.partnership.id
    assert settings.in_force(here) == {"digest-time": "08:15", "due-in": 5}
    with transaction():
        again = Loader(read(FILE.format(at="08:15", days=6)), by=audit.SYSTEM)
        again.run()
    assert again.changes == ["partnership: reminders due-in changed"]
    with transaction():
        group = operations.create_group(here, slug="psg", name="Group", by=audit.SYSTEM)
    assert "digest-time: 08:15" in as_file(group)
    assert read(as_file(group)).partnership.reminders == {"digest-time": "08:15", "due-in": "6"}


@pytest.mark.parametrize(("at", "days"), [("13:00", "5"), ("08:15", "many"), ("08:15", "400")])
def test_a_file_that_cannot_be_says_the_line(at: str, days: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(FILE.format(at=at, days=days))
    assert len(caught.value.problems) == 1
