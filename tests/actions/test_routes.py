"""The pages of actions: what they show, refuse, keep and take back."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import event as sa_event
from sqlalchemy import select

from psg import clock
from psg.actions import operations
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.db import DomainError, db, transaction
from psg.reminders.models import Delivery


def state_of(action):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Action, (action.partnership_id, action.id))


def looked(name, event, world):
    return db.session.scalars(
        select(AuditEvent.event).where(AuditEvent.user_id == world.people[name].user_id, AuditEvent.event == event)
    ).all()


@pytest.fixture
def base(case):
    return f"/east-test/cases/{case.reference}/actions"


@pytest.fixture
def late(give):
    """An action that was due a week ago."""
    with time_machine.travel(clock.now() - timedelta(days=21), tick=True):
        return give(due_in=14)


def test_the_actions_of_a_case(case, give, base, client_for, world):
    action = give(what="Visit twice <b>a week</b>")
    shown = client_for("landlord").get(base)
    assert shown.status_code == 200
    assert "Visit twice &lt;b&gt;a week&lt;/b&gt;" in shown.text
    assert "Officer Tester (Test)" in shown.text
    assert "Add action" in shown.text
    assert f"/actions/{action.id}/done" not in shown.text  # another agency's action
    assert f"/actions/{action.id}/done" in client_for("officer").get(base).text
    assert looked("landlord", "action.listed", world)


def test_an_empty_list_says_so(case, base, client_for):
    assert "No action is open on this case." in client_for("chair").get(base).text


@pytest.mark.parametrize("who", ["nurse", "youth", "roleless", "cityofficer", "policelead", "governance", "admin"])
def test_who_may_not_see_a_case_sees_no_action(who, give, base, client_for, world):
    action = give()
    browser = client_for(who)
    for path in (base, f"{base}/add", f"/east-test/actions/{action.id}", f"/east-test/actions/{action.id}/update"):
        assert browser.get(path).status_code in (403, 404)
    assert browser.post(f"/east-test/actions/{action.id}/done").status_code in (403, 404)
    assert browser.get(f"/city-test/actions/{action.id}").status_code == 404
    assert state_of(action).state is ActionState.OPEN


def test_an_owner_from_outside_the_group_sees_the_case_and_their_action(case, give, base, client_for):
    action = give("youth", "council")
    browser = client_for("youth")
    assert browser.get(base).status_code == 200
    assert browser.get(f"/east-test/actions/{action.id}").status_code == 200
    assert action.what in browser.get("/east-test/actions").text


def test_adding_an_action(case, base, client_for, world):
    browser = client_for("chair")
    shown = browser.get(f"{base}/add")
    assert "In 4 weeks" in shown.text
    value = re.search(r'name="due-choice" type="radio" value="(\d{4}-\d\d-\d\d)" checked', shown.text)
    assert value
    landlord = f"{world.agencies['housing']}/{world.people['landlord'].user_id}"
    answer = browser.post(
        f"{base}/add",
        {"what": "Mend the door", "owner": landlord, "due-choice": value.group(1), "priority": "usual"},
    )
    assert answer.status_code == 303
    assert answer.location.endswith("/actions#action-1")
    after = browser.get(base)
    assert "Action given to Landlord Tester (Reed). We will remind them on" in after.text
    assert "Mend the door" in after.text


def test_the_same_form_sent_twice_gives_one_action(case, base, client_for, world):
    browser = client_for("chair")
    sent = {
        "what": "Mend the door",
        "owner": str(world.agencies["housing"]),
        "due-choice": (clock.today() + timedelta(days=7)).isoformat(),
        "priority": "usual",
        "once": "018f3c1e-0000-7000-8000-00000000abcd",
    }
    answers = [browser.post(f"{base}/add", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    db.session.rollback()
    assert len(db.session.scalars(select(Action.id)).all()) == 1


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(case, base, client_for):
    browser = client_for("chair")
    answer = browser.post(
        f"{base}/add",
        {"what": "Mend the door", "due-choice": "another", "due-day": "1", "due-month": "1", "due-year": "2020"},
    )
    assert answer.status_code == 422
    for words in (
        "Mend the door",
        "Select who will do this action",
        "Due date must be today or later",
        "<title>Error:",
    ):
        assert words in answer.text
    assert "cannot be read" in browser.post(f"{base}/add", {"what": "A\x00B"}).text


def test_one_press_of_done_and_undo(give, base, client_for):
    action = give()
    browser = client_for("officer")
    answer = browser.post(f"/east-test/actions/{action.id}/done", {"back": base})
    assert (answer.status_code, answer.location) == (303, base)
    shown = browser.get(base)
    assert "marked as done." in shown.text
    assert f"/actions/{action.id}/undo" in shown.text
    assert state_of(action).state is ActionState.DONE
    again = browser.post(f"/east-test/actions/{action.id}/done")
    assert again.status_code == 303
    undone = browser.post(f"/east-test/actions/{action.id}/undo", {"back": "//evil.example/"})
    assert undone.location.endswith(f"/east-test/actions/{action.id}#history")
    assert state_of(action).state is ActionState.OPEN


def test_too_late_to_undo(give, client_for):
    action = give()
    browser = client_for("officer")
    browser.post(f"/east-test/actions/{action.id}/done")
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=True):
        answer = browser.post(f"/east-test/actions/{action.id}/undo")
    assert answer.status_code == 409
    assert "This can no longer be undone" in answer.text


def test_updating(give, client_for):
    action = give()
    browser, path = client_for("officer"), f"/east-test/actions/{action.id}/update"
    assert "ask the chair or the coordinator" in browser.get(path).text
    assert "Enter why it was not done" in browser.submit(path, {"result": "not-done"}).text
    answer = browser.submit(path, {"result": "going", "text": "First visit made"}, follow=True)
    assert "saved how it is going" in answer.text
    assert "First visit made" in answer.text
    browser.submit(path, {"result": "done", "text": "Nobody there", "evidence": "Log 12"})
    kept = state_of(action)
    assert (kept.state, kept.outcome, kept.evidence) == (ActionState.DONE, "Nobody there", "Log 12")
    assert "not open any more" in browser.post(path, {"version": kept.version, "result": "going", "text": "more"}).text
    later = browser.submit(f"/east-test/actions/{action.id}/outcome", {"text": "Quiet since"}, follow=True)
    assert "Quiet since" in later.text


def test_a_clash_shows_both_versions_and_keeps_what_was_typed(give, client_for, world):
    action = give()
    browser, path = client_for("officer"), f"/east-test/actions/{action.id}/update"
    old = str(action.version)
    with transaction(hold=(action,)):
        operations.note_progress(action, text="Chair rang him", by=world.viewer("chair"))
        action.priority = "high"
    answer = browser.post(path, {"version": old, "result": "going", "text": "I rang him"})
    assert answer.status_code == 409
    for words in ("I rang him", "Chair rang him", "Chair Tester changed this action"):
        assert words in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text).group(1)
    assert browser.post(path, {"version": version, "result": "going", "text": "I rang him"}).status_code == 303


def test_the_chair_moves_gives_and_cancels(give, client_for, world):
    action = give()
    browser, path = client_for("chair"), f"/east-test/actions/{action.id}"
    new = (action.due_on + timedelta(days=7)).isoformat()
    moved = browser.submit(f"{path}/move", {"due-choice": new, "reason": "Leave"}, follow=True)
    assert "moved once" in moved.text
    assert "Undo" in moved.text
    landlord = f"{world.agencies['housing']}/{world.people['landlord'].user_id}"
    given = browser.submit(f"{path}/give", {"owner": landlord}, follow=True)
    assert "given to Landlord Tester (Reed)" in given.text
    assert "From Officer Tester (Test) to Landlord Tester (Reed)" in given.text
    cancelled = browser.submit(f"{path}/cancel", {"reason": "Not needed"}, follow=True)
    assert "Cancelled" in cancelled.text
    assert "Not needed" in cancelled.text
    for page in ("move", "give", "cancel"):
        assert client_for("officer").get(f"{path}/{page}").status_code == 404


def test_the_lists(give, late, client_for, world):
    give("landlord", "housing", what="Mend the door")
    browser = client_for("officer")
    mine = browser.get("/east-test/actions").text
    assert "Visit the block" in mine
    assert "Mend the door" not in mine
    assert "1 open action" in mine
    everything = browser.get("/east-test/actions?whose=all").text
    assert "Mend the door" in everything
    overdue = browser.get("/east-test/actions?whose=all&status=overdue").text
    assert "Mend the door" not in overdue
    assert "7 days overdue" in overdue
    housing = browser.get(f"/east-test/actions?whose=all&agency={world.agencies['housing']}").text
    assert "Visit the block" not in housing
    assert browser.get("/east-test/actions?whose=x&status=y&agency=z&after=q").status_code == 200
    assert "Nothing is yours to do." in client_for("coordinator").get("/east-test/actions").text


def test_reminding_from_a_list(late, client_for, world):
    browser = client_for("chair")
    path = "/east-test/actions?whose=all"
    nothing = browser.post(path, {"remind": "yes"})
    assert nothing.status_code == 422
    assert "Select at least one action" in nothing.text
    assert 'href="#chosen"' in nothing.text
    assert 'id="chosen"' in nothing.text
    sent = browser.post(path, {"remind": "yes", "chosen": str(late.id)}, follow=True)
    assert "Officer Tester will get a reminder of action 1 of" in sent.text
    again = browser.post(path, {"remind": "yes", "chosen": str(late.id)}, follow=True)
    assert "Officer Tester had a reminder of action 1 of" in again.text
    assert len(db.session.scalars(select(Delivery).where(Delivery.kind == "action-chased")).all()) == 1
    refused = client_for("landlord").post(path, {"remind": "yes", "chosen": str(late.id)})
    assert refused.status_code == 422


def test_done_from_a_list(late, client_for):
    browser = client_for("officer")
    answer = browser.post("/east-test/actions", {"done": str(late.id)}, follow=True)
    assert "marked as done." in answer.text
    assert "/undo" in answer.text
    assert state_of(late).state is ActionState.DONE
    assert browser.post("/east-test/actions", {"done": "no"}).status_code == 404
    assert client_for("landlord").post("/east-test/actions", {"done": str(late.id)}).status_code == 404


def test_the_chase_list(late, client_for, world):
    browser = client_for("coordinator")
    shown = browser.get("/east-test/actions/chase").text
    assert "Test Constabulary: 1" in shown
    assert "7 days overdue" in shown
    printed = browser.get("/east-test/actions/chase/print")
    assert "Printed by" in printed.text or printed.status_code == 200
    assert looked("coordinator", "action.printed", world)


def test_what_the_lead_of_an_agency_sees(late, client_for):
    shown = client_for("policelead").get("/east-test/agency-actions")
    assert shown.status_code == 200
    assert "1 action open, 1 overdue" in shown.text
    assert "Visit the block" not in shown.text
    assert client_for("officer").get("/east-test/agency-actions").status_code == 404
    assert client_for("healthlead").get("/east-test/agency-actions").status_code == 403


def test_pages_need_few_queries_whatever_there_is(case, give, base, client_for):
    action = give()
    for number in range(12):
        give(None if number % 2 else "landlord", "housing", due_in=number)
    browser = client_for("coordinator")
    for path in (
        base,
        f"{base}/add",
        "/east-test/actions?whose=all",
        f"/east-test/actions/{action.id}",
        f"/east-test/actions/{action.id}/update",
        "/east-test/actions/chase",
    ):
        seen = []
        sa_event.listen(db.engine, "before_cursor_execute", lambda *args, seen=seen: seen.append(args[2]))
        assert browser.get(path).status_code == 200
        selects = [statement for statement in seen if statement.lstrip().upper().startswith("SELECT")]
        assert len(selects) <= 15, (path, len(selects), selects)
        db.engine.dispose()


def test_an_owner_reads_the_action_no_longer_than_the_case(case, give, client_for, world):
    """Reading ends with the case, or with the action's cancelling; the pages for updating it must not outlast that."""
    action = give("youth", "council", what="Ask the school")
    path = f"/east-test/actions/{action.id}"
    owner = client_for("youth")
    assert "Ask the school" in owner.get(f"{path}/update").text
    with transaction(hold=(case, action)):
        operations.cancel(action, reason="The school has asked itself", by=world.viewer("coordinator"))
    assert owner.get(path).status_code == 404
    assert owner.get(f"{path}/update").status_code == 404
    assert owner.get(f"{path}/outcome").status_code == 404
    assert owner.post(f"{path}/done").status_code == 404, "a refused press would show the whole history"


def test_an_owner_reads_nothing_of_a_closed_case(case, give, client_for, world):
    action = give("youth", "council", what="Ask the school")
    with transaction(hold=(case, action)):
        operations.mark_done(action, by=world.viewer("coordinator"))
    with transaction(hold=(case,)):
        cases.close(
            case, reason_code="solved", reason="Quiet", changed_for_person="Sleeps", by=world.viewer("coordinator")
        )
    for page in ("", "/update", "/outcome"):
        assert client_for("youth").get(f"/east-test/actions/{action.id}{page}").status_code == 404, page
    assert client_for("youth").post(f"/east-test/actions/{action.id}/undo").status_code == 404


def test_nobody_is_offered_who_could_not_read_what_they_are_to_do(case, give, base, client_for, world):
    """Viewers, governance officers, leads and people without a role are left out; an unsigned agency is marked."""
    action = give()
    chair = client_for("chair")
    for path in (f"{base}/add", f"/east-test/actions/{action.id}/give"):
        shown = chair.get(path).text
        for absent in ("figures", "governance", "policelead", "roleless", "suspended"):
            assert f"/{world.people[absent].user_id}" not in shown, absent
        assert ">Nurse Tester (agency has not signed)</option>" in shown
        assert ">Fen, whoever is free (agency has not signed)</option>" in shown
        assert ">Landlord Tester</option>" in shown
    figures = f"{world.agencies['council']}/{world.people['figures'].user_id}"
    answers = {
        "what": "Mend the door",
        "owner": figures,
        "due-choice": clock.today().isoformat(),
        "priority": "usual",
    }
    refused = chair.post(f"{base}/add", answers)
    assert refused.status_code == 422
    assert "Mend the door" in refused.text


def test_no_verb_gives_an_action_to_somebody_whose_role_opens_no_case(give):
    with pytest.raises(DomainError, match="opens no cases"):
        give("governance", "council")


def test_an_update_leads_back_to_the_page_of_ours_that_it_was_opened_from(give, base, client_for):
    action, other = give(), give()
    browser, where = client_for("officer"), "/east-test/meetings/1/run/2"
    page = f"/east-test/actions/{action.id}/update"
    assert f'href="{where}">Go back without saving' in browser.get(f"{page}?back={where}").text
    saved = browser.submit(f"{page}?back={where}", {"result": "going", "text": "Half of it"})
    assert (saved.status_code, saved.location) == (303, where)
    for theirs in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""):
        asked = f"{page}?{urlencode({'back': theirs})}"
        assert "evil" not in browser.get(asked).text.split("<main")[1]
        answer = browser.submit(asked, {"result": "going", "text": "More"})
        assert answer.location == f"{page.removesuffix('/update')}#history"
    listed = browser.get(f"{base}?back={where}").text
    assert f'href="{where}">Go back to where you were' in listed
    here = html.unescape(re.search(r'name="back" value="([^"]*)"', listed)[1])
    done = browser.post(f"/east-test/actions/{other.id}/done", {"back": here})
    assert done.location == here
    assert f'href="{where}">Go back to where you were' in browser.get(here).text
    link = html.unescape(re.search(rf'href="({page}[^"]*)"', listed)[1])
    assert browser.submit(link, {"result": "done", "text": "It is"}).location == here
    assert "Go back to where you were" not in browser.get(f"{base}?back=//evil.example").text
