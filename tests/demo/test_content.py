"""What was loaded: everything of the content, in every state, nothing of it in a mail, and the same every time."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from psg import clock
from psg.accounts.models import User
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.agreements.queries import signed_agencies
from psg.app import create_app
from psg.audit.verify import verify
from psg.cases.models import Case, CaseDecision, Event, Involvement
from psg.cases.rules import CaseState, DecisionKind
from psg.crypto import datakeys, keymaking
from psg.db import db, migrate
from psg.demo import cast, loading, reading
from psg.demo.folder import DemoFolder
from psg.meetings import guests
from psg.meetings.models import AgendaItem, GuestInvitation, Meeting, Outcome
from psg.meetings.rules import MeetingState
from psg.partnerships.models import Agency, Installation, Partnership
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState
from psg.risk.models import Assessment
from psg.wiring import viewer_of
from tests.demo.processes import Demo

CONTENT = reading.content()


@pytest.fixture(scope="module")
def app(first_start: Demo) -> Iterator[Flask]:
    made = create_app(DemoFolder(first_start.folder).settings(8000))
    with made.app_context():
        yield made
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_it_says_what_it_is(app: Flask) -> None:
    assert db.session.get_one(Installation, 1).kind == "demo"


def test_nothing_of_the_content_is_lost(app: Flask) -> None:
    assert count(Case) == 60
    assert count(User) == len(CONTENT.users)
    assert count(Partnership) == 3
    closed = sum(len(row.get("closures", ())) for row in CONTENT.cases)
    assert count(Event) == sum(len(row["notes"]) for row in CONTENT.cases) + closed
    assert count(Action) == sum(len(row["actions"]) for row in CONTENT.cases)
    assert count(Assessment) == sum(len(row["risk"]) for row in CONTENT.cases)
    assert count(Involvement) == sum(len(row["people"]) for row in CONTENT.cases)
    assert count(CaseDecision, CaseDecision.kind == DecisionKind.CLOSED) == closed


def test_scores_and_bands_are_those_the_content_expects(app: Flask) -> None:
    found = list(db.session.scalars(select(Assessment)))
    for partnership_id in {row.partnership_id for row in found}:
        datakeys.load(partnership_id, [row.case_id for row in found if row.partnership_id == partnership_id])
    results = Counter((row.result["total"], row.result["scored_band"]) for row in found)
    expected = Counter((row["expected_total"], row["expected_band"]) for case in CONTENT.cases for row in case["risk"])
    assert results == expected
    assert {row.band_direction for row in db.session.scalars(select(Case))} == {-1, 0, 1}


def test_every_state_is_there(app: Flask) -> None:
    states = set(db.session.scalars(select(Case.state).distinct()))
    assert states == {CaseState.DRAFT, CaseState.SENT, CaseState.OPEN, CaseState.DECLINED, CaseState.CLOSED}
    assert count(Action, Action.state == ActionState.OPEN, Action.due_on < clock.today()) > 15
    assert count(Action, Action.state == ActionState.NOT_DONE) > 0
    assert count(CaseDecision, CaseDecision.kind == DecisionKind.REOPENED) == 1
    assert count(CaseDecision, CaseDecision.kind == DecisionKind.PASSED_ON) == 1
    assert {"keep-open", "close", "escalate", "defer"} == set(db.session.scalars(select(Outcome.decision).distinct()))


def test_a_meeting_tomorrow_is_published_and_another_one_is_in_preparation(app: Flask) -> None:
    east = db.session.scalars(select(Partnership).where(Partnership.slug == "east-cambs")).one()
    tomorrow = db.session.scalars(
        select(Meeting).where(
            Meeting.partnership_id == east.id, Meeting.held_on == clock.next_working_day(clock.today())
        )
    ).one()
    assert tomorrow.state is MeetingState.PUBLISHED
    assert count(AgendaItem, AgendaItem.meeting_id == tomorrow.id, AgendaItem.case_id.is_not(None)) > 2
    begun = select(AgendaItem.meeting_id).where(AgendaItem.case_id.is_not(None))
    assert count(Meeting, Meeting.state == MeetingState.PREPARING, Meeting.id.in_(begun)) == 1
    assert count(Meeting, Meeting.state == MeetingState.AGREED) > 50
    assert count(Meeting, Meeting.held_on < clock.today(), Meeting.state == MeetingState.PREPARING) == 0


def test_one_agency_has_not_signed(app: Flask) -> None:
    signed = signed_agencies(db.session.scalars(select(Partnership.id)).all())
    everybody = {agency.id: agency for agency in db.session.scalars(select(Agency))}
    without = {agency.name for agency in everybody.values() if not any(agency.id in ids for ids in signed.values())}
    assert without == {"Ouse Reach Housing", "Office of the Police and Crime Commissioner"}


def test_nothing_was_altered(app: Flask) -> None:
    report = verify()
    assert report.ok, report.sentences()


def test_the_morning_brings_one_digest_each_and_no_flood(app: Flask) -> None:
    assert count(Delivery, Delivery.state == DeliveryState.FAILED) == 0
    assert count(Delivery, Delivery.state == DeliveryState.WAITING) < 40
    due = select(Obligation.id).where(Obligation.next_on <= clock.next_working_day(clock.today()))
    assert len(db.session.scalars(due).all()) < 100


def test_mails_hold_nothing_about_a_case(first_start: Demo) -> None:
    telling = {
        text
        for case in CONTENT.cases
        for text in (
            case["title"],
            *(person["name"] for person in case["people"]),
            *(person.get("address") for person in case["people"]),
            *(place["street"] for place in case["places"]),
            *(number["number"] for number in case["references"]),
            *(action["what"] for action in case["actions"]),
            *(note["text"] for note in case["notes"]),
        )
        if text
    }
    files = list((first_start.folder / "mail").glob("*.eml"))
    assert len(files) > 50
    for file in files:
        text = _plain(file)
        found = [words for words in telling if words in text]
        assert not found, f"{file.name}: {found}"
        assert not re.search(r"\b\d{5} \d{6}\b|\bQX\d{1,2} \d[A-Z]{2}\b", text)


def _plain(file: Path) -> str:
    mail: Any = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = mail.get_body(preferencelist=("plain",)).get_content()
    return f"{mail['Subject']}\n{' '.join(body.split())}"


@pytest.mark.parametrize("moment", [datetime(2026, 3, 30, 8, 15, tzinfo=UTC)], ids=["after-the-clocks-changed"])
def test_the_same_every_time(tmp_path: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "source", lambda: moment)
    south = CONTENT.only("south-cambs")
    part = replace(south, cases=south.cases[::3])
    first, second = (_loaded_anew(tmp_path / name, part) for name in ("first", "second"))
    assert first == second
    assert clock.now() == moment


def _loaded_anew(folder: Path, part: reading.Content) -> list[Any]:
    home = DemoFolder(folder)
    settings = home.settings(8000)
    home.begin()
    keymaking.init_root(settings)
    keymaking.init_installation(settings)
    migrate.upgrade(settings.database_owner_url)
    with create_app(settings).app_context():
        loading.load(part, settings)
        shown = _without_ids()
        db.session.remove()
        db.engine.dispose()
    return shown


def _without_ids() -> list[Any]:
    """Everything that does not depend on ids and references."""
    cases = list(db.session.scalars(select(Case).order_by(Case.created_at, Case.id)))
    for partnership_id in {case.partnership_id for case in cases}:
        datakeys.load(partnership_id, [case.id for case in cases if case.partnership_id == partnership_id])
    shown: list[Any] = [
        (case.title, case.state, case.review_on, case.band, case.summary, case.created_at, case.last_activity_at)
        for case in cases
    ]
    for case in cases:
        events = select(Event).where(Event.case_id == case.id).order_by(Event.entered_at, Event.id)
        told = [(event.what, event.sort_on, event.entered_at) for event in db.session.scalars(events)]
        shown.append(hashlib.sha256(repr(told).encode()).hexdigest())
    meetings = select(Meeting.held_on, Meeting.state, Meeting.published_at).order_by(Meeting.held_on, Meeting.at)
    shown += [tuple(row) for row in db.session.execute(meetings)]
    outcomes = select(Outcome.decision, Outcome.next_review_on, Outcome.recorded_at).order_by(Outcome.recorded_at)
    shown += [tuple(row) for row in db.session.execute(outcomes)]
    mails = select(Delivery.kind, Delivery.state, func.count()).group_by(Delivery.kind, Delivery.state)
    shown += sorted(tuple(row) for row in db.session.execute(mails))
    shown += [(table.name, db.session.scalar(select(func.count()).select_from(table))) for table in _tables()]
    return shown


def _tables() -> Any:
    return db.metadata.sorted_tables


def test_somebody_is_invited_to_one_item_of_the_meeting_on_the_next_working_day(app: Flask) -> None:
    invitation = db.session.scalars(select(GuestInvitation)).one()
    guest = db.session.get_one(User, invitation.user_id)
    viewer = viewer_of(guest.id)
    assert viewer is not None
    (line,) = guests.open_for(viewer)
    assert line.invitation_id == invitation.id
    assert line.held_on == clock.next_working_day(clock.today())
    assert guest.email in {person["email"] for person in cast.people()}
