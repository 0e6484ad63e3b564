"""Assessing again: the answers of last time can be filled in, notes are kept one by one."""

import re
from datetime import timedelta

import pytest
import time_machine

from psg import clock
from psg.db import db, transaction
from psg.risk import operations, queries
from psg.risk.rules import kept_note, read
from psg.web.words import full_date, long_date
from tests.risk.conftest import PERSON, add_version, answers, highest, lowest


@pytest.fixture
def path(case):
    return f"/east-test/cases/{case.reference}/risk/assess/{PERSON}"


@pytest.fixture
def earlier(case, world, scheme):
    """An assessment of two months ago, with one note."""
    made_by = scheme()
    given = answers(made_by, highest) | {
        "often": (highest(read(made_by.definition).questions[0].options).code, "His log")
    }
    with time_machine.travel(clock.now() - timedelta(days=60), tick=True), transaction(hold=(case,)):
        return operations.assess(case, scheme=made_by, answers=given, by=world.viewer("chair"))


def _questions(scheme):
    return read(scheme().definition).questions


def _filled_in(shown):
    return {
        name.removeprefix("answer-"): value
        for name, value in re.findall(r'name="(answer-[^"]+)" type="radio" value="([^"]+)" checked', shown)
    }


def _hidden(shown):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown))


def test_answers_are_offered_and_filled_in_only_when_asked_for(earlier, path, client_for, scheme):
    browser, day = client_for("officer"), long_date(earlier.assessed_at)
    fresh = browser.get(path).text
    assert f"Fill in the answers of {day}" in fresh
    assert _filled_in(fresh) == {}
    shown = browser.get(f"{path}?start={earlier.id}").text
    assert f"The answers of {day} are filled in" in shown
    assert _filled_in(shown) == {question.code: highest(question.options).code for question in _questions(scheme)}
    assert "Start with no answers" in shown


def test_a_note_is_kept_only_by_who_says_that_it_holds(case, earlier, path, client_for, scheme):
    browser, start = client_for("officer"), f"{path}?start={earlier.id}"
    shown = browser.get(start).text
    assert "His log" in shown
    assert "His log</textarea>" not in shown
    assert not re.search(r'name="holds-often"[^>]* checked', shown)
    sent = {f"answer-{question.code}": highest(question.options).code for question in _questions(scheme)}
    sent["version"] = re.search(r'name="version" value="(\d+)"', shown).group(1)
    plain = browser.post(start, sent | {"step": "check"}).text
    assert "No answer differs" in plain
    assert _hidden(plain)["evidence-often"] == ""
    sent |= {"answer-often": lowest(_questions(scheme)[0].options).code, "holds-often": str(earlier.id)}
    check = browser.post(start, sent | {"evidence-often": "New log", "step": "check"}).text
    dated = f"Note of {full_date(earlier.assessed_at)}: His log\nNote of {full_date(clock.today())}: New log"
    assert "1 answer differs from the assessment of" in check
    assert "(was: " in check
    assert _hidden(check)["evidence-often"] == dated
    again = browser.post(start, _hidden(check) | {"step": "edit"}).text
    assert f"{dated}</textarea>" in again
    saved = browser.client.post(
        start, data=_hidden(check) | {"step": "save", "agree": "yes"}, base_url="https://psg.test"
    )
    assert saved.status_code == 303
    db.session.rollback()
    made, first = queries.of_case(case)
    assert made.answer("often").evidence == dated
    assert made.record.assessed_at.date() > first.record.assessed_at.date()
    assert made.record.assessed_by != first.record.assessed_by
    assert first.answer("often").evidence == "His log"
    later = browser.get(f"{path}?start={made.record.id}").text
    sent |= {"version": _hidden(later)["version"], "holds-often": str(made.record.id), "evidence-often": ""}
    kept = browser.post(f"{path}?start={made.record.id}", sent | {"step": "check"}).text
    assert _hidden(kept)["evidence-often"] == dated, "kept again, it keeps the day it was first written"


def test_a_note_of_another_assessment_is_not_kept(earlier, path, client_for, scheme):
    sent = {f"answer-{question.code}": highest(question.options).code for question in _questions(scheme)}
    answer = client_for("officer").post(path, sent | {"holds-often": "somebody else's", "step": "check"})
    assert answer.status_code == 422


def test_a_kept_note_and_a_new_one_must_fit(case, world, path, client_for, scheme):
    made_by = scheme()
    given = answers(made_by, highest) | {"often": (highest(_questions(scheme)[0].options).code, "x" * 3_990)}
    with transaction(hold=(case,)):
        made = operations.assess(case, scheme=made_by, answers=given, by=world.viewer("chair"))
    sent = {f"answer-{question.code}": highest(question.options).code for question in _questions(scheme)}
    answer = client_for("officer").post(path, sent | {"holds-often": str(made.id), "step": "check"})
    assert answer.status_code == 422
    assert "The earlier note and the new one must be 4,000 characters or less together" in answer.text


def test_answers_of_another_version_are_not_filled_in(earlier, path, client_for, scheme):
    with transaction():
        add_version(scheme())
    for address in (path, f"{path}?start={earlier.id}"):
        shown = client_for("officer").get(address).text
        assert "The scheme has changed since" in shown
        assert "Fill in the answers" not in shown
        assert "holds-often" not in shown
        assert _filled_in(shown) == {}
        assert "Last time: His log" in shown


def test_replacing_starts_from_the_assessment_that_was_wrong(earlier, path, client_for):
    browser = client_for("officer")
    shown = browser.get(f"{path}?replaces={earlier.id}").text
    link = re.search(r'href="([^"]*start=[^"]*)"', shown).group(1).replace("&amp;", "&")
    assert f"replaces={earlier.id}" in link
    assert "are filled in" in browser.get(link).text


def test_a_note_kept_twice_keeps_its_first_day():
    once = kept_note("His log", "3 June 2026", "", "1 July 2026")
    assert once == "Note of 3 June 2026: His log"
    twice = kept_note(once, "1 July 2026", "More", "5 August 2026")
    assert twice == "Note of 3 June 2026: His log\nNote of 5 August 2026: More"
    assert kept_note(twice, "5 August 2026", "Third", "2 September 2026") == f"{twice}\nNote of 2 September 2026: Third"


def test_a_note_that_was_kept_and_then_changed_is_not_kept_again():
    changed = "Note of 3 June 2026: His log\nNote of 1 July 2026: More, and this"
    assert kept_note("His log", "3 June 2026", changed, "1 July 2026") == changed
