"""What waits on others or on the next meeting: own referrals, draft minutes, overdue actions of a case one leads."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.agreements import operations as agreements
from psg.agreements.models import Signature
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.db import db, transaction
from psg.meetings import operations as meetings
from psg.meetings.models import Meeting
from psg.meetings.routes.standing import shipped
from psg.web.words import long_date
from tests.browsing import Browser
from tests.cases import samples
from tests.conftest import on_both
from tests.counting import MOST, statements
from tests.meetings.conftest import Room
from tests.worlds import World

Client = Callable[[str | None], Browser]
SENT, MINUTES = "Your referrals", "Minutes to agree"


def block(browser: Browser, heading: str) -> str:
    """The words under a heading of my work, without tags; "" when the page has no such heading."""
    answer = browser.get("/my-work")
    assert answer.status_code == 200
    parts = re.split(r"<h2[^>]*>", answer.text)
    found = [part for part in parts if part.startswith(heading)]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", found[0])).split()) if found else ""


@pytest.fixture
def room(app: Flask, world: World) -> Room:
    """The group psg with the standing agenda it was shipped with."""
    made = Room(world)
    with app.app_context(), transaction():
        meetings.set_standing_agenda(made.group, shipped(), by=made.by("coordinator"))
    return made


def ended(room: Room) -> Meeting:
    """A meeting of today that has ended."""
    meeting = room.meet(clock.today())
    room.publish(meeting)
    room.end(meeting)
    return meeting


@on_both
def test_the_referrer_sees_what_waits_for_others(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context():
        case = samples.sent(world, title="Noise at night")
        unsure = samples.sent(world, title="Bins on fire", group=None)
        references, ids = (case.reference, unsure.reference), {case.id.hex, unsure.id.hex}
    words = block(client_for("officer"), SENT)
    since, by = long_date(clock.today()), long_date(clock.add_working_days(clock.today(), 3))
    for reference, title, group in zip(
        references, ("Noise at night", "Bins on fire"), ("Problem Solving Group", "Not sure yet"), strict=True
    ):
        assert f"{reference} {title} {group} since {since} by {by}" in words
        assert f'href="/east-test/cases/{reference}"' in client_for("officer").get("/my-work").text
    with app.app_context():
        looked = select(AuditEvent).where(AuditEvent.event == Event.HOME_LOOKED_AT.code).order_by(AuditEvent.id.desc())
        row = db.session.scalars(looked).first()
        assert row is not None
        assert ids <= set(row.ids.split())
    for name in ("landlord", "coordinator", "chair", "youthchair", "cityofficer"):
        assert block(client_for(name), SENT) == "", name


def test_passing_on_gives_the_new_group_its_own_days(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "source", lambda: now - timedelta(days=10))
    with app.app_context():
        case = samples.sent(world)
        monkeypatch.setattr(clock, "source", lambda: now)
        with transaction(hold=(case,)):
            cases.pass_on(case, group_id=world.groups["young"], reason="Their age.", by=world.viewer("coordinator"))
    words = block(client_for("officer"), SENT)
    by = long_date(clock.add_working_days(clock.today(), 3))
    assert f"Young People's Problem Solving Group since {long_date(now - timedelta(days=10))} by {by}" in words


@pytest.mark.parametrize("decision", ["accepted", "declined"])
def test_a_decided_referral_leaves_the_list(app: Flask, client_for: Client, world: World, decision: str) -> None:
    with app.app_context():
        waiting, decided = samples.sent(world), samples.sent(world)
        by = world.viewer("coordinator")
        with transaction(hold=(decided,)):
            if decision == "declined":
                cases.decline(decided, reason_code="single-agency", reason="For one agency.", by=by)
            else:
                cases.accept(
                    decided,
                    lead_agency_id=world.agencies["housing"],
                    lead_officer_id=None,
                    review_on=clock.today() + timedelta(days=28),
                    reason="Several agencies are needed.",
                    by=by,
                )
        left, gone = waiting.reference, decided.reference
    words = block(client_for("officer"), SENT)
    assert left in words
    assert gone not in words


def test_what_one_may_decide_oneself_stands_under_decide_only(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context():
        samples.sent(world, by="coordinator", title="Noise at night")
    coordinator = client_for("coordinator")
    assert "Noise at night" in block(coordinator, "Referrals to decide")
    assert block(coordinator, SENT) == ""


def test_nothing_once_the_agencys_signature_has_ended(app: Flask, client_for: Client, world: World, room: Room) -> None:
    with app.app_context():
        samples.sent(world, title="Noise at night")
        ended(room)
    assert "Noise at night" in block(client_for("officer"), SENT)
    assert block(client_for("chair"), MINUTES)
    with app.app_context(), transaction():
        for signature in db.session.scalars(select(Signature).where(Signature.agency_id == world.agencies["police"])):
            agreements.end_signature(signature, reason="Merged", by=world.viewer("governance"))
    for name in ("officer", "chair"):
        text = client_for(name).get("/my-work").text
        assert "Noise at night" not in text
        assert SENT not in text
        assert MINUTES not in text


@on_both
def test_draft_minutes_wait_for_those_who_may_agree_them(
    app: Flask, client_for: Client, world: World, room: Room
) -> None:
    today, later = clock.today(), clock.today() + timedelta(days=16)
    with app.app_context():
        draft = ended(room)
        path = f"/east-test/meetings/{draft.id}/minutes"
    draft_words = f"Minutes of {long_date(today)} (Problem Solving Group) are a draft: to be agreed at the next meeting"
    assert f"{draft_words}, which is not planned yet" in block(client_for("chair"), MINUTES)
    with app.app_context():
        room.meet(later + timedelta(days=28))
        room.meet(later)
    for name in ("chair", "coordinator"):
        browser = client_for(name)
        assert f"{draft_words} on {long_date(later)}" in block(browser, MINUTES)
        assert f'href="{path}"' in browser.get("/my-work").text
        assert browser.get(path).status_code == 200
    for name in ("officer", "youthchair", "governance", "citycoordinator", "policelead"):
        assert block(client_for(name), MINUTES) == "", name
    with app.app_context():
        draft = db.session.get(Meeting, (world.east, draft.id))
        with transaction(hold=(draft,)):
            meetings.agree_minutes(draft, by=world.viewer("chair"))
    assert block(client_for("chair"), MINUTES) == ""


def test_many_draft_minutes_of_a_group_are_one_line(app: Flask, client_for: Client, world: World, room: Room) -> None:
    with app.app_context():
        oldest = ended(room)
        path, held_on = f"/east-test/meetings/{oldest.id}/minutes", oldest.held_on
    with time_machine.travel(clock.now() + timedelta(days=28), tick=True):
        with app.app_context():
            ended(room)
        browser = client_for("chair")
        words = block(browser, MINUTES)
        assert words.count("Minutes of") == 1
        assert f"Minutes of 2 meetings (Problem Solving Group) are drafts, the oldest of {long_date(held_on)}" in words
        page = browser.get("/my-work").text
        assert f'href="{path}"' in page
        assert 'href="/east-test/meetings#group-psg"' in page


def add_action(world: World, case: Case, what: str) -> str:
    """An action of the case that is due in five days; its address."""
    with transaction():
        action = actions.add_action(
            case,
            what=what,
            owner_agency_id=world.agencies["police"],
            owner_id=world.people["officer"].user_id,
            due_on=clock.today() + timedelta(days=5),
            by=world.viewer("coordinator"),
        )
    return f"/east-test/actions/{action.id}"


def test_the_next_step_leads_to_the_action_that_is_overdue(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "source", lambda: now - timedelta(days=10))
    with app.app_context():
        one, two = (samples.opened(world, referral={}) for _ in range(2))
        only = add_action(world, one, "Change the lock")
        for what in ("Visit", "Ring"):
            add_action(world, two, what)
        several = f"/east-test/cases/{two.reference}/actions"
    monkeypatch.setattr(clock, "source", lambda: now)
    landlord = client_for("landlord")
    text = landlord.get("/my-work").text
    assert f'href="{only}">One action is overdue. Ask its owner or change the date.' in text
    assert f'href="{several}">2 actions are overdue. Ask the owners or change the dates.' in text
    assert "Change the lock" in landlord.get(only).text
    assert "Ring" in landlord.get(several).text


@pytest.mark.parametrize("name", ["coordinator", "chair", "officer"])
def test_never_more_than_fifteen_queries(app: Flask, client_for: Client, world: World, room: Room, name: str) -> None:
    with app.app_context():
        ended(room)
        samples.opened(world, lead=name)
        for sender in (name, "landlord"):
            samples.sent(world, by=sender) if name != "chair" else samples.sent(world)
    browser = client_for(name)
    browser.get("/my-work")
    with statements(app) as said:
        browser.get("/my-work")
    assert 0 < len(said) <= MOST, "\n".join(said)
