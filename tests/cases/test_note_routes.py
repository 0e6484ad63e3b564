"""Notes, what is going on now, people and leads by their forms: saved, refused, kept, clashed."""

import re
from functools import partial

import pytest
from sqlalchemy import event, select

from psg import clock
from psg.casefile import noting
from psg.cases import contents, operations
from psg.cases.models import Case, Event, NoteDraft
from psg.cases.rules import CaseState, Precision, When
from psg.db import db, transaction
from tests.cases.samples import opened, sent
from tests.forgetful import Forgetful


@pytest.fixture
def address(app, world):
    with app.app_context():
        reference = opened(world).reference
        db.session.remove()
    return f"/east-test/cases/{reference}"


def note(world, **changes):
    return {
        "what": "Visited at home.\n\nShe was well.",
        "day": "another",
        "date-month": "6",
        "date-year": "2021",
        "kind": "visit",
        "who": "Her sister",
        "agency": str(world.agencies["police"]),
    } | changes


def test_a_note_is_saved_and_the_page_returns_to_it(app, world, address, client_for):
    browser = client_for("officer")
    saved = browser.submit(f"{address}/notes/add", note(world))
    assert saved.status_code == 303
    assert re.fullmatch(rf"{address}#event-[0-9a-f-]{{36}}", saved.location)
    page = browser.get(address).text
    assert "Note saved at " in page
    assert saved.location.split("#")[1] in page
    whole = browser.get(f"{address}/timeline").text
    assert "June 2021, day not known" in whole
    assert "Her sister" in whole
    with app.app_context():
        event = db.session.scalars(select(Event)).one()
        assert (event.precision, event.who) == (Precision.MONTH, "Her sister")


def test_fields_thrown_away_by_another_thread_meanwhile_are_drawn_all_the_same(address, client_for, monkeypatch):
    monkeypatch.setattr(noting, "_drawn", Forgetful())
    assert 'name="what"' in client_for("officer").get(address).text


def test_the_usual_kind_is_chosen_and_another_takes_its_place(app, world, address, client_for):
    browser = client_for("officer")
    page = browser.get(f"{address}/notes/add").text
    assert re.search(r'name="kind"[^>]*value="contact"[^>]*checked', page)
    sent = note(world, kind="contact", other_kind="evidence")
    assert browser.submit(f"{address}/notes/add", sent).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Event.kind)).one() == "evidence"


def test_errors_of_a_note_keep_the_text(world, address, client_for):
    browser = client_for("officer")
    wrong = note(world, kind="", at_time="half past") | {"date-month": "13"}
    answer = browser.submit(f"{address}/notes/add", wrong)
    assert answer.status_code == 422
    assert "She was well." in answer.text
    assert "Select the kind of note" in answer.text
    later = browser.submit(f"{address}/notes/add", note(world) | {"date-year": str(clock.today().year + 1)})
    assert later.status_code == 422


@pytest.mark.parametrize("text", ["nul \x00 here", "bell \x07", "not a character \ufdd0"])
def test_what_no_store_can_carry_is_refused_beside_the_field(world, address, client_for, text):
    answer = client_for("officer").submit(f"{address}/notes/add", note(world, what=text))
    assert answer.status_code == 422
    assert "cannot be read" in answer.text


def test_a_note_being_written_is_kept_and_offered_again(app, world, address, client_for):
    browser, other = client_for("officer"), client_for("landlord")
    assert browser.post(f"{address}/notes/keep", {"what": "Half a note", "day": "today"}).status_code == 200
    again = browser.get(f"{address}/notes/add").text
    assert "Half a note" in again
    assert "This is the note you began" in again
    assert "Half a note" not in other.get(f"{address}/notes/add").text
    browser.submit(f"{address}/notes/add", note(world))
    assert "Half a note" not in browser.get(f"{address}/notes/add").text
    with app.app_context():
        assert db.session.scalars(select(NoteDraft)).all() == []
    assert client_for("youth").post(f"{address}/notes/keep", {"what": "x"}).status_code == 404


def test_a_correction_by_somebody_else_stands_under_the_note(world, address, client_for):
    browser, other = client_for("officer"), client_for("landlord")
    browser.submit(f"{address}/notes/add", note(world))
    link = re.search(rf"{address}/notes/[0-9a-f-]{{36}}/correct", other.get(address).text).group(0)
    assert "Add a correction" in other.get(link).text
    assert "Put your note right" in browser.get(link).text
    other.submit(link, note(world, what="It was her aunt"))
    page = browser.get(f"{address}/timeline").text
    assert "It was her aunt" in page
    assert "She was well." in page
    assert page.index("She was well.") < page.index("It was her aunt")


def test_two_people_saying_what_goes_on_now_compare_first(app, world, address, client_for):
    first, second = client_for("officer"), client_for("landlord")
    shown = second.get(f"{address}/now").text
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', shown))
    assert first.submit(f"{address}/now", {"text": "Quiet this week"}).status_code == 303
    clash = second.post(f"{address}/now", hidden | {"text": "Loud this week"})
    assert clash.status_code == 409
    assert "Quiet this week" in clash.text
    assert "Loud this week" in clash.text
    assert "Officer Tester saved this at " in clash.text
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', clash.text))
    assert second.post(f"{address}/now", hidden | {"text": "Loud, then quiet"}).status_code == 303
    assert "Loud, then quiet" in first.get(address).text


def test_a_note_by_somebody_else_is_no_clash(world, address, client_for):
    first, second = client_for("officer"), client_for("landlord")
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', second.get(f"{address}/now").text))
    first.submit(f"{address}/notes/add", note(world))
    assert second.post(f"{address}/now", hidden | {"text": "Quiet"}).status_code == 303


def test_a_person_changed_by_two_people_is_a_clash(app, world, address, client_for):
    first, second = client_for("officer"), client_for("landlord")
    link = re.search(rf"{address}/people/[0-9a-f-]{{36}}/change", first.get(f"{address}/people").text).group(0)
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', second.get(link).text))
    person = {"role": "harmed", "first": "Raymond", "last": "Tebbitt", "phone": "07700 900000"}
    assert first.submit(link, person).status_code == 303
    clash = second.post(link, hidden | person | {"phone": "07700 900999"})
    assert clash.status_code == 409
    assert "07700 900000" in clash.text
    assert "Officer Tester saved this at " in clash.text


def test_whoever_is_overtaken_is_told_by_whom_and_when(app, world, address, client_for):
    chair, coordinator = client_for("chair"), client_for("coordinator")
    lead = f"{address}/lead"
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', coordinator.get(lead).text))
    day = clock.working_day_on_or_after(clock.today())
    answers = {"lead_agency": str(world.agencies["police"]), "review_on-choice": "another"}
    answers |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
    assert chair.submit(lead, answers).status_code == 303
    clash = coordinator.post(lead, hidden | answers | {"lead_agency": str(world.agencies["housing"])})
    assert clash.status_code == 409
    assert "Chair Tester saved this at " in clash.text
    assert "Test Constabulary" in clash.text


def test_a_referral_passed_on_meanwhile_names_who_did_it(app, world, client_for):
    with app.app_context():
        case = sent(world)
        path = f"/east-test/cases/{case.reference}/decide"
        db.session.remove()
    coordinator = client_for("coordinator")
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', coordinator.get(path).text))
    with app.app_context():
        case = db.session.get(Case, (world.east, case.id))
        with transaction(hold=(case,)):
            operations.pass_on(case, group_id=world.groups["young"], reason="Young", by=world.viewer("chair"))
        db.session.remove()
    answers = {"decision": "decline", "reason_code": "one-agency", "reason": "Not for us, I think"}
    clash = coordinator.post(path, hidden | answers)
    assert clash.status_code == 409
    assert "Chair Tester decided this referral at " in clash.text
    assert "Not for us, I think" in clash.text
    with app.app_context():
        case = db.session.get(Case, (world.east, case.id))
        with transaction(hold=(case,)):
            operations.decline(case, reason_code="one-agency", reason="No", by=world.viewer("youthchair"))
        db.session.remove()
    closed = coordinator.post(path, hidden | answers)
    assert closed.status_code == 409
    assert "Not for us, I think" in closed.text, "nothing typed is lost where the form is gone"


def test_somebody_known_from_another_case_is_offered_and_linked(app, world, address, client_for):
    with app.app_context():
        other = opened(world, people=(), places=()).reference
        db.session.remove()
    browser = client_for("officer")
    again = {"role": "witness", "first": "Raymond", "last": "Tebbitt"}
    again |= {"born-day": "2", "born-month": "11", "born-year": "1967"}
    asked = browser.submit(f"/east-test/cases/{other}/people/add", again)
    assert asked.status_code == 422
    person_id = re.search(r'name="same_as"[^>]*value="([0-9a-f-]{36})"', asked.text).group(1)
    hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', asked.text))
    linked = browser.post(f"/east-test/cases/{other}/people/add", hidden | again | {"same_as": person_id})
    assert linked.status_code == 303
    with app.app_context():
        cases = {case.reference: case for case in db.session.scalars(select(Case))}
        people = contents.people_of(cases[other])
        assert [str(one.person_id) for one in people] == [person_id]
    stranger = client_for("youth")
    with app.app_context():
        young = opened_by_young(world)
        db.session.remove()
    assert stranger.submit(f"{young}/people/add", again).status_code == 303, "one may not see the other case"


def opened_by_young(world) -> str:
    """An open case of the other group."""
    case = opened(world, people=(), places=())
    with transaction(hold=(case,)):
        operations.pass_on(case, group_id=world.groups["young"], reason="R", by=world.viewer("coordinator"))
    return f"/east-test/cases/{case.reference}"


def test_close_shows_what_is_open_and_reopen_brings_it_back(app, world, address, client_for):
    chair = client_for("chair")
    assert "Before you close" in chair.get(f"{address}/close").text
    reasons = {"reason_code": "risk-reduced", "reason": "Quiet", "changed_for_person": "Sleeps well"}
    assert chair.submit(f"{address}/close", {"reason": "Quiet"}).status_code == 422
    closed = chair.submit(f"{address}/close", reasons, follow=True)
    assert "Re-open" in closed.text
    assert re.search(
        rf'The reason stands on the <a[^>]*href="{address}/timeline">timeline</a>', chair.get(address).text
    )
    assert "The reason stands below." in chair.get(f"{address}/timeline").text
    assert "Sleeps well" in chair.get(f"{address}/timeline").text
    twice = chair.get(f"{address}/close").text
    assert "This case is closed. Re-open it first." in twice
    day = clock.working_day_on_or_after(clock.today())
    again = {"reason": "It began again", "review_on-choice": "another"}
    again |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
    assert chair.submit(f"{address}/reopen", again).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Case)).one().state is CaseState.OPEN


def test_the_lead_must_work_for_the_lead_agency(world, address, client_for):
    chair = client_for("chair")
    day = clock.working_day_on_or_after(clock.today())
    values = {"review_on-choice": "another"}
    values |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
    values |= {"lead_agency": str(world.agencies["housing"]), "lead_officer": str(world.people["officer"].user_id)}
    answer = chair.submit(f"{address}/lead", values)
    assert answer.status_code == 422
    assert "works for Test Constabulary, not for Reed Homes" in answer.text
    values |= {"lead_agency": str(world.agencies["police"])}
    assert chair.submit(f"{address}/lead", values).status_code == 303


def _note_statement(seen, _connection, _cursor, statement, *_):
    seen.append(statement)


class TestFind:
    def test_any_spelling_goes_straight_there(self, address, client_for):
        reference = address.rsplit("/", 1)[-1]
        browser = client_for("officer")
        for typed in (reference, reference.lower(), reference.replace("-", ""), f" {reference.replace('-', ' ')} "):
            assert browser.get("/find", query_string={"reference": typed}).location == address

    def test_the_header_posts_so_that_a_name_typed_there_stays_out_of_the_address(self, address, client_for):
        reference = address.rsplit("/", 1)[-1]
        browser = client_for("officer")
        head = browser.get("/east-test/cases").text.split("<main")[0]
        assert re.search(r'<form class="app-find" action="/find" method="post"', head)
        assert browser.post("/find", {"reference": reference}).location == address
        answer = browser.post("/find", {"reference": "Marta"})
        assert answer.status_code == 422
        assert 'value="Marta"' in answer.text
        assert 'href="/east-test/cases/find-person"' in answer.text
        hidden = browser.post("/find", {"reference": "Mar\u202eta"})
        assert 'value="Mar\u202eta"' in hidden.text
        empty = browser.get("/find")
        assert (empty.status_code, "There is a problem" in empty.text) == (200, False)

    def test_a_slip_is_told_without_saying_what_exists(self, address, client_for):
        reference = address.rsplit("/", 1)[-1]
        wrong = reference[:-1] + ("A" if reference[-1] != "A" else "B")
        answer = client_for("youth").get("/find", query_string={"reference": wrong})
        assert answer.status_code == 422
        assert "does not add up" in answer.text
        assert client_for("youth").get("/find", query_string={"reference": "EC-2222-2A"}).status_code in (303, 422)

    def test_another_partnerships_prefix_is_the_same_404(self, address, client_for):
        reference = address.rsplit("/", 1)[-1]
        assert client_for("cityofficer").get("/find", query_string={"reference": reference}).status_code == 404

    def test_a_person_is_found_by_exact_details_in_cases_one_may_see(self, address, client_for):
        reference = address.rsplit("/", 1)[-1]
        browser = client_for("officer")
        page = "/east-test/cases/find-person"
        born = {"born-day": "2", "born-month": "11", "born-year": "1967"}
        for details in (
            {"first": "ray mond", "last": "Tebbitt"} | born,
            {"last": "Tebbit", "born_year": "1967"},
            {"first": "R", "last": "Tebbitt", "postcode": "CB7 4AA"},
            {"address": "7 sedgemarsh", "postcode": "cb74zz"},
            {"phone": "+44 7700 900114"},
        ):
            answer = browser.submit(page, details)
            assert answer.status_code == 200
            assert reference in answer.text, details
        nothing = browser.submit(page, {"last": "Tebbitt"})
        assert nothing.status_code == 422
        assert "Enter enough to look for" in nothing.text
        assert reference not in client_for("youth").submit(page, {"phone": "07700900114"}).text
        assert "Tebbitt" not in browser.submit(page, {"phone": "07700900114"}).request.url

    def test_the_database_is_asked_as_much_for_what_is_hidden_as_for_what_is_not_there(self, app, address, client_for):
        """How long an answer takes must not say that somebody stands in a case that one may not see."""
        browser, page, asked = client_for("youth"), "/east-test/cases/find-person", []
        browser.submit(page, {"phone": "07700900199"})
        with app.app_context():
            engine = db.engine
        for phone in ("07700900114", "07700900199"):
            seen: list[str] = []
            note_it = partial(_note_statement, seen)
            event.listen(engine, "before_cursor_execute", note_it)
            assert "0 cases found" in browser.submit(page, {"phone": phone}).text
            event.remove(engine, "before_cursor_execute", note_it)
            asked.append([statement.split()[:3] for statement in seen])
        assert asked[0] == asked[1]


def test_the_timeline_filters_and_says_who_entered_late(app, world, address, client_for):
    with app.app_context():
        case = db.session.scalars(select(Case)).one()
        by = world.viewer("officer")
        from datetime import timedelta

        with transaction(hold=(case,)):
            day = clock.today() - timedelta(days=3)
            operations.add_event(case, kind="visit", when=When.day(day, "10:30"), what="A visit", by=by)
            operations.add_event(case, kind="order", when=When.unknown(), what="An order", by=by)
        db.session.remove()
    browser = client_for("officer")
    page = browser.get(f"{address}/timeline").text
    assert "entered 3 days later" in page
    assert "at 10:30am" in page
    assert "Date not known" in page
    assert page.index("A visit") < page.index("An order")
    oldest = browser.get(f"{address}/timeline?order=oldest").text
    assert oldest.index("An order") < oldest.index("A visit")
    only = browser.get(f"{address}/timeline?kind=visit").text
    assert "A visit" in only
    assert "An order" not in only
    assert "Referral accepted" in browser.get(f"{address}/timeline?kind=case-decision").text
