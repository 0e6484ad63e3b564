"""My work with cases in it: what is whose, what others may not see, and what each role adds."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from psg import clock
from psg.accounts.models import UserSession
from psg.actions import operations as actions
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.cases.rules import When
from psg.db import db, transaction
from tests.browsing import Browser
from tests.cases import samples
from tests.conftest import on_both
from tests.counting import MOST, statements
from tests.worlds import World

Client = Callable[[str | None], Browser]


@pytest.fixture
def references(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An open case led by the landlord with an overdue action of the officer, a referral and a draft."""
    now = clock.now()
    with app.app_context():
        monkeypatch.setattr(clock, "source", lambda: now - timedelta(days=10))
        led = samples.opened(world, title="Home taken over")
        with transaction():
            actions.add_action(
                led,
                what="Change the lock",
                owner_agency_id=world.agencies["police"],
                owner_id=world.people["officer"].user_id,
                due_on=clock.today() + timedelta(days=5),
                by=world.viewer("coordinator"),
            )
        waiting = samples.sent(world, title="Noise at night")
        with transaction():
            draft = cases.start_draft(world.east, subject_kind=None, by=world.viewer("officer"))
        monkeypatch.setattr(clock, "source", lambda: now)
        found = {"led": led.reference, "waiting": waiting.reference, "draft": draft.reference, "led_id": str(led.id)}
        db.session.remove()
    return found


@on_both
def test_each_sees_what_is_theirs(client_for: Client, references: dict[str, str]) -> None:
    officer = client_for("officer").get("/my-work").text
    assert "1 thing is overdue." in officer
    assert "Change the lock" in officer
    assert "5 days overdue" in officer
    assert references["draft"] in officer
    assert f"{references['waiting']}/decide" not in officer, "it is the officer's own, for others to decide"
    landlord = client_for("landlord").get("/my-work").text
    assert "Home taken over" in landlord
    assert "Somebody was at risk when this was referred" in landlord, "the next step of the case they lead"
    assert references["draft"] not in landlord
    coordinator = client_for("coordinator").get("/my-work").text
    assert "Noise at night" in coordinator
    assert f"{references['waiting']}/decide" in coordinator
    assert "Overdue by agency" in coordinator
    assert "Noise at night" in client_for("chair").get("/my-work").text
    assert "Noise at night" not in client_for("youthchair").get("/my-work").text


def test_roles_without_cases_see_no_case_text(client_for: Client, references: dict[str, str]) -> None:
    lead = client_for("policelead").get("/my-work").text
    assert "Officer Tester: 1 action overdue" in lead
    for name in ("policelead", "governance", "figures", "admin", "nurse", "cityofficer"):
        text = client_for(name).get("/my-work").text
        for words in ("Home taken over", "Change the lock", "Noise at night", references["led"], references["waiting"]):
            assert words not in text, (name, words)


def test_done_in_one_press(client_for: Client, references: dict[str, str]) -> None:
    officer = client_for("officer")
    path = officer.get("/my-work").text.split('/done" class')[0].rsplit('action="', 1)[1] + "/done"
    answer = officer.post(path, {"back": "/my-work"})
    assert (answer.status_code, answer.location) == (303, "/my-work")
    text = officer.get("/my-work").text
    assert "Change the lock" not in text
    assert "Nothing is yours to do." in text
    assert "Your first days" not in text, "the first lines go when the first action is done"


def test_what_others_did_since(app: Flask, client_for: Client, world: World, references: dict[str, str]) -> None:
    landlord = client_for("landlord")
    landlord.get("/my-work")
    with app.app_context():
        with transaction():
            for session in db.session.scalars(select(UserSession)):
                session.seen_at = clock.now() - timedelta(days=2)
        case = cases_find(world, references)
        with transaction():
            cases.add_event(
                case,
                kind="note",
                when=When.day(clock.today()),
                what="Seen again",
                who="",
                owning_agency_id=world.agencies["police"],
                by=world.viewer("officer"),
            )
    text = client_for("landlord").get("/my-work").text
    assert "Since you were last here" in text
    assert "1 note" in text
    assert "Seen again" not in text, "counts, not contents"


def cases_find(world: World, references: dict[str, str]):
    from psg.cases import queries

    viewer = world.viewer("officer")
    case = queries.find(viewer, viewer.standings[world.east], references["led"])
    assert case is not None
    return case


def test_the_cases_shown_are_in_the_partnerships_audit(
    app: Flask, client_for: Client, world: World, references: dict[str, str]
) -> None:
    client_for("landlord").get("/my-work")
    with app.app_context():
        row = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.HOME_LOOKED_AT.code).order_by(AuditEvent.id.desc())
        ).first()
        assert row is not None
        assert row.partnership_id == world.east
        assert uuid.UUID(references["led_id"]).hex in row.ids.split()


@pytest.mark.parametrize("name", ["coordinator", "officer", "landlord", "chair", "both"])
def test_queries_with_something_to_show(app: Flask, client_for: Client, references: dict[str, str], name: str) -> None:
    browser = client_for(name)
    browser.get("/my-work")
    with statements(app) as said:
        browser.get("/my-work")
    assert 0 < len(said) <= MOST, "\n".join(said)


def test_figures_hide_small_numbers(client_for: Client, references: dict[str, str]) -> None:
    text = client_for("figures").get("/east-test/figures").text
    assert "not shown" in text
    assert references["led"] not in text
