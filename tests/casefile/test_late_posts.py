"""A form that came after its session had timed out: given back in its own page, filled in, never carried out."""

import re
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from psg import clock
from psg.accounts.models import KeptPost, UserSession
from psg.actions import operations as actions
from psg.cases import operations as cases
from psg.cases.models import Case, CaseDecision, Event
from psg.cases.rules import SubjectKind
from psg.db import db, transaction
from psg.meetings import operations as meetings
from psg.meetings.models import AgendaItem, ItemNote, Meeting
from psg.meetings.routes.standing import shipped
from psg.partnerships.models import Group
from psg.risk.models import Assessment
from tests.accounts.doors import token
from tests.cases.samples import opened, sent
from tests.worlds import PASSWORD

TYPED = "Typed with care, & sent too late"


def time_out(app, world, name):
    """Make somebody's sessions look idle for too long."""
    with app.app_context():
        with transaction():
            seen = clock.now() - timedelta(minutes=40)
            db.session.execute(
                update(UserSession).where(UserSession.user_id == world.people[name].user_id).values(seen_at=seen)
            )
        db.session.remove()


def too_late(app, world, browser, name, path, fields):
    """Send a form after the session has timed out and sign in again; gives where that leads."""
    form_token = token(browser, "/settings")
    time_out(app, world, name)
    refused = browser.post(path, fields | {"csrf_token": form_token})
    assert (refused.status_code, refused.location) == (303, "/sign-in")
    signed_in = browser.submit("/sign-in", {"email": f"{name}@test.example", "password": PASSWORD})
    assert signed_in.location == "/kept"
    return browser.get("/kept")


def given_back(app, world, browser, name, path, fields):
    """The page that somebody is led to after signing in again."""
    led = too_late(app, world, browser, name, path, fields)
    assert led.status_code == 303
    assert led.location.partition("?")[0] == path.partition("?")[0]
    page = browser.get(led.location)
    assert page.status_code == 200
    assert "Your work is kept" in page.text
    return led.location, page.text


def count(app, model):
    with app.app_context():
        found = len(db.session.scalars(select(model)).all())
        db.session.remove()
    return found


def made(app, work):
    with app.app_context():
        found = work()
        db.session.remove()
    return found


@pytest.fixture
def open_case(app, world):
    return made(app, lambda: opened(world).reference)


def draft_of(world):
    with transaction():
        return cases.start_draft(world.east, subject_kind=SubjectKind.PERSON, by=world.viewer("officer")).reference


def test_a_note_is_given_back_in_its_own_form_and_taken_once(app, world, client_for, open_case):
    browser, path = client_for("officer"), f"/east-test/cases/{open_case}/notes/add"
    fields = {"what": TYPED, "day": "yesterday", "kind": "call", "agency": str(world.agencies["police"])}
    where, page = given_back(app, world, browser, "officer", path, fields)
    assert re.search(r'<textarea[^>]*name="what"[^>]*>\s*Typed with care, &amp; sent too late</textarea>', page)
    assert re.search(r'value="yesterday"[^>]*checked', page)
    assert re.search(r'value="call"[^>]*checked', page)
    assert "Save note" in page
    assert "What happened" in page
    assert count(app, Event) == 0, "nothing is carried out by itself"
    kept_post = re.search(r'name="kept_post" value="([^"]+)"', page)[1]
    wrong = browser.submit(where, fields | {"kind": "", "kept_post": kept_post, "at_time": "half past"})
    assert wrong.status_code == 422
    assert f'value="{kept_post}"' in wrong.text, "still the same late post"
    assert count(app, KeptPost) == 1
    assert browser.submit(where, fields | {"kept_post": kept_post}).status_code == 303
    assert (count(app, Event), count(app, KeptPost)) == (1, 0)
    assert browser.get("/kept").location == "/my-work"


def test_pages_of_a_referral(app, world, client_for):
    reference = made(app, lambda: draft_of(world))
    browser = client_for("officer")
    what = {"title": "Late", "narrative": TYPED, "themes": ["asb", "noise"], "at_risk_now": "no", "since-month": "3"}
    _, page = given_back(app, world, browser, "officer", f"/east-test/cases/{reference}/log/what", what)
    assert "Typed with care" in page
    assert re.search(r'value="asb"[^>]*checked', page)
    why = {"why_agencies": TYPED, "lawful_basis": ["cda-115"], "purpose": ["safeguard"]}
    _, page = given_back(app, world, browser, "officer", f"/east-test/cases/{reference}/log/why", why)
    assert "Typed with care" in page
    first = {"subject_kind": "person", "first": "Zelda", "note": TYPED, "role": "harmed"}
    _, page = given_back(app, world, browser, "officer", "/east-test/cases/log", first)
    assert "Zelda" in page
    assert "Typed with care" in page


def test_a_risk_assessment_at_either_step(app, world, client_for, open_case):
    browser = client_for("officer")
    choice = browser.get(f"/east-test/cases/{open_case}/risk/assess").text
    path = re.search(rf"/east-test/cases/{open_case}/risk/assess/[a-z-]+", choice)[0]
    shown = browser.get(path)
    radios = [tag for tag in re.findall(r"<input[^>]*>", shown.text) if 'name="answer-' in tag]
    questions = [(re.search(r'name="([^"]+)"', tag)[1], re.search(r'value="([^"]+)"', tag)[1]) for tag in radios]
    answers = dict(questions)
    assert answers
    evidence = {next(iter(answers)).replace("answer-", "evidence-"): TYPED}
    _, page = given_back(app, world, browser, "officer", path, answers | evidence | {"step": "check"})
    assert "Typed with care" in page
    assert "Check the total" in page
    override = {"step": "save", "agree": "other", "reason": "Because of what is not in the questions"}
    _, page = given_back(app, world, browser, "officer", path, answers | evidence | override)
    assert "Because of what is not in the questions" in page
    assert "Save this assessment" in page
    assert count(app, Assessment) == 0


def test_a_decision_on_a_referral(app, world, client_for):
    reference = made(app, lambda: sent(world).reference)
    browser, path = client_for("coordinator"), f"/east-test/cases/{reference}/decide"
    fields = {"decision": "decline", "reason_code": "one-agency", "reason": TYPED}
    _, page = given_back(app, world, browser, "coordinator", path, fields)
    assert "Typed with care" in page
    assert re.search(r'value="decline"[^>]*checked', page)
    assert "Record decision" in page
    assert count(app, CaseDecision) == 0


def change_meanwhile(app, reference, change):
    def work():
        case = db.session.scalars(select(Case).where(Case.reference == reference)).one()
        with transaction(hold=(case,)):
            change(case)

    made(app, work)


def test_words_are_shown_where_their_form_is_closed(app, world, client_for):
    reference = made(app, lambda: sent(world).reference)
    by = made(app, lambda: world.viewer("chair"))
    change_meanwhile(app, reference, lambda case: cases.decline(case, reason_code="one-agency", reason="No.", by=by))
    browser, path = client_for("coordinator"), f"/east-test/cases/{reference}/decide"
    led = too_late(app, world, browser, "coordinator", path, {"decision": "accept", "reason": TYPED})
    page = browser.get(led.location)
    assert page.status_code == 200
    assert "This referral was declined" in page.text
    assert "Typed with care" in page.text


def test_words_are_shown_where_the_page_itself_is_gone(app, world, client_for):
    reference = made(app, lambda: sent(world).reference)
    by = made(app, lambda: world.viewer("coordinator"))
    young = world.groups["young"]
    change_meanwhile(app, reference, lambda case: cases.pass_on(case, group_id=young, reason="Young.", by=by))
    browser, path = client_for("chair"), f"/east-test/cases/{reference}/decide"
    led = too_late(app, world, browser, "chair", path, {"decision": "accept", "reason": TYPED})
    instead = browser.get(led.location)
    assert instead.location == "/kept?words=1"
    words = browser.get(instead.location).text
    assert "Typed with care" in words
    assert "Once" not in re.findall(r'for="kept-\d+">([^<]+)<', words)
    assert browser.post("/kept/forget", {"csrf_token": token(browser, "/settings")}).status_code == 303
    assert browser.get("/kept").location == "/my-work"


def test_forms_of_an_action_with_their_version(app, world, client_for, open_case):
    def agree():
        case = db.session.scalars(select(Case).where(Case.reference == open_case)).one()
        with transaction(hold=(case,)):
            return actions.add_action(
                case,
                what="Fit a new lock",
                owner_id=world.people["landlord"].user_id,
                owner_agency_id=world.agencies["housing"],
                due_on=clock.today() + timedelta(days=7),
                by=world.viewer("coordinator"),
            ).id

    action_id = made(app, agree)
    browser, path = client_for("landlord"), f"/east-test/actions/{action_id}/update"
    _, page = given_back(app, world, browser, "landlord", path, {"version": "77", "result": "not-done", "text": TYPED})
    assert "Typed with care" in page
    assert 'name="version" value="77"' in page, "so that a change made meanwhile is a clash"
    adding = f"/east-test/cases/{open_case}/actions/add"
    _, page = given_back(app, world, browser, "landlord", adding, {"what": TYPED})
    assert "Typed with care" in page


def test_minutes_of_a_meeting_item(app, world, client_for):
    def meet():
        group = db.session.get(Group, (world.east, world.groups["psg"]))
        with transaction():
            meetings.set_standing_agenda(group, shipped(), by=world.viewer("coordinator"))
            meeting = meetings.add_meeting(
                group,
                held_on=clock.today() + timedelta(days=7),
                at=time(10),
                minutes=60,
                place="",
                by=world.viewer("coordinator"),
            )
        case = opened(world)
        with transaction(hold=(meeting,)):
            meetings.publish(meeting, by=world.viewer("chair"))
        found = {item.case_id: item for item in meetings_items(meeting)}
        return meeting.id, found[None].id, found[case.id].id

    meeting_id, section, item = made(app, meet)
    browser = client_for("chair")
    path = f"/east-test/meetings/{meeting_id}/run/{item}"
    _, page = given_back(
        app, world, browser, "chair", path, {"decision": "keep-open", "agreed": TYPED, "what_2": "Ring"}
    )
    assert "Typed with care" in page
    assert "Ring" in page
    path = f"/east-test/meetings/{meeting_id}/run/{section}"
    where, page = given_back(app, world, browser, "chair", path, {"text": TYPED})
    assert "Typed with care" in page
    assert count(app, ItemNote) == 0

    def noted_meanwhile():
        record = db.session.get(AgendaItem, (world.east, section))
        meeting = db.session.get(Meeting, (world.east, meeting_id))
        with transaction():
            meetings.record_note(record, meeting, "Said first", by=world.viewer("coordinator"))

    made(app, noted_meanwhile)
    page = browser.get(where).text
    assert "Typed with care" in page
    assert browser.submit(where, {"text": TYPED}).status_code == 409, (
        "what was saved meanwhile is not overwritten unseen"
    )


def meetings_items(meeting):
    wanted = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position.desc())
    return db.session.scalars(wanted)


def test_a_lone_button_is_not_kept(app, world, client_for, open_case):
    browser = client_for("officer")
    time_out(app, world, "officer")
    assert browser.post("/settings/sessions/end").location == "/sign-in"
    assert count(app, KeptPost) == 0


def test_an_automatic_save_that_came_too_late_is_offered_in_the_note(app, world, client_for, open_case):
    browser, path = client_for("officer"), f"/east-test/cases/{open_case}/notes"
    form_token = token(browser, "/settings")
    time_out(app, world, "officer")
    assert browser.post(f"{path}/add", {"what": "Typed", "csrf_token": form_token}).status_code == 303
    assert browser.post(f"{path}/keep", {"what": TYPED, "csrf_token": form_token}).status_code == 303
    assert count(app, KeptPost) == 1, "the later of two for the same form"
    browser.submit("/sign-in", {"email": "officer@test.example", "password": PASSWORD})
    led = browser.get("/kept")
    assert led.location.startswith(f"{path}/add?kept=")
    assert "Typed with care" in browser.get(led.location).text


def test_somebody_else_cannot_open_it(app, world, client_for, open_case):
    browser, path = client_for("officer"), f"/east-test/cases/{open_case}/notes/add"
    where, _ = given_back(app, world, browser, "officer", path, {"what": TYPED})
    assert "Typed with care" not in client_for("landlord").get(where).text
    assert "Typed with care" not in browser.get(where.replace("/notes/add", "/now")).text, "nor any other page"
