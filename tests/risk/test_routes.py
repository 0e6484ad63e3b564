"""The pages of risk: questions, check, save; what is kept over errors; who may see them."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event as sa_event
from sqlalchemy import select

from psg import clock
from psg.audit.models import AuditEvent
from psg.db import db
from psg.risk import queries
from tests.risk.conftest import PERSON, answers, highest, lowest


@pytest.fixture
def base(case):
    return f"/east-test/cases/{case.reference}/risk"


@pytest.fixture
def typed(scheme):
    """The questions answered, as a form sends them."""

    def make(pick=lowest, **evidence):
        sent = {}
        for code, (option, _) in answers(scheme(), pick).items():
            sent |= {f"answer-{code}": option, f"evidence-{code}": evidence.get(code, "")}
        return sent

    return make


def test_an_assessed_case(assess, base, client_for, world):
    with time_machine.travel(clock.now() - timedelta(days=60), tick=True):
        assess(lowest)
    assess(highest, override=("high", "The flat is watched now"))
    shown = client_for("landlord").get(base).text
    assert "Up from 0 to 30 of 30 since" in shown
    assert shown.count('<svg class="app-chart') == 2
    assert "High (scored Very high)" in shown
    assert "The flat is watched now" in shown
    assert "style=" not in shown
    assert re.search(r'role="img" aria-labelledby="chart-1-320"', shown)
    events = db.session.scalars(select(AuditEvent.event).where(AuditEvent.event == "risk.looked_at")).all()
    assert events


def test_a_case_never_assessed(base, client_for):
    assert "Not assessed." in client_for("chair").get(base).text


@pytest.mark.parametrize("who", ["nurse", "youth", "roleless", "cityofficer", "policelead", "governance", "admin"])
def test_who_may_not_see_the_case(who, base, client_for):
    browser = client_for(who)
    for path in (base, f"{base}/assess", f"{base}/assess/{PERSON}"):
        assert browser.get(path).status_code in (403, 404)
    assert browser.post(f"{base}/assess/{PERSON}", {"step": "save"}).status_code in (403, 404)


def test_a_case_about_a_person_and_a_place_asks_which(base, client_for):
    browser = client_for("officer")
    shown = browser.get(f"{base}/assess").text
    assert "Person harmed (example)" in shown
    assert "Place (example)" in shown
    assert browser.get(f"{base}/assess/no-such-scheme").status_code == 404


def test_the_journey(case, base, client_for, typed):
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}"
    questions = browser.get(path).text
    assert "of 30" not in questions  # no running total before the check
    version = re.search(r'name="version" value="(\d+)"', questions).group(1)
    check = browser.post(path, typed(highest, often="Log\nof the\nlandlord") | {"step": "check", "version": version})
    assert check.status_code == 200
    assert "30 of 30" in check.text
    assert "Do you agree with this band?" in check.text
    assert "Log\nof the\nlandlord" in check.text
    assert queries.of_case(case) == []
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', check.text))
    assert {"answer-often", "evidence-often", "once", "version"} <= set(hidden)
    again = browser.client.post(path, data=hidden | {"step": "edit"}, base_url="https://psg.test")
    assert again.status_code == 200
    assert "Log\nof the\nlandlord</textarea>" in again.text
    saved = browser.client.post(path, data=hidden | {"step": "save", "agree": "yes"}, base_url="https://psg.test")
    assert saved.status_code == 303
    assert "#assessment-" in saved.location
    twice = browser.client.post(path, data=hidden | {"step": "save", "agree": "yes"}, base_url="https://psg.test")
    assert (twice.status_code, twice.location) == (303, saved.location)
    shown = browser.get(base).text
    assert "Assessment saved: 30 of 30, Very high." in shown
    db.session.rollback()
    (made,) = queries.of_case(case)
    assert made.answer("often").evidence == "Log\nof the\nlandlord"


def test_missing_answers_are_listed_and_nothing_is_lost(base, client_for, typed):
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}"
    sent = typed(highest, threat="He said so") | {"step": "check"}
    del sent["answer-often"]
    answer = browser.post(path, sent)
    assert answer.status_code == 422
    assert "Answer question 1, or select Not known" in answer.text
    assert 'href="#answer-often"' in answer.text
    assert "He said so" in answer.text
    tampered = browser.post(path, typed() | {"answer-often": "most", "step": "save", "agree": "yes"})
    assert tampered.status_code == 422


def test_another_band_needs_a_name_and_a_reason(case, base, client_for, typed):
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}"
    version = re.search(r'name="version" value="(\d+)"', browser.get(path).text).group(1)
    sent = typed(lowest) | {"step": "save", "version": version}
    assert "Select whether you agree" in browser.post(path, sent).text
    answer = browser.post(path, sent | {"agree": "other"})
    assert answer.status_code == 422
    assert "Select which band" in answer.text
    assert "Enter why another band is right" in answer.text
    good = browser.post(path, sent | {"agree": "other", "band": "high", "reason": "Nobody dares to report"})
    assert good.status_code == 303
    db.session.rollback()
    (made,) = queries.of_case(case)
    assert (made.band.code, made.scored.code) == ("high", "standard")


def test_somebody_else_assessed_meanwhile(case, assess, base, client_for, typed):
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}"
    version = re.search(r'name="version" value="(\d+)"', browser.get(path).text).group(1)
    assess(highest, by="chair")
    sent = typed(lowest, often="Mine") | {"step": "save", "agree": "yes"}
    answer = browser.post(path, sent | {"version": version})
    assert answer.status_code == 409
    assert "Chair Tester assessed this case at" in answer.text
    assert "Mine" in answer.text
    newer = re.search(r'name="version" value="(\d+)"', answer.text).group(1)
    assert browser.post(path, sent | {"version": newer}).status_code == 303


def test_an_assessment_that_does_not_say_what_it_was_made_on(case, assess, base, client_for, typed):
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}"
    sent = typed(lowest, often="Mine") | {"step": "save", "agree": "yes"}
    first = browser.post(path, sent)
    assert first.status_code == 409
    assert "nothing was saved" in first.text
    assert "Mine" in first.text
    assess(highest, by="chair")
    second = browser.post(path, sent | {"version": "nonsense"})
    assert second.status_code == 409
    assert "Chair Tester assessed this case at" in second.text
    version = re.search(r'name="version" value="(\d+)"', second.text).group(1)
    assert browser.post(path, sent | {"version": version}).status_code == 303


def test_replacing(case, assess, base, client_for, typed):
    wrong = assess(highest)
    browser, path = client_for("officer"), f"{base}/assess/{PERSON}?replaces={wrong.id}"
    shown = browser.get(path).text
    assert "This replaces the assessment of" in shown
    version = re.search(r'name="version" value="(\d+)"', shown).group(1)
    answer = browser.post(path, typed(lowest) | {"step": "save", "agree": "yes", "version": version})
    assert answer.status_code == 303
    db.session.rollback()
    assert [one.replaced_by is None for one in queries.of_case(case)] == [True, False]
    assert "replaced, counts no longer" in browser.get(base).text


def test_last_answers_stand_beside_the_questions_and_none_is_chosen(assess, base, client_for):
    assess(highest)
    shown = client_for("officer").get(f"{base}/assess/{PERSON}").text
    assert "Most days." in shown
    assert " checked" not in shown


def test_pages_need_few_queries(assess, base, client_for):
    for _ in range(6):
        assess(highest)
    browser = client_for("coordinator")
    for path in (base, f"{base}/assess", f"{base}/assess/{PERSON}"):
        seen = []
        sa_event.listen(db.engine, "before_cursor_execute", lambda *args, seen=seen: seen.append(args[2]))
        assert browser.get(path).status_code == 200
        selects = [statement for statement in seen if statement.lstrip().upper().startswith("SELECT")]
        assert len(selects) <= 15, (path, len(selects), selects)
