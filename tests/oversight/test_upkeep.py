"""Backups that are noted, and old working rows that go: in batches, counted, with one line in the audit."""

import os
import time
import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select, update

from psg import audit, clock
from psg.accounts import operations as accounts
from psg.accounts.models import KnownDevice, PasswordLink, User
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.audit.seal import seal_all
from psg.audit.verify import verify
from psg.cli import main
from psg.db import db, transaction
from psg.ids import new_id
from psg.oversight import backups, checks, tidying
from psg.oversight.backups import Kind
from psg.oversight.checks import Word
from psg.oversight.tidying import tidy
from psg.partnerships.models import Installation
from psg.reminders import life, operations
from psg.reminders.models import Attempt, Delivery, DeliveryLine, LastDone, Obligation
from psg.reminders.rules import DeliveryState
from tests.conftest import Installation as Place
from tests.conftest import on_both
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("context")
OLD, YOUNG = timedelta(days=420), timedelta(days=380)


def count(model: type) -> int:
    found = db.session.scalar(select(func.count()).select_from(model)) or 0
    db.session.rollback()
    return found


def clear() -> None:
    with transaction():
        for model in (Attempt, DeliveryLine, Delivery, Obligation):
            db.session.execute(model.__table__.delete())


def message(world: World, age: timedelta, state: DeliveryState = DeliveryState.SENT) -> uuid.UUID:
    """A digest with one line and one try, so long ago."""
    at, delivery_id, obligation_id = clock.now() - age, new_id(), new_id()
    with transaction():
        db.session.add(
            Delivery(
                id=delivery_id,
                user_id=world.people["officer"].user_id,
                kind="digest",
                key=str(delivery_id),
                state=state,
                created_at=at,
                next_try_at=at,
            )
        )
        db.session.flush()
        db.session.add(Attempt(delivery_id=delivery_id, at=at, outcome=state))
        db.session.add(DeliveryLine(partnership_id=world.east, delivery_id=delivery_id, obligation_id=obligation_id))
    return delivery_id


def owed(world: World, settled: timedelta | None) -> uuid.UUID:
    """Something owed, and settled so long ago."""
    record_id = new_id()
    with transaction():
        operations.owe(
            operations.Owed(
                partnership_id=world.east,
                kind="action-due",
                record_id=record_id,
                user_id=world.people["officer"].user_id,
                due_on=clock.today(),
                next_on=None,
            )
        )
        (made,) = operations.owed(world.east, record_id)
        if settled is not None:
            db.session.execute(
                update(Obligation).where(Obligation.id == made.id).values(settled_at=clock.now() - settled),
                execution_options={"synchronize_session": False},
            )
    return made.id


@on_both
def test_only_what_is_old_and_done_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "_BATCH", 2)
    clear()
    for state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED, DeliveryState.SENT):
        message(world, OLD, state)
    kept = {message(world, YOUNG), message(world, OLD, DeliveryState.WAITING)}
    for _ in range(3):
        owed(world, OLD)
    stays = {owed(world, YOUNG), owed(world, None)}
    with transaction():
        user_id = world.people["officer"].user_id
        db.session.add(KnownDevice(id_hash=b"1" * 32, user_id=user_id, created_at=clock.now() - OLD))
        db.session.add(KnownDevice(id_hash=b"2" * 32, user_id=user_id, created_at=clock.now()))
    before = count(AuditEvent)

    assert tidy() == {"messages": 4, "obligations": 3, "devices": 1}

    assert set(db.session.scalars(select(Delivery.id))) == kept
    assert set(db.session.scalars(select(Obligation.id))) == stays
    assert (count(Attempt), count(DeliveryLine), count(KnownDevice)) == (2, 2, 1)
    line = db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.TIDIED.code)).one()
    assert line.why == "messages 4, obligations 3, devices 1"
    assert count(AuditEvent) == before + 1, "the audit is never touched, and gets one line"
    assert {row.what: row.count for row in db.session.scalars(select(LastDone))} == {"tidied": 8}
    assert verify().ok
    assert tidy() == {}
    assert count(AuditEvent) == before + 1, "nothing gone, nothing to say"


def test_used_links_go_and_the_audit_still_agrees(world: World) -> None:
    with transaction():
        accounts.invite(
            db.session.get_one(User, world.people["officer"].user_id), partnership_id=world.east, by=audit.SYSTEM
        )
    with transaction():
        link = db.session.scalars(select(PasswordLink)).first()
        assert link is not None
        link.expires_at = clock.now() - OLD
        audit.security(Event.PASSWORD_LINK_ENDED, user_id=None, record=link)
    seal_all()
    assert tidy()["links"] == 1
    assert count(PasswordLink) == 0
    assert verify().ok


@on_both
def test_stopped_in_the_middle_it_carries_on_and_counts_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "_BATCH", 2)
    clear()
    for _ in range(5):
        message(world, OLD)
    assert tidy(batches=1) == {"messages": 2}
    assert count(Delivery) == 3
    assert life.last_done(tidying.TIDIED) is None
    assert tidy() == {"messages": 5}
    line = db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.TIDIED.code)).one()
    assert line.why == "messages 5"


def test_the_status_page_says_when(world: World) -> None:
    assert (checks.tidied().word, checks.tidied().never) == (Word.OK, True)
    tidy()
    assert checks.tidied().since is not None
    with transaction():
        db.session.execute(update(LastDone).values(at=clock.now() - timedelta(days=4)))
    assert checks.tidied().word is Word.WATCH


@on_both
def test_a_backup_grows_old_on_the_status_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.backup().word is Word.WATCH
    for kind in Kind:
        backups.note(kind)
    assert checks.backup().word is Word.OK
    assert "Database: within the hour" in checks.backup().says
    moment = clock.now() + timedelta(days=2, minutes=5)
    monkeypatch.setattr(clock, "source", lambda: moment)
    finding = checks.backup()
    assert (finding.word, finding.says) == (Word.RED, "Database: 2 days ago, keys: 2 days ago, anchor: 2 days ago")
    assert finding.do == "Back up the database and the anchor, then run: psg backup noted database"
    assert "backup" not in checks.ready(), "a late backup takes no site out of service"
    backups.note(Kind.DATABASE)
    backups.note(Kind.ANCHOR)
    assert checks.backup().word is Word.OK, "keys are copied when one was made, not every night"


def test_never_noted_is_red_once_the_installation_is_old(world: World) -> None:
    with transaction():
        db.session.connection().execute(
            update(Installation.__table__).values(created_at=clock.now() - timedelta(days=3))
        )
    assert checks.backup().word is Word.RED
    assert "never noted" in checks.backup().says


def test_a_new_key_wants_a_new_copy(installation: Place, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in Kind:
        backups.note(kind)
    newest = max(installation.copy.keys.glob("*.key"), key=lambda file: file.stat().st_mtime)
    later = time.time() + 60
    os.utime(newest, (later, later))
    moment = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "source", lambda: moment)
    backups.note(Kind.DATABASE)
    backups.note(Kind.ANCHOR)
    try:
        assert checks.backup().word is Word.RED
        assert "Back up the keys" in checks.backup().do
    finally:
        os.utime(newest, (later - 60, later - 60))


def test_the_command_notes_and_records(app: Flask, world: World) -> None:
    outcome = CliRunner().invoke(main, ["backup", "noted", "database"], obj=ScriptInfo(create_app=lambda: app))
    assert (outcome.exit_code, outcome.output) == (0, "Noted: backup of the database.\n")
    assert backups.noted()[0][Kind.DATABASE] is not None
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.BACKUP_NOTED.code)).one()
    assert event.why == "database"
    assert CliRunner().invoke(main, ["backup", "noted", "everything"]).exit_code == 2
