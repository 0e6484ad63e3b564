"""Who has looked at a case, and what may be copied of it into an agency's own file."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.casefile import looked
from psg.cases import operations
from psg.cases.models import Case
from psg.db import db, transaction
from psg.web.words import full_date
from tests.cases.samples import opened


@pytest.fixture
def address(app, world):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}"


def test_the_chair_sees_who_was_shown_it_and_is_recorded_too(app, address, client_for):
    client_for("landlord").get(address)
    client_for("officer").get("/east-test/cases")
    page = client_for("chair").get(f"{address}/looked").text
    assert "Landlord Tester" in page
    assert "Reed" in page
    assert "Looked at this case" in page
    assert "Looked at a list of 1 cases" in page, "lists in which it stood count too"
    assert client_for("chair").get(address).text.count("Who has looked") == 1
    with app.app_context():
        rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.WHO_LOOKED_READ.code)).all()
        case = db.session.scalars(select(Case)).one()
        assert [row.case_id for row in rows] == [case.id]


@pytest.mark.parametrize("name", ["officer", "landlord", "both", "governance", "policelead", "youthchair", "admin"])
def test_nobody_else_sees_it(address, client_for, name):
    browser = client_for(name)
    assert browser.get(f"{address}/looked").status_code == 404
    assert "Who has looked" not in browser.get(f"{address}/sharing").text


def test_long_lists_come_in_pages(address, client_for, monkeypatch):
    monkeypatch.setattr(looked, "PAGE", 2)
    for _ in range(3):
        client_for("landlord").get(f"{address}/people")
    chair = client_for("chair")
    page = chair.get(f"{address}/looked").text
    assert page.count('<tr role="row">') == 2 + 1
    older = re.search(r'href="([^"]*/looked\?at=[^"]+)"', page)[1]
    assert chair.get(older).text.count('<tr role="row">') == 2 + 1
    assert chair.get(f"{address}/looked?at=rubbish").status_code == 200


def copied(browser, address):
    page = browser.get(address).text
    found = re.search(r'<textarea[^>]*id="copy-text"[^>]*readonly[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert 'data-copy-from="copy-text" hidden' in page
    return found[1]


def test_lines_for_ones_own_system_name_nobody(app, world, address, client_for):
    lines = copied(client_for("landlord"), address).split("\n")
    today = full_date(clock.today())
    assert lines == [
        f"Case: {address.rsplit('/', 1)[1]}",
        "Group: Problem Solving Group",
        "State: Open",
        f"Decision: accepted, {today}",
        f"Next review: {full_date(clock.today() + timedelta(days=28))}",
    ]
    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        with transaction(hold=(case,)):
            operations.close(
                case,
                reason_code="risk-reduced",
                reason="Mr Tebbitt is well",
                changed_for_person="He sleeps",
                by=world.viewer("chair"),
            )
        db.session.remove()
    after = copied(client_for("landlord"), address)
    assert f"Decision: closed, {today}" in after
    assert "Next review" not in after
    assert "Tebbitt" not in after
