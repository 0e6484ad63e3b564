"""Pages of dates: the series, extra meetings, the standing agenda."""

from datetime import time, timedelta

from sqlalchemy import select

from psg import clock
from psg.db import db
from psg.meetings.models import Meeting, Series
from psg.meetings.rules import MeetingState
from tests.meetings.paths import path, reload


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


def test_the_next_meeting_is_moved_from_the_page_of_meetings(room, client_for):
    coming = room.meet(clock.today() + timedelta(days=9))
    later = room.meet(clock.today() + timedelta(days=37))
    for name, links in (("chair", 1), ("officer", 0)):
        shown = client_for(name).get("/east-test/meetings").text
        for meeting in (coming, later):
            assert shown.count(f'href="/east-test/meetings/{meeting.id}/change"') == links, (name, meeting.held_on)
