"""A page that is sent and refused is kept like one that is being written: leaving the error page loses nothing."""

import re
from functools import partial

import pytest
from sqlalchemy import select

from psg.cases import operations
from psg.cases.models import Case, NoteDraft
from psg.cases.rules import SubjectKind
from psg.db import db, transaction
from tests.cases.samples import opened, sent

TYPED = "Half an account, typed with care"


@pytest.fixture
def address(app, world):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}"


@pytest.fixture
def referral(app, world):
    with app.app_context():
        with transaction():
            case = operations.start_draft(world.east, subject_kind=SubjectKind.PERSON, by=world.viewer("officer"))
            reference = case.reference
        db.session.remove()
    return f"/east-test/cases/{reference}/log"


def kept(app):
    with app.app_context():
        found = {row.page: dict(row.fields) for row in db.session.scalars(select(NoteDraft))}
        db.session.remove()
    return found


def note(world, **changes):
    return {"what": TYPED, "day": "today", "kind": "visit", "agency": str(world.agencies["police"])} | changes


def test_a_note_with_a_wrong_time_is_offered_again_and_forgotten_once_it_is_saved(app, world, address, client_for):
    browser = client_for("officer")
    sent = note(world, at_time="half past")
    assert browser.submit(f"{address}/notes/add", sent).status_code == 422
    assert kept(app) == {"note": sent}, "what was typed, and no token"
    again = browser.get(f"{address}/notes/add").text
    assert TYPED in again
    assert 'value="half past"' in again
    assert "This is the note you began" in again
    assert TYPED not in client_for("landlord").get(f"{address}/notes/add").text
    assert browser.submit(f"{address}/notes/add", note(world)).status_code == 303
    assert kept(app) == {}
    assert "This is the note you began" not in browser.get(f"{address}/notes/add").text


def test_the_later_of_two_refused_notes_is_kept(app, world, address, client_for):
    browser = client_for("officer")
    browser.post(f"{address}/notes/keep", {"what": "Earlier"})
    browser.submit(f"{address}/notes/add", note(world, at_time="half past"))
    browser.submit(f"{address}/notes/add", note(world, what="", at_time="half past"))
    assert kept(app)["note"]["what"] == TYPED, "an empty note takes nothing away"


def test_the_pages_of_a_referral(app, world, referral, client_for):
    browser = client_for("officer")
    assert browser.submit(f"{referral}/what", {"narrative": TYPED, "title": ""}).status_code == 422
    assert browser.submit(f"{referral}/why", {"wants": TYPED, "handling": ["normal"]}).status_code == 422
    assert kept(app) == {"what": {"narrative": TYPED}, "why": {"wants": TYPED, "handling": "normal"}}
    for page in ("what", "why"):
        assert TYPED in browser.get(f"{referral}/{page}").text
    right = {"narrative": TYPED, "title": "A block", "at_risk_now": "no"}
    assert browser.submit(f"{referral}/what", right).status_code == 303
    assert list(kept(app)) == ["why"]


def test_an_assessment_is_kept_until_it_is_saved(app, world, address, client_for):
    browser = client_for("officer")
    path = re.search(rf"{address}/risk/assess/[a-z-]+", browser.get(f"{address}/risk/assess").text)[0]
    radios = [tag for tag in re.findall(r"<input[^>]*>", browser.get(path).text) if 'name="answer-' in tag]
    answers = {re.search(r'name="([^"]+)"', tag)[1]: re.search(r'value="([^"]+)"', tag)[1] for tag in radios}
    first, *others = answers
    sent = {name: answers[name] for name in others} | {first.replace("answer-", "evidence-"): TYPED}
    assert browser.submit(path, sent | {"step": "check"}).status_code == 422
    assert kept(app) == {f"risk-{path.split('/')[-1]}": sent}
    assert TYPED in browser.get(path).text
    whole = sent | answers
    assert browser.submit(path, whole | {"step": "check"}).status_code == 200
    assert next(iter(kept(app).values())) == whole, "it is not saved yet"
    assert browser.submit(path, whole | {"step": "save", "agree": "yes"}).status_code == 303
    assert kept(app) == {}


def test_what_is_going_on_now_is_kept_with_the_version_that_was_seen(app, world, address, client_for):
    browser, other, page = client_for("officer"), client_for("landlord"), f"{address}/now"
    seen = re.search(r'name="version" value="(\d+)"', browser.get(page).text)[1]
    assert browser.post(f"{page}/keep", {"text": TYPED, "version": seen}).status_code == 200
    again = browser.get(page).text
    assert TYPED in again
    assert "This is the text you began" in again
    assert TYPED not in other.get(page).text
    assert other.submit(page, {"text": "Theirs"}).status_code == 303
    clash = browser.submit(page, {"text": TYPED + " now"})
    assert clash.status_code == 409
    assert "Theirs" in clash.text
    assert kept(app)["now"]["text"] == TYPED + " now"
    assert browser.submit(page, {"text": TYPED}).status_code == 303
    assert kept(app) == {}
    assert browser.submit(page, {"text": "x" * 4_001}).status_code == 422
    assert browser.post(f"{page}/keep", {"then": "forget"}).location == page
    assert browser.post(f"{page}/keep", {"text": TYPED}).status_code == 200
    assert browser.post(f"{page}/keep", {"text": " "}).status_code == 204
    assert kept(app) == {}


def test_nothing_is_kept_for_whoever_may_not_or_sends_no_token(app, world, address, referral, client_for):
    wrong = note(world, at_time="half past")
    assert client_for("youth").post(f"{address}/notes/add", wrong).status_code == 404
    assert client_for("landlord").post(f"{referral}/what", {"narrative": TYPED}).status_code == 404
    unsigned = client_for("officer").client.post(f"{address}/notes/add", data=wrong, base_url="https://psg.test")
    assert unsigned.status_code == 400
    assert kept(app) == {}


@pytest.mark.parametrize("text", ["a\x00b", "x" * 60_001])
def test_what_no_store_can_carry_is_refused_and_not_kept(app, world, address, client_for, text):
    assert client_for("officer").submit(f"{address}/notes/add", note(world, what=text)).status_code == 422
    assert kept(app) == {}


def test_a_declined_referral_keeps_no_note_and_an_erased_case_nothing_at_all(app, world, client_for):
    def change(what):
        with app.app_context():
            case = db.session.scalars(select(Case)).one()
            with transaction(hold=(case,)):
                what(case, by=world.viewer("chair"))
            db.session.remove()

    with app.app_context():
        path = f"/east-test/cases/{sent(world).reference}/notes/add"
        db.session.remove()
    browser = client_for("coordinator")
    browser.submit(path, note(world, at_time="half past"))
    change(partial(operations.decline, reason_code="one-agency", reason="No"))
    later = browser.post(path, note(world, what="Later", at_time="half past"))
    assert later.status_code == 409
    assert "Later" in later.text
    assert kept(app)["note"]["what"] == TYPED
    change(operations.erase_case)
    assert kept(app) == {}
    assert browser.post(path, note(world, at_time="half past")).status_code in (404, 409)
    assert kept(app) == {}
