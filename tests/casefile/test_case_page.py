"""The case page at a glance: what it says, how much it costs, and what it does with very much and very little."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from psg import clock
from psg.audit.models import AuditEvent
from psg.cases import operations
from psg.cases.models import Case, LastSeen
from psg.cases.rules import When
from psg.db import db, transaction
from psg.people.rules import Names
from tests.cases.samples import opened
from tests.conftest import on_both
from tests.counting import MOST, statements

WORD = "Donaudampfschiff" * 320


@pytest.fixture
def address(app, world):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}"


@pytest.fixture
def big(app, world):
    """A case with 200 notes and 40 people, some of it in very long words."""
    with app.app_context():
        case, by = opened(world), world.viewer("officer")
        with transaction(hold=(case,)):
            operations.set_now(case, text=WORD, by=by)
            for number in range(38):
                operations.add_person(case, names=Names(f"Person {number}", WORD[:100]), role="witness", by=by)
            for number in range(200):
                day = date(2024, 1, 1) + timedelta(days=number * 3)
                what = WORD if number == 199 else f"Note {number} of many"
                operations.add_event(case, kind="contact", when=When.day(day), what=what, by=by)
        db.session.remove()
    return f"/east-test/cases/{case.reference}"


@on_both
def test_no_page_costs_more_with_more_in_it(app, big, client_for):
    browser = client_for("landlord")
    browser.get(big)
    for page in ("", "/timeline", "/people", "/meetings", "/sharing", "/print?what=whole", "/notes/add", "/close"):
        reader = client_for("chair") if page == "/close" else browser
        reader.get(big + page)
        with statements(app) as said:
            assert reader.get(big + page).status_code == 200
        assert 0 < len(said) <= MOST, "\n".join([page, *said])
    with statements(app) as said:
        assert browser.get("/east-test/cases").status_code == 200
    assert 0 < len(said) <= MOST


def test_everything_is_there_however_long(big, client_for):
    browser = client_for("officer")
    page = browser.get(f"{big}/timeline").text
    assert page.count("of many") >= 199
    assert WORD in page
    assert browser.get(f"{big}/people").text.count("Person ") >= 38
    whole = browser.get(f"{big}/print?what=whole").text
    assert whole.index("Note 0 of many") < whole.index("Note 198 of many"), "oldest first on paper"
    assert "<details" not in whole


def test_the_referral_can_still_be_read_when_notes_were_added(big, client_for):
    page = client_for("landlord").get(big).text
    assert '<details class="govuk-details" id="referral">' in page
    assert "Anybody at risk now" in page


def test_the_page_says_what_to_do_and_why(address, client_for):
    page = client_for("chair").get(address).text
    assert "Somebody was at risk when this was referred. Assess it." in page
    assert "Why: The referral says that somebody is at risk now" in page
    assert "How to contact safely" in page
    assert "Never call at the flat." in page
    assert "Only the referral so far." in page
    assert "Not assessed" in page
    assert "As referred" in page


def test_buttons_are_drawn_only_for_those_who_may(address, client_for):
    member, chair = client_for("landlord").get(address).text, client_for("chair").get(address).text
    assert "Close the case" in chair
    assert "Close the case" not in member
    assert "Propose to close" in member
    assert f"{address}/lead" in chair
    assert f"{address}/lead" not in member


def test_looking_is_audited_and_remembered(app, world, address, client_for):
    browser = client_for("landlord")
    browser.get(address)
    browser.get(f"{address}/print?what=page")
    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        user_id = world.people["landlord"].user_id
        mine = select(AuditEvent).where(AuditEvent.user_id == user_id, AuditEvent.case_id == case.id)
        seen = db.session.scalars(mine.order_by(AuditEvent.id))
        assert [(row.event, row.why) for row in seen] == [
            ("case.looked_at", "works_in_its_group"),
            ("case.printed", "works_in_its_group"),
        ]
        assert db.session.scalars(select(LastSeen.user_id)).all() == [user_id]


def test_since_you_looked_says_what_is_new(app, world, address, client_for):
    now = clock.now()
    with time_machine.travel(now, tick=True) as traveller:
        assert "Since you looked" not in client_for("landlord").get(address).text
        traveller.shift(timedelta(minutes=10))
        with app.app_context():
            case = db.session.scalars(select(Case)).one()
            with transaction(hold=(case,)):
                for text in ("One", "Two"):
                    operations.add_event(
                        case, kind="visit", when=When.day(clock.today()), what=text, by=world.viewer("officer")
                    )
            db.session.remove()
        traveller.shift(timedelta(minutes=80))
        page = client_for("landlord").get(address).text
        assert "Since you looked" in page
        assert "2 notes" in page
        assert "2 of " in client_for("landlord").get(f"{address}/timeline?new=1").text
        assert "2 notes" in client_for("landlord").get(address).text, "reloading within the visit keeps it"
        traveller.shift(timedelta(minutes=90))
        assert "nothing new" in client_for("landlord").get(address).text


def test_who_can_see_it_is_what_the_gate_says(address, client_for, world):
    page = client_for("chair").get(f"{address}/sharing").text
    for name in ("Coordinator", "Chair", "Officer", "Landlord", "Both"):
        assert f"{name} Tester" in page, name
    for name in ("Nurse", "Youth", "Youthchair", "Referrer", "Suspended", "Figures"):
        assert f"{name} Tester" not in page, name


def test_an_erased_case_opens_for_the_coordinator_and_says_so(app, world, address, client_for):
    from psg import audit

    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        with transaction(hold=(case,)):
            operations.erase_case(case, by=audit.SYSTEM)
        db.session.remove()
    for page in ("", "/timeline", "/people", "/meetings", "/sharing", "/print?what=whole"):
        assert client_for("chair").get(address + page).status_code == 404
        answer = client_for("coordinator").get(address + page)
        assert answer.status_code == 200, page
        assert "Tebbitt" not in answer.text
    assert "has been erased" in client_for("coordinator").get(address).text
