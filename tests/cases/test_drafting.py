"""Pages saved by themselves while they are written: account and reasons of a referral, evidence of an assessment."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from psg import clock, jobs
from psg.cases import drafting, operations
from psg.cases.models import Case, NoteDraft
from psg.cases.rules import SubjectKind, kept_until
from psg.db import db, transaction
from psg.risk.models import Assessment
from psg.web.words import long_date
from tests.cases.samples import opened

HALF = "Half an account, with <three> & more"


def draft_of(world, by="officer"):
    with transaction():
        return operations.start_draft(world.east, subject_kind=SubjectKind.PERSON, by=world.viewer(by))


@pytest.fixture
def draft(app, world):
    with app.app_context():
        reference = draft_of(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}/log"


def drafts(app):
    with app.app_context():
        found = [(row.page, dict(row.fields)) for row in db.session.scalars(select(NoteDraft).order_by(NoteDraft.page))]
        db.session.remove()
    return found


def test_pages_of_a_referral_are_kept_apart_and_offered_again(app, world, draft, client_for):
    browser = client_for("officer")
    what = {"narrative": HALF, "themes": ["asb", "noise"], "once": "x", "then": "another"}
    assert browser.post(f"{draft}/what/keep", what).text == long_date(clock.today() + timedelta(days=28))
    assert browser.post(f"{draft}/why/keep", {"why_agencies": "Half a reason"}).status_code == 200
    assert drafts(app) == [
        ("what", {"narrative": HALF, "themes": ["asb", "noise"]}),
        ("why", {"why_agencies": "Half a reason"}),
    ]
    page = browser.get(f"{draft}/what").text
    assert "Half an account, with &lt;three&gt; &amp; more" in page
    assert re.search(r'value="noise"[^>]*checked', page)
    assert "This is the page you began" in page
    assert f"It is kept until <span data-kept-until>{long_date(clock.today() + timedelta(days=28))}</span>." in page
    assert f'data-autosave-url="{draft}/what/keep"' in page
    assert "Half a reason" in browser.get(f"{draft}/why").text
    check = browser.get(f"{draft}/check").text
    assert "Half an account" not in check, "what was not sent is not said"
    assert check.count("You typed something that does not stand here yet") == 2


def test_sending_a_page_ends_its_draft_and_no_other(app, world, draft, client_for):
    browser = client_for("officer")
    browser.post(f"{draft}/what/keep", {"narrative": HALF})
    browser.post(f"{draft}/why/keep", {"why_agencies": "Half a reason"})
    wrong = browser.submit(f"{draft}/what", {"narrative": HALF, "title": ""})
    assert wrong.status_code == 422
    assert len(drafts(app)) == 2
    sent = browser.submit(f"{draft}/what", {"narrative": HALF, "title": "A block", "at_risk_now": "no"})
    assert sent.location == f"{draft}/why"
    assert [page for page, _ in drafts(app)] == ["why"]
    assert "This is the page you began" not in browser.get(f"{draft}/what").text


def test_a_draft_can_be_forgotten(app, world, draft, client_for):
    browser = client_for("officer")
    browser.post(f"{draft}/what/keep", {"narrative": HALF})
    forgotten = browser.post(f"{draft}/what/keep", {"then": "forget"})
    assert (forgotten.status_code, forgotten.location) == (303, f"{draft}/what")
    assert drafts(app) == []
    browser.post(f"{draft}/what/keep", {"narrative": HALF})
    assert browser.post(f"{draft}/what/keep", {"narrative": ""}).status_code == 204
    assert drafts(app) == [], "nothing written, nothing kept"


def test_nobody_else_sees_it_and_what_cannot_be_kept_is_refused(app, world, draft, client_for):
    browser = client_for("officer")
    browser.post(f"{draft}/what/keep", {"narrative": HALF})
    for name in ("coordinator", "landlord", "nurse", "admin"):
        assert client_for(name).post(f"{draft}/what/keep", {"narrative": "x"}).status_code in (403, 404)
        assert "Half an account" not in client_for(name).get(f"{draft}/what").text
    assert browser.post(f"{draft}/what/keep", {"narrative": "x" * 60_001}).status_code == 409
    assert browser.post(f"{draft}/what/keep", {"narrative": "a\x00b"}).status_code == 422
    assert drafts(app) == [("what", {"narrative": HALF})]
    with app.app_context():
        row = db.session.execute(select(NoteDraft.__table__.c.fields_sealed)).one()
        assert b"account" not in row.fields_sealed


def test_evidence_of_an_assessment(app, world, client_for):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    browser, other = client_for("officer"), client_for("landlord")
    choice = browser.get(f"/east-test/cases/{reference}/risk/assess").text
    path = re.search(rf"/east-test/cases/{reference}/risk/assess/[a-z-]+", choice)[0]
    shown = browser.get(path).text
    assert f'data-autosave-url="{path}/keep"' in shown
    radios = [tag for tag in re.findall(r"<input[^>]*>", shown) if 'name="answer-' in tag]
    answers = {re.search(r'name="([^"]+)"', tag)[1]: re.search(r'value="([^"]+)"', tag)[1] for tag in radios}
    evidence = next(iter(answers)).replace("answer-", "evidence-")
    assert browser.post(f"{path}/keep", {evidence: HALF, "step": "check"}).status_code == 200
    assert browser.post(f"/east-test/cases/{reference}/notes/keep", {"what": "Half a note"}).status_code == 200
    assert "Half an account" in browser.get(path).text
    assert "These are the answers you began" in browser.get(path).text
    assert "Half an account" not in other.get(path).text
    assert "Half a note" in browser.get(f"/east-test/cases/{reference}/notes/add").text
    assert browser.post(f"{path}-unheard-of/keep", {evidence: HALF}).status_code == 404
    assert browser.submit(path, answers | {evidence: HALF, "step": "check"}).status_code == 200
    assert len(drafts(app)) == 2, "checking saves nothing"
    assert browser.submit(path, answers | {evidence: HALF, "step": "save", "agree": "yes"}).status_code == 303
    assert [page for page, _ in drafts(app)] == ["note"]
    with app.app_context():
        assert len(db.session.scalars(select(Assessment)).all()) == 1


def test_what_nobody_comes_back_to_is_dropped_after_four_weeks(context, world):
    case = opened(world)
    by = world.viewer("officer")
    with transaction(hold=(case,)):
        drafting.keep(case, drafting.NOTE, {"what": "Old"}, by=by)
        drafting.keep(case, drafting.assessment("victim"), {"evidence-x": "New"}, by=by)
        long_ago = clock.now() - timedelta(days=28, minutes=1)
        db.session.execute(
            update(NoteDraft)
            .where(NoteDraft.page == "note")
            .values(saved_at=long_ago)
            .execution_options(synchronize_session=False)
        )
    jobs.expire_old_drafts()
    db.session.expire_all()
    assert [row.page for row in db.session.scalars(select(NoteDraft))] == ["risk-victim"]


def test_a_referral_is_kept_while_its_pages_save_themselves(app, world, draft, client_for, monkeypatch):
    began = clock.now()
    in_three_weeks, in_five, in_eight = (began + timedelta(days=days) for days in (21, 35, 50))
    monkeypatch.setattr(clock, "source", lambda: in_three_weeks)
    browser = client_for("officer")
    before, after = (f"deleted on {long_date(kept_until(at))}" for at in (began, in_three_weeks))

    def said(path):
        return " ".join(re.sub("<[^>]+>", "", browser.get(path).text).split())

    pages = (f"{draft}/what", f"{draft}/check", "/my-work")
    assert all(before in said(path) for path in pages)
    browser.post(f"{draft}/why/keep", {"why_agencies": "Half a reason"})
    assert all(after in said(path) for path in pages)
    for moment, left in ((in_five, 1), (in_eight, 0)):
        monkeypatch.setattr(clock, "source", lambda moment=moment: moment)
        with app.app_context():
            jobs.expire_old_drafts()
            assert len(db.session.scalars(select(Case)).all()) == left
            db.session.remove()


def test_a_draft_is_gone_on_with_at_its_first_unfinished_page(app, world, draft, client_for):
    browser = client_for("officer")
    assert browser.get(draft).location == f"{draft}/who"
    person = {"role": "harmed", "first": "Ada", "last": "Ludlow"}
    assert browser.submit(f"{draft}/people/add", person).status_code == 303
    assert browser.get(draft).location == f"{draft}/what"
    what = {"title": "A block", "narrative": "It happens", "at_risk_now": "no"}
    browser.submit(f"{draft}/what", what)
    assert browser.get(draft).location == f"{draft}/why"
    why = {"why_agencies": "Because", "lawful_basis": ["cda-115"], "purpose": ["safeguard"], "handling": ["normal"]}
    browser.submit(f"{draft}/why", why)
    assert browser.get(draft).location == f"{draft}/check"
    browser.post(f"{draft}/what/keep", {"narrative": HALF})
    assert browser.get(draft).location == f"{draft}/what", "something typed waits there"
    assert "it is deleted on" in browser.get(f"{draft}/check").text
    reference = draft.split("/")[-2]
    assert f'href="{draft}"' in browser.get("/east-test/cases?state=mine").text
    with app.app_context():
        assert db.session.scalars(select(Case.reference)).all() == [reference]
