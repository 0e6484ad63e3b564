"""The audit pages: for the information-governance officer, in sentences, checked as they are shown, and recorded."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from psg.audit import seal
from psg.audit.models import AuditEvent
from psg.db import db
from psg.oversight.trail import _day
from tests.browsing import Browser
from tests.worlds import World

Clients = Callable[[str | None], Browser]
AUDIT = "/east-test/audit"


@pytest.mark.parametrize(
    "name", ["coordinator", "chair", "officer", "policelead", "figures", "admin", "citycoordinator"]
)
def test_only_information_governance_reads_the_trail(client_for: Clients, name: str) -> None:
    assert client_for(name).get(AUDIT).status_code == 404


def test_lines_are_sentences_and_looking_is_recorded(app: Flask, client_for: Clients) -> None:
    browser = client_for("governance")
    browser.get(AUDIT)
    text_ = browser.get(AUDIT).text
    assert "Governance Tester (East)" in text_
    assert "read the audit trail" in text_
    assert "stand as written" in text_
    with app.app_context():
        codes = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc()).limit(2)).all()
    assert codes == ["audit.read", "audit.read"]


def test_sealed_to(app: Flask, client_for: Clients) -> None:
    browser = client_for("governance")
    assert "Nothing is sealed yet" in browser.get(AUDIT).text
    with app.app_context():
        seal.seal_all()
        db.session.remove()
    browser.get(AUDIT)
    assert "Sealed to" in browser.get(AUDIT).text


def test_an_altered_line_is_shown(app: Flask, client_for: Clients) -> None:
    browser = client_for("governance")
    browser.get(AUDIT)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("drop trigger audit_events_no_update"))
        connection.execute(text("update audit_events set why = 'something else' where event = 'audit.read'"))
    shown = browser.get(AUDIT).text
    assert "A line was altered after it was written" in shown
    assert "psg audit verify" in shown


def test_filters(client_for: Clients, world: World) -> None:
    browser = client_for("governance")
    browser.get(AUDIT)
    officer = world.people["officer"].user_id
    assert "Nothing was recorded that matches" in browser.get(f"{AUDIT}?who={officer}").text
    assert "read the audit trail" in browser.get(f"{AUDIT}?what=audit.read").text
    assert "read the audit trail" in browser.get(f"{AUDIT}?what=security").text
    assert "Nothing was recorded that matches" in browser.get(f"{AUDIT}?until=1+1+2020").text
    assert "Case reference does not add up" in browser.get(f"{AUDIT}?case=EC-7QK4-M9").text
    for odd in ("?who=x&agency=%00&what=%F0", "?since=31+2+2026&until=99999", "?at=AAAA", "?case=" + "x" * 5000):
        assert browser.get(AUDIT + odd).status_code == 200


def test_older_pages(client_for: Clients) -> None:
    browser = client_for("governance")
    for _ in range(60):
        browser.get(AUDIT)
    first = browser.get(f"{AUDIT}?what=audit.read").text
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "what=audit.read" in older
    assert browser.get(older).text.count('<tr role="row">') == 60 - 50 + 1  # and the head


def test_days_as_people_type_them() -> None:
    assert str(_day("9 11 2026")) == str(_day("2026-11-09")) == str(_day("09/11/2026")) == "2026-11-09"
    for odd in ("", "9 11", "31 2 2026", "9 11 26", "٩ 11 2026", "1 1 99999", "31 12 9999"):
        assert _day(odd) is None


def test_what_was_refused_is_said_in_words(client_for: Clients) -> None:
    client_for("nurse").get("/east-test/cases")
    client_for("officer").get(AUDIT)
    shown = client_for("governance").get(AUDIT).text
    assert "wanted to see the list of cases, and was refused: their agency has not signed the agreement" in shown
    assert "wanted to read the audit trail, and was refused" in shown
    assert "case:list" not in shown


def test_every_kind_of_line_is_a_sentence_without_codes() -> None:
    import uuid
    from dataclasses import replace

    from psg import clock
    from psg.audit.events import Event
    from psg.audit.queries import Line
    from psg.oversight.sentences import kind_words, said

    plain = Line(
        uuid.uuid4(), clock.now(), None, "some.old_thing", "security", None, None, None, None, None, None, (), (), ""
    )
    assert said(plain, "") == "some: old thing"
    for event, why, fields, words in (
        (Event.ROLE_GIVEN, "agency-lead", (), "gave a role (agency lead"),
        (Event.SIGN_IN_FAILED, "password", (), "failed to sign in (the e-mail address or the password was not right)"),
        (Event.DUPLICATES_SETTLED, "different", (), "said whether two cases are the same (they are not the same)"),
        (Event.MEETING_CANCELLED, "no-quorum", (), "cancelled a meeting (too few agencies can come)"),
        (Event.CASE_EDITED, "", ("title", "at_risk_now"), "changed the working title and whether somebody is at risk"),
        (Event.REFUSED, "cases.show", (), "asked for a page of a partnership where they have no place"),
        (Event.REFUSED, "case:read casefile.show", (), "wanted to read a case and everything in it (EC-7QK4-M2), and"),
    ):
        line = replace(plain, event=event, code=event.code, why=why, fields=fields)
        assert said(line, "EC-7QK4-M2").startswith(words), event
    for event in Event:
        assert "{" not in said(replace(plain, event=event, code=event.code), "EC-7QK4-M2")
        assert "{" not in kind_words(event)
