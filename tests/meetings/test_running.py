"""Running a meeting with few presses: attendance in one, dates worked out, the referral's own words on its page."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.actions.models import Action
from psg.audit.models import AuditEvent
from psg.cases import checks
from psg.cases.models import Case
from psg.cases.rules import next_review
from psg.db import db
from psg.meetings import forms_run
from psg.meetings.models import Attendance, Outcome
from psg.meetings.rules import Attended
from psg.web.words import long_date


@pytest.fixture
def held(room):
    return room.meet(clock.today())


@pytest.fixture
def coming(room, held):
    """The group's next meeting."""
    return room.meet(clock.today() + timedelta(days=30))


def path(meeting, *parts) -> str:
    return "/".join(["/east-test/meetings", str(meeting.id), "run", *map(str, parts)])


def came(meeting) -> dict:
    db.session.rollback()
    rows = db.session.scalars(select(Attendance).where(Attendance.meeting_id == meeting.id))
    return {row.user_id: (row.attended, row.deputy) for row in rows}


def line_of(page: str, name: str) -> str:
    """The number of a person's line in the table."""
    return re.search(rf'for="deputy_(\d+)">Deputy for {name} Tester', page).group(1)


def chosen(page: str, field: str) -> str | None:
    found = re.search(rf'name="{field}-choice" type="radio" value="([^"]+)" checked', page)
    return found.group(1) if found else None


def label_of(page: str, field: str) -> str:
    return re.search(rf'name="{field}-choice"[^>]*checked[^>]*>\s*<label[^>]*>([^<]+)</label>', page).group(1)


# Attendance


def test_everybody_is_here_in_one_press_then_the_exceptions(room, held, client_for):
    room.publish(held)
    chair, people = client_for("chair"), room.world.people
    page = chair.get(path(held)).text
    assert "Everybody invited is here" in page
    assert chair.submit(path(held), {"do": "everybody"}).status_code == 303
    marked = came(held)
    assert set(marked.values()) == {(Attended.HERE, "")}
    assert people["officer"].user_id in marked
    assert people["suspended"].user_id not in marked
    after = chair.get(path(held)).text
    assert f"{len(marked)} people marked as here" in after
    assert "is here</button>" not in after
    number = line_of(after, "Officer")
    assert chair.submit(path(held), {f"came_{number}": "apologies"}).status_code == 303
    assert came(held) == marked | {people["officer"].user_id: (Attended.APOLOGIES, "")}


def test_whose_agency_has_not_signed_is_marked_by_name_alone(room, held, client_for):
    room.publish(held)
    chair, nurse = client_for("chair"), room.world.people["nurse"]
    page = chair.get(path(held)).text
    assert page.count("Has not signed the agreement") == 1
    assert chair.submit(path(held), {"do": "everybody"}).status_code == 303
    assert nurse.user_id not in came(held)
    number = line_of(chair.get(path(held)).text, "Nurse")
    assert chair.submit(path(held), {f"came_{number}": "here"}).status_code == 303
    assert came(held)[nurse.user_id] == (Attended.HERE, "")


def test_a_meeting_of_another_day_is_moved_before_it_is_ended(room, client_for):
    coming = room.meet(clock.today() + timedelta(days=1))
    room.publish(coming)
    chair, pages = client_for("chair"), f"/east-test/meetings/{coming.id}"
    end, move = f'href="{pages}/end"', f'href="{pages}/change?to=today"'
    before = chair.get(f"{pages}/run").text
    assert f"This meeting is on {long_date(coming.held_on)}. Before that day" in before
    assert (end in before, move in before) == (False, True)
    refused = chair.submit(f"{pages}/end")
    assert refused.status_code == 409
    assert "or has been held already, move it to today first." in refused.text
    today = clock.today()
    moved = {
        "held_on-day": today.day,
        "held_on-month": today.month,
        "held_on-year": today.year,
        "at": "10am",
        "minutes": 90,
    }
    assert chair.submit(f"{pages}/change", moved).status_code == 303
    on_the_day = chair.get(f"{pages}/run").text
    assert (end in on_the_day, move in on_the_day) == (True, False)
    assert chair.submit(f"{pages}/end").status_code == 303


def test_the_one_press_keeps_what_was_chosen_before_it_and_with_it(room, held, client_for):
    room.publish(held)
    chair, people = client_for("chair"), room.world.people
    page = chair.get(path(held)).text
    chair.submit(path(held), {f"came_{line_of(page, 'Officer')}": "apologies"})
    page = chair.get(path(held)).text
    assert "Everybody else is here" in page
    landlord = line_of(page, "Landlord")
    sent = {"do": "everybody", f"came_{landlord}": "deputy", f"deputy_{landlord}": "B Stand"}
    assert chair.submit(path(held), sent).status_code == 303
    marked = came(held)
    assert marked.pop(people["officer"].user_id) == (Attended.APOLOGIES, "")
    assert marked.pop(people["landlord"].user_id) == (Attended.DEPUTY, "B Stand")
    assert set(marked.values()) == {(Attended.HERE, "")}


def test_a_deputys_name_is_never_lost(room, held, client_for):
    room.publish(held)
    chair, people = client_for("chair"), room.world.people
    number = line_of(chair.get(path(held)).text, "Officer")
    wrong = chair.submit(path(held), {f"came_{number}": "here", f"deputy_{number}": "B Stand"})
    assert wrong.status_code == 422
    assert "Select Deputy came for Officer Tester, or leave the name empty" in wrong.text
    assert 'value="B Stand"' in wrong.text
    assert not came(held)
    assert chair.submit(path(held), {f"deputy_{number}": "B Stand"}).status_code == 303
    assert came(held) == {people["officer"].user_id: (Attended.DEPUTY, "B Stand")}


def test_the_statement_saves_what_was_ticked_beside_it(room, held, client_for):
    room.publish(held)
    chair = client_for("chair")
    number = line_of(chair.get(path(held)).text, "Officer")
    assert chair.submit(path(held), {"do": "statement", f"came_{number}": "here"}).status_code == 303
    assert came(held) == {room.world.people["officer"].user_id: (Attended.HERE, "")}


def test_enter_in_a_deputys_name_saves_and_marks_nobody(room, held, client_for):
    """Enter presses the first button of a form."""
    room.publish(held)
    page = client_for("chair").get(path(held)).text
    form = page[page.index('id="attendance"') :]
    first = re.search(r'<button type="submit"[^>]*>([^<]+)<', form)
    assert first.group(1) == "Save attendance"
    assert "name=" not in first.group(0)


# Dates


def test_the_next_meeting_is_chosen_for_a_case_that_was_never_assessed(room, held, coming, client_for):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, room.item(held, case).id)
    chair = client_for("chair")
    shown = chair.get(page).text
    assert chosen(shown, "next_review_on") == coming.held_on.isoformat()
    assert label_of(shown, "next_review_on").startswith("At the next meeting: ")
    assert chosen(shown, "due_1") == clock.add_working_days(coming.held_on, -1).isoformat()
    assert [words for words in ("In 1 week:", "In 2 weeks:", "Before the next meeting:") if words in shown] == [
        "In 1 week:",
        "In 2 weeks:",
        "Before the next meeting:",
    ]
    assert shown.count("Another date") == 4
    answers = {"decision": "keep-open", "agreed": "On.", "next_review_on-choice": chosen(shown, "next_review_on")}
    answers |= {"what_1": "Visit", "owner_1": str(room.world.agencies["housing"])}
    answers |= {f"due_{row}-choice": chosen(shown, f"due_{row}") for row in (1, 2, 3)}
    assert chair.submit(page, answers).status_code == 303
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get(Case, (case.partnership_id, case.id)).review_on == coming.held_on
    action = db.session.scalar(select(Action).where(Action.case_id == case.id))
    assert (action.owner_id, action.owner_agency_id) == (None, room.world.agencies["housing"])
    assert action.due_on == clock.add_working_days(coming.held_on, -1)
    # Seen again it stands as decided, with the date that was chosen.
    assert chosen(chair.get(page).text, "next_review_on") == coming.held_on.isoformat()


def test_the_bands_own_interval_is_chosen_for_an_assessed_case(room, held, coming, monkeypatch, context):
    case = room.open()
    case.band = "High"
    monkeypatch.setattr(checks, "band_interval", lambda _case: 91)
    first, *others = forms_run.review_offers(case, coming.held_on)
    assert first.preferred
    assert first.label == "By its band (High)"
    assert first.reason == "91 days from today, as its band asks for"
    assert others[0].day == coming.held_on
    assert not any(offer.preferred for offer in others)
    days = [offer.day for offer in (first, *others)]
    assert len(days) == len(set(days))
    monkeypatch.setattr(checks, "band_interval", lambda _case: (coming.held_on - clock.today()).days)
    assert forms_run.review_offers(case, coming.held_on)[0].label == "By its band (High), at the next meeting"
    monkeypatch.setattr(checks, "band_interval", lambda _case: 7)
    first, second, *_ = forms_run.review_offers(case, coming.held_on)
    assert (first.day, first.label, first.preferred) == (coming.held_on, "At the next meeting", True)
    assert (second.day, second.label) == (next_review(clock.today(), 7), "Before the next meeting, by its band (High)")
    assert second.reason == (
        "7 days from today, as its band asks for. The group does not meet by then, so the lead officer reviews it"
    )
    assert not second.preferred
    assert forms_run.review_offers(case, None)[0].day == second.day, "nothing to wait for"
    monkeypatch.undo()
    assert forms_run.review_offers(case, None)[0].label == "In 4 weeks"


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("close", {"close_reason": "risk-reduced", "changed_for_person": "Sleeps."}),
        ("pass-on", {"to_group": "outside"}),
        ("defer", {}),
    ],
)
def test_a_date_that_was_only_suggested_is_no_review_of_a_case_that_ends_or_waits(
    room, held, coming, client_for, code, more
):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, room.item(held, case).id)
    chair = client_for("chair")
    suggested = chosen(chair.get(page).text, "next_review_on")
    sent = {"decision": code, "agreed": "As discussed.", "next_review_on-choice": suggested} | more
    assert chair.submit(page, sent).status_code == 303
    db.session.rollback()
    assert db.session.scalar(select(Outcome.next_review_on).where(Outcome.case_id == case.id)) is None


def test_a_deferred_case_takes_a_date_that_was_chosen(room, held, coming, client_for):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, room.item(held, case).id)
    day = clock.working_day_on_or_after(clock.today() + timedelta(days=56))
    sent = {"decision": "defer", "agreed": "Waits.", "next_review_on-choice": day.isoformat()}
    assert client_for("chair").submit(page, sent).status_code == 303
    db.session.rollback()
    assert db.session.scalar(select(Outcome.next_review_on).where(Outcome.case_id == case.id)) == day


# Actions and their owners


def test_an_owner_without_words_is_asked_what_is_to_be_done(room, held, client_for):
    case = room.open(review_on=clock.today())
    room.publish(held)
    page = path(held, room.item(held, case).id)
    sent = {"decision": "keep-open", "agreed": "On.", "next_review_on-choice": clock.today().isoformat()}
    wrong = client_for("chair").submit(page, sent | {"owner_3": str(room.world.agencies["housing"])})
    assert wrong.status_code == 422
    assert "Enter what is to be done" in wrong.text
    folded = wrong.text[wrong.text.index("More actions") - 200 :]
    assert '<details class="govuk-details" open>' in folded


def test_the_item_offers_the_same_owners_as_the_action_form(room, held, client_for):
    case = room.open(review_on=clock.today())
    room.publish(held)
    chair = client_for("chair")
    pattern = r'<select[^>]*name="{}".*?</select>'
    here = re.search(pattern.format("owner_1"), chair.get(path(held, room.item(held, case).id)).text, re.S).group(0)
    there = re.search(
        pattern.format("owner"), chair.get(f"/east-test/cases/{case.reference}/actions/add").text, re.S
    ).group(0)
    options = re.compile(r"<opt.*?>(?:[^<]*)")
    assert options.findall(here) == options.findall(there)
    assert "Nurse Tester (agency has not signed)" in here
    assert "Figures Tester" not in here


# The referral's own words


def test_a_new_referral_says_what_it_is_about_on_its_own_page(room, held, client_for):
    answers = {
        "at_risk_now": True,
        "tried": "Two warning letters",
        "why_agencies": "Housing alone cannot end it",
        "wants": "To sleep",
    }
    referral = room.refer(by="landlord", referral=answers)
    case = room.open(review_on=clock.today())
    room.publish(held)
    chair = client_for("chair")
    shown = chair.get(path(held, room.item(held, referral).id)).text
    for words in (
        "It happens every weekend and gets worse.",
        "Two warning letters",
        "Housing alone cannot end it",
        "To sleep",
        "Anybody at risk now",
        "by Landlord Tester (Reed)",
    ):
        assert words in shown, words
    assert shown.index("As referred") < shown.index("What was agreed and why")
    open_case = chair.get(path(held, room.item(held, case).id)).text
    assert "It happens every weekend and gets worse." in open_case
    assert '<details class="govuk-details" id="referral">' in open_case


def test_whoever_may_not_read_the_case_is_refused_by_the_gate(room, world, held, client_for):
    """The case was passed on after the agenda was published: its item is nobody's here any more, and that is noted."""
    case = room.open(review_on=clock.today())
    room.publish(held)
    item = room.item(held, case)
    room.decide(held, case, "pass-on", to_group_id=world.groups["young"])
    chair = client_for("chair")
    assert chair.get(path(held, item.id)).status_code == 404
    room.end(held)
    assert chair.get(f"/east-test/meetings/{held.id}/minutes/{item.id}").status_code == 404
    db.session.rollback()
    mine = AuditEvent.user_id == world.people["chair"].user_id
    assert len(db.session.scalars(select(AuditEvent).where(mine, AuditEvent.event == "access.refused")).all()) == 2
    assert client_for("coordinator").get(path(held, item.id)).status_code == 200


@pytest.mark.parametrize("which", ["case", "text"])
def test_every_case_that_the_list_of_items_names_is_on_the_record(room, client_for, which):
    meeting, cases = room.meet(clock.today()), [room.open(review_on=clock.today()) for _ in range(2)]
    room.publish(meeting)
    item = room.item(meeting, cases[0]) if which == "case" else room.item(meeting)
    page = client_for("chair").get(path(meeting, item.id))
    assert all(case.reference in page.text for case in cases)
    db.session.rollback()
    row = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert set(row.ids.split()) == {case.id.hex for case in cases}
