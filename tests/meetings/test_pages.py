"""Pages: who sees what, forms that keep text, clashes, files."""

import uuid
from datetime import time, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from psg import clock
from psg.audit.models import AuditEvent
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db, transaction
from psg.meetings import operations
from psg.meetings.models import AgendaItem, Meeting, Outcome, Series
from psg.meetings.rules import ItemState, MeetingState, Section
from tests import pdfs
from tests.conftest import on_both

SOON = timedelta(days=21)


@pytest.fixture
def meeting(room) -> Meeting:
    return room.meet(clock.today() + SOON)


def path(meeting: Meeting, *parts: object) -> str:
    return "/".join(["/east-test/meetings", str(meeting.id), *map(str, parts)])


def reload(meeting: Meeting) -> Meeting:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Meeting, (meeting.partnership_id, meeting.id))


def test_list_of_meetings(room, meeting, client_for):
    for name, words in (("chair", "Next meeting&#39;s agenda"), ("officer", "Next:"), ("coordinator", "Young People")):
        page = client_for(name).get("/east-test/meetings")
        assert page.status_code == 200
        assert words in page.text
    assert "Next meeting&#39;s agenda" not in client_for("officer").get("/east-test/meetings").text


@pytest.mark.parametrize("name", ["youth", "figures", "governance", "policelead", "referrer", "cityofficer", "admin"])
def test_others_find_no_meeting(room, meeting, client_for, name):
    room.publish(meeting)
    for part in ("", "print", "agenda.pdf", "meeting.ics", "agenda", "run", "minutes"):
        assert client_for(name).get(path(meeting, part).rstrip("/")).status_code == 404


def test_an_agency_without_a_signature_is_told_so(room, meeting, client_for):
    room.publish(meeting)
    assert client_for("nurse").get(path(meeting)).status_code == 403


def test_members_read_what_is_published_only(room, meeting, client_for):
    case, referral = room.open(), room.refer(by="landlord", title="Secret so far")
    officer = client_for("officer")
    assert officer.get(path(meeting)).status_code == 404
    room.publish(meeting)
    page = officer.get(path(meeting))
    assert page.status_code == 200
    assert case.reference in page.text
    assert referral.reference not in page.text
    assert "Secret so far" not in page.text
    assert "7.1" in page.text
    assert "OFFICIAL-SENSITIVE" in page.text
    assert "Yours: 7.1" in client_for("landlord").get(path(meeting)).text.replace("6.1, ", "")
    assert officer.get(path(meeting, "agenda")).status_code == 404
    assert officer.get(path(meeting, "print")).status_code == 200
    looked = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "agenda.looked_at")).all()
    assert case.id.hex in looked[0].ids
    assert referral.id.hex not in looked[0].ids


@on_both
def test_build_up_down_take_off_put_on(room, meeting, client_for):
    first, second = room.open(), room.open()
    chair = client_for("chair")
    here = path(meeting, "agenda")
    shown = chair.get(here)
    assert shown.status_code == 200
    assert shown.text.count("Why here:") == 2
    order = [first, second]  # alike but for the moment they were sent

    def press(do: str):
        version = reload(meeting).version
        return chair.post(here, {"do": do, "version": str(version)})

    moved = press(f"down:{order[0].id}")
    assert moved.status_code == 303
    assert moved.location.endswith(f"#down-{order[0].id}")
    follow = chair.get(here)
    assert "7.1 moved to 7.2." in follow.text
    assert follow.text.index(order[1].reference) < follow.text.index(order[0].reference)

    off = chair.submit(path(meeting, "agenda", first.id, "off"), {"reason": "no-time"})
    assert off.status_code == 303
    assert "Taken off by the chair: no time at this meeting" in chair.get(here).text
    assert press(f"on:{first.id}").status_code == 303
    reload(meeting)
    row = db.session.scalar(select(AgendaItem).where(AgendaItem.case_id == first.id))
    assert row.state is ItemState.ON

    assert chair.submit(path(meeting, "agenda", first.id, "time"), {"minutes": "12"}).status_code == 303
    to = chair.submit(path(meeting, "agenda", first.id, "move"), {"section": "closure", "position": "1"})
    assert to.status_code == 303
    until = clock.today() + timedelta(days=90)
    boxes = {
        "until-choice": "another",
        "until-day": str(until.day),
        "until-month": str(until.month),
        "until-year": str(until.year),
    }
    assert chair.submit(path(meeting, "agenda", first.id, "park"), boxes).status_code == 303
    assert "Parked until" in chair.get(here).text
    reload(meeting)
    assert (row.state, row.minutes, row.section) == (ItemState.PARKED, 12, Section.CLOSURE)


def test_an_older_version_of_the_agenda_clashes_and_nothing_is_lost(room, meeting, client_for):
    case = room.open()
    chair = client_for("chair")
    old = str(meeting.version)
    with transaction(hold=(meeting,)):
        operations.arrange(meeting, by=room.by("coordinator"))
    clash = chair.post(path(meeting, "agenda"), {"do": f"up:{case.id}", "version": old})
    assert clash.status_code == 409
    assert "Coordinator Tester changed this at " in clash.text
    assert chair.post(path(meeting, "agenda"), {"do": "rubbish"}).status_code == 409
    wrong = chair.submit(path(meeting, "agenda", case.id, "move"), {"section": "text", "position": "0"})
    assert wrong.status_code == 422
    assert 'value="0"' in wrong.text


def test_add_by_reference_and_ask(room, meeting, client_for):
    case = room.open(review_on=clock.today() + timedelta(days=300))
    chair = client_for("chair")
    wrong = chair.submit(path(meeting, "agenda", "add"), {"reference": "EC-0000-00"})
    assert wrong.status_code == 422
    assert "EC-0000-00" in wrong.text
    typed = case.reference.lower().replace("-", " ")
    assert chair.submit(path(meeting, "agenda", "add"), {"reference": typed}).status_code == 303
    assert case.reference in chair.get(path(meeting, "agenda", "preview")).text

    other = room.open(review_on=clock.today() + timedelta(days=300))
    asked = client_for("landlord").submit(
        f"/east-test/cases/{other.reference}/ask-for-meeting", {"meeting": str(meeting.id)}
    )
    assert asked.status_code == 303
    assert "asked for by Reed" in chair.get(path(meeting, "agenda")).text


@on_both
def test_publish_says_who_sees_it_and_a_second_press_does_nothing_new(room, meeting, client_for):
    room.open()
    chair = client_for("chair")
    shown = chair.get(path(meeting, "agenda", "publish"))
    assert "Fen Health Trust" in shown.text
    key = {"once": str(uuid.uuid4()), "version": str(meeting.version)}
    first = chair.post(path(meeting, "agenda", "publish"), key)
    assert first.status_code == 303
    again = chair.post(path(meeting, "agenda", "publish"), key)
    assert again.status_code == 303
    assert again.location.endswith(path(meeting))
    assert reload(meeting).agenda_version == 1
    assert "Fen Health Trust will not see it until its agreement is signed." in chair.get(path(meeting)).text


def test_calendar_file(room, meeting, client_for):
    case = room.open(title="Threats at Sedge Court")
    room.publish(meeting)
    file = client_for("officer").get(path(meeting, "meeting.ics"))
    assert file.mimetype == "text/calendar"
    text = file.data.decode()
    assert case.reference not in text
    assert "Sedge" not in text
    (event,) = Calendar.from_ical(file.data).walk("VEVENT")
    assert str(event["uid"]) == f"{meeting.id}@psg.test"
    assert (
        event.decoded("dtstart").utcoffset()
        == clock.at_local(meeting.held_on, time(10)).astimezone(clock.LONDON).utcoffset()
    )
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=2)
    moved_to = meeting.held_on + timedelta(days=1)
    with transaction(hold=(meeting,)):
        operations.change_meeting(
            meeting, room.group, held_on=moved_to, at=time(11), minutes=60, place="", by=room.by()
        )
    (later,) = Calendar.from_ical(client_for("officer").get(path(meeting, "meeting.ics")).data).walk("VEVENT")
    assert later["uid"] == event["uid"]
    assert int(later["sequence"]) > int(event["sequence"])


def test_agenda_as_accessible_pdf(room, meeting, client_for):
    # Text that would be code in the document's markup, and letters that no font here has.
    case = room.open(title='#panic("x") *bold* $a$ \u4e2d\u6587 \U0001f600 Orchard Court')
    room.open(title="Żółć and Ærø")
    room.publish(meeting)
    file = client_for("officer").get(path(meeting, "agenda.pdf"))
    assert file.mimetype == "application/pdf"
    assert file.headers["Cache-Control"] == "no-store"
    info = pdfs.facts_of(file.data)
    assert "Tagged:          yes" in info
    assert "Agenda: Problem Solving Group" in info
    assert b"/Lang (en-GB)" in file.data or b"en-GB" in file.data
    text = pdfs.text_of(file.data)
    pages = text.rstrip("\f").split("\f")
    for number, page in enumerate(pages, start=1):
        assert page.count("OFFICIAL-SENSITIVE") == (3 if number == 1 else 2)
        assert f"Page {number} of {len(pages)}" in page
    assert case.reference in text
    assert '#panic("x") *bold*' in text
    assert "Żółć and Ærø" in text
    assert "Ludlow" not in text
    assert "Quince" not in text


@on_both
def test_run_the_meeting_from_attendance_to_minutes(room, client_for):
    held = room.meet(clock.today())
    case, other = (room.open(review_on=clock.today()) for _ in range(2))
    chair = client_for("chair")
    assert chair.get(path(held, "run")).status_code == 404
    room.publish(held)
    shown = chair.get(path(held, "run"))
    assert shown.status_code == 200
    assert (
        chair.submit(path(held, "run"), {"came_1": "here", "came_2": "deputy", "deputy_2": "B Stand"}).status_code
        == 303
    )
    assert (
        "2 agencies here" in chair.get(path(held, "run")).text or "1 agency here" in chair.get(path(held, "run")).text
    )
    assert chair.submit(path(held, "run"), {"do": "statement"}).status_code == 303
    assert reload(held).statement_read_at

    section = room.item(held)
    noted = chair.submit(path(held, "run", section.id), {"text": "Welcome said."})
    assert noted.status_code == 303
    item = room.item(held, case)
    page = path(held, "run", item.id)
    missing = chair.submit(page, {"agreed": "We go on.", "what_1": "Visit the block"})
    assert missing.status_code == 422
    assert "We go on." in missing.text
    assert "Select what was decided" in missing.text
    review = clock.today() + timedelta(days=56)
    due = clock.today() + timedelta(days=9)
    answers = {
        "decision": "keep-open",
        "agreed": "We go on.",
        "next_review_on-choice": "another",
        "next_review_on-day": str(review.day),
        "next_review_on-month": str(review.month),
        "next_review_on-year": str(review.year),
        "what_1": "Visit the block",
        "owner_1": f"{room.world.agencies['housing']}/{room.world.people['landlord'].user_id}",
        "due_1-day": str(due.day),
        "due_1-month": str(due.month),
        "due_1-year": str(due.year),
    }
    done = chair.submit(page, answers)
    assert done.status_code == 303, done.text
    reload(held)
    kept = db.session.scalar(select(Outcome).where(Outcome.item_id == item.id))
    assert kept.agreed == "We go on."
    stored = db.session.get(Case, (case.partnership_id, case.id))
    assert stored.review_on == review

    twice = chair.post(page, answers | {"decision": "defer"})
    assert twice.status_code == 409
    assert "You recorded this item at " in twice.text
    assert "We go on." in twice.text
    refused = chair.submit(
        path(held, "run", room.item(held, case).id),
        {"decision": "close", "agreed": "Quiet.", "close_reason": "risk-reduced", "changed_for_person": "Sleeps."},
    )
    assert refused.status_code == 409
    assert "Quiet." in refused.text

    ending = chair.get(path(held, "end"))
    assert other.reference in ending.text
    assert chair.submit(path(held, "end")).status_code == 303
    assert reload(held).state is MeetingState.HELD
    minutes = client_for("landlord").get(path(held, "minutes"))
    assert minutes.status_code == 200
    for words in ("Welcome said.", "We go on.", "Visit the block", "Not reached", "What was decided on your cases"):
        assert words in minutes.text
    assert client_for("landlord").get(path(held, "minutes", "print")).status_code == 200
    assert client_for("landlord").get(path(held, "minutes.pdf")).mimetype == "application/pdf"
    assert client_for("landlord").get(path(held, "minutes", item.id)).status_code == 404
    assert chair.submit(path(held, "minutes", item.id), {"text": "We go on for a month."}).status_code == 303
    assert chair.submit(path(held, "minutes", section.id), {"text": "All welcome."}).status_code == 303
    assert chair.submit(path(held, "minutes", "agree")).status_code == 303
    assert chair.submit(path(held, "minutes", "addendum"), {"text": "Later truth."}).status_code == 303
    final = chair.get(path(held, "minutes")).text
    for words in ("Later truth.", "All welcome.", "We go on for a month.", "Agreed"):
        assert words in final
    assert "Correct the words" not in final


def test_a_referral_is_accepted_at_the_meeting(room, client_for):
    held = room.meet(clock.today())
    referral = room.refer()
    room.publish(held)
    chair = client_for("chair")
    page = path(held, "run", room.item(held, referral).id)
    assert ">Lead agency</label>" in chair.get(page).text
    day = clock.today() + timedelta(days=30)
    done = chair.submit(
        page,
        {
            "decision": "accept",
            "agreed": "Several agencies are needed.",
            "lead_agency": str(room.world.agencies["housing"]),
            "next_review_on-choice": "another",
            "next_review_on-day": str(day.day),
            "next_review_on-month": str(day.month),
            "next_review_on-year": str(day.year),
        },
    )
    assert done.status_code == 303, done.text
    reload(held)
    stored = db.session.get(Case, (referral.partnership_id, referral.id))
    assert stored.state is CaseState.OPEN


def test_series_page(room, client_for):
    coordinator = client_for("coordinator")
    page = "/east-test/groups/psg/meetings"
    answers = {
        "ordinal": "1",
        "weekday": "0",
        "every_months": "1",
        "starts_from-day": "1",
        "starts_from-month": "1",
        "starts_from-year": "2027",
        "at": "2pm",
        "minutes": "90",
        "place": "Room 2",
    }
    looked = coordinator.submit(page, answers | {"do": "preview"})
    assert looked.status_code == 200
    assert "May Day" in looked.text
    assert not db.session.scalar(select(Series))
    assert coordinator.submit(page, answers).status_code == 303
    wrong = coordinator.submit(page, answers | {"at": "soonish"})
    assert wrong.status_code == 422
    assert "soonish" in wrong.text
    db.session.rollback()
    series = db.session.scalar(select(Series))
    assert (series.ordinal, series.at) == (1, time(14))
    assert client_for("chair").get(page).status_code == 404


def test_extra_moved_and_cancelled(room, client_for):
    chair = client_for("chair")
    day = clock.today() + timedelta(days=10)
    boxes = {"held_on-day": str(day.day), "held_on-month": str(day.month), "held_on-year": str(day.year)}
    answers = boxes | {"at": "10am", "minutes": "60", "place": ""}
    assert chair.submit("/east-test/groups/psg/meetings/new", answers).status_code == 303
    same = chair.submit("/east-test/groups/psg/meetings/new", answers)
    assert same.status_code == 409
    assert "already has a meeting" in same.text
    made = db.session.scalar(select(Meeting).where(Meeting.held_on == day))
    assert chair.submit(path(made, "change"), answers | {"at": "11:30"}).status_code == 303
    assert chair.submit(path(made, "cancel"), {}).status_code == 422
    assert chair.submit(path(made, "cancel"), {"reason": "holiday"}).status_code == 303
    assert reload(made).state is MeetingState.CANCELLED
    assert client_for("officer").get("/east-test/groups/psg/meetings/new").status_code == 404


def test_standing_agenda_page(room, client_for):
    page = "/east-test/groups/psg/standing-agenda"
    coordinator = client_for("coordinator")
    assert "Welcome, confidentiality" in coordinator.get(page).text
    saved = coordinator.submit(
        page,
        {
            "place_1": "2",
            "title_1": "Cases",
            "section_1": "open_people",
            "minutes_1": "6",
            "place_2": "1",
            "title_2": "Hello",
            "section_2": "text",
            "minutes_2": "2",
        },
    )
    assert saved.status_code == 303
    twice = coordinator.submit(page, {"title_1": "A", "section_1": "closure", "title_2": "B", "section_2": "closure"})
    assert twice.status_code == 422
    assert "Another line already holds these cases" in twice.text


@pytest.mark.parametrize("cases", [3, 12])
def test_no_page_needs_more_than_15_queries(room, client_for, count_queries, cases):
    held = room.meet(clock.today())
    opened = [room.open(review_on=clock.today()) for _ in range(cases)]
    room.publish(held)
    room.decide(held, opened[0], "keep-open")
    chair = client_for("chair")
    pages = [
        "/east-test/meetings",
        path(held),
        path(held, "agenda"),
        path(held, "agenda", "publish"),
        path(held, "agenda", opened[1].id, "move"),
        path(held, "agenda", opened[1].id, "park"),
        path(held, "agenda", "add"),
        path(held, "agenda.pdf"),
        path(held, "run"),
        path(held, "run", room.item(held).id),
        path(held, "run", room.item(held, opened[0]).id),
        path(held, "end"),
    ]
    seen = {}
    for page in pages:
        with count_queries() as counted:
            assert chair.get(page).status_code == 200, page
        seen[page.replace(str(held.id), "M")] = counted.count
    room.end(held)
    for page in (path(held, "minutes"), path(held, "minutes.pdf"), path(held, "minutes", "print")):
        with count_queries() as counted:
            assert chair.get(page).status_code == 200, page
        seen[page.replace(str(held.id), "M")] = counted.count
    assert max(seen.values()) <= 15, seen
