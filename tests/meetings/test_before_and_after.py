"""What waits for a meeting's day, and what is normally done at the next one."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from psg import clock
from psg.db import DomainError, db, transaction
from psg.meetings import operations
from psg.meetings.models import Meeting, Outcome
from psg.meetings.recording import Presence, attendance_of
from psg.meetings.rules import Attended, MeetingState, agreeing_due, has_come
from psg.web.words import meeting_date
from tests.conftest import on_both
from tests.meetings.paths import path, reload

HIDDEN = re.compile(r'name="(once|version)" value="([^"]*)"')
AGREE = re.compile(r'<a[^>]*class="([^"]*)"[^>]*>Mark as agreed</a>')


@pytest.fixture
def tomorrow(room) -> Meeting:
    meeting = room.meet(clock.today() + timedelta(days=1))
    room.case = room.open(review_on=clock.today())
    room.publish(meeting)
    return meeting


def test_the_rules():
    day = clock.today()
    assert has_come(day, day)
    assert not has_come(day + timedelta(days=1), day)
    assert agreeing_due(day, day)
    assert not agreeing_due(day + timedelta(days=1), day)
    assert not agreeing_due(None, day)


@on_both
def test_nothing_is_decided_before_the_day(room, tomorrow):
    day = meeting_date(tomorrow.held_on)
    with pytest.raises(DomainError, match=f"This meeting is on {day}"):
        room.decide(tomorrow, room.case, "keep-open")
    for act in (operations.read_statement, operations.end_meeting):
        with pytest.raises(DomainError, match="move it to today first"), transaction(hold=(tomorrow,)):
            act(tomorrow, by=room.by())
    assert db.session.scalars(select(Outcome)).all() == []
    assert reload(tomorrow).state is MeetingState.PUBLISHED
    with transaction(hold=(tomorrow,)):
        presence = Presence(room.world.agencies["housing"], Attended.APOLOGIES)
        operations.record_attendance(tomorrow, {room.world.people["landlord"].user_id: presence}, by=room.by())
    with transaction(hold=(tomorrow,)):
        operations.record_note(room.item(tomorrow), tomorrow, "To be said.", by=room.by())
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert room.decide(tomorrow, room.case, "keep-open").agreed == "As discussed."


def test_the_pages_say_so(room, tomorrow, client_for):
    chair, run = client_for("chair"), path(tomorrow, "run")
    shown = chair.get(run).text
    assert f"This meeting is on {meeting_date(tomorrow.held_on)}. Before that day you can note apologies" in shown
    assert "Who is coming" in shown
    for button in ("The statement has been read", "is here</button>", "End the meeting"):
        assert button not in shown
    assert chair.submit(run, {"came_1": "apologies"}).status_code == 303
    refused = chair.submit(run, {"do": "everybody"})
    assert refused.status_code == 409
    assert "who is here is marked from that day on. If it is held today" in refused.text
    assert "move it to today first" in refused.text
    assert len(attendance_of(tomorrow)) == 1
    page = path(tomorrow, "run", room.item(tomorrow, room.case).id)
    case_page = chair.get(page).text
    assert "Decisions take effect at once" in case_page
    assert "Record and go to next" not in case_page
    typed = {"decision": "keep-open", "agreed": "Typed too early.", "next_review_on-choice": "another"}
    review = clock.today() + timedelta(days=30)
    typed |= {f"next_review_on-{part}": str(getattr(review, part)) for part in ("day", "month", "year")}
    refused = chair.post(page, typed)
    assert refused.status_code == 409
    assert "nothing is decided here before that day" in refused.text
    assert "Typed too early.</textarea>" in refused.text
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert "Record and go to next" in client_for("chair").get(page).text


@on_both
@pytest.mark.parametrize("attended", [Attended.HERE, Attended.ABSENT])
def test_nobody_has_come_before_the_day(room, tomorrow, attended):
    housing, landlord = room.world.agencies["housing"], room.world.people["landlord"].user_id
    with transaction(hold=(tomorrow,)):
        deputy = Presence(housing, Attended.DEPUTY, "B Stand")
        operations.record_attendance(tomorrow, {landlord: deputy}, by=room.by())
    came = {landlord: Presence(housing, attended), room.world.people["officer"].user_id: deputy}
    with (
        pytest.raises(DomainError, match="who is here is marked from that day on"),
        transaction(hold=(tomorrow,)),
    ):
        operations.record_attendance(tomorrow, came, by=room.by())
    assert [(row.user_id, row.deputy) for row in attendance_of(reload(tomorrow))] == [(landlord, "B Stand")]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True), transaction(hold=(tomorrow,)):
        assert len(operations.record_attendance(tomorrow, came, by=room.by())) == 2


def test_before_the_day_only_what_can_be_said_is_offered(room, tomorrow, client_for):
    chair, run = client_for("chair"), path(tomorrow, "run")
    shown = chair.get(run).text
    assert "Who is here is marked on the day." in shown
    offered = re.findall(r'name="came_1" type="radio" value="([a-z]+)"', shown)
    assert offered == ["deputy", "apologies"]
    assert chair.submit(run, {"came_1": "here"}).status_code == 422
    assert chair.submit(run, {"came_1": "apologies", "deputy_1": "B Stand"}).status_code == 422
    assert chair.submit(run, {"came_1": "deputy", "deputy_1": "B Stand"}).status_code == 303
    assert [row.deputy for row in attendance_of(reload(tomorrow))] == ["B Stand"]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        shown = client_for("chair").get(run).text
        assert re.findall(r'name="came_1" type="radio" value="([a-z]+)"', shown)[0] == "here"
        assert "Deputy came" in shown


def read(room, meeting) -> None:
    with transaction(hold=(meeting,)):
        operations.read_statement(meeting, by=room.by())


def decided(room, meeting) -> None:
    room.decide(meeting, room.case, "keep-open")


def moved(room, meeting, day: date, **changed) -> None:
    kept = {"at": meeting.at, "minutes": meeting.minutes, "place": meeting.place}
    with transaction(hold=(meeting,)):
        operations.change_meeting(meeting, room.group, held_on=day, by=room.by(), **kept | changed)


@on_both
@pytest.mark.parametrize("begin", [read, decided])
def test_what_has_begun_keeps_its_day(room, tomorrow, begin):
    moved(room, tomorrow, clock.today())
    begin(room, tomorrow)
    for day in (clock.today() + timedelta(days=1), clock.today() + timedelta(days=7)):
        with pytest.raises(DomainError, match=r"This meeting has begun. End it, and plan another\.") as refused:
            moved(room, tomorrow, day)
        assert refused.value.field == "held_on"
    with pytest.raises(DomainError, match=r"This meeting has begun\. End it:"), transaction(hold=(tomorrow,)):
        operations.cancel_meeting(tomorrow, reason="emergency", by=room.by())
    moved(room, tomorrow, clock.today(), place="Next door")
    assert (reload(tomorrow).held_on, tomorrow.place) == (clock.today(), "Next door")
    room.end(tomorrow)


def test_the_page_offers_no_other_day_of_what_has_begun(room, tomorrow, client_for):
    chair, change = client_for("chair"), path(tomorrow, "change")
    moved(room, tomorrow, clock.today())
    before = chair.get(change).text
    assert 'name="held_on-day"' in before
    decided(room, tomorrow)
    shown = chair.get(change).text
    assert "It has begun, so it stays on this day." in shown
    for offered in ('name="held_on-day"', "Cancel this meeting", "Move the meeting"):
        assert offered not in shown
    saved = chair.submit(change, {"at": "11am", "minutes": "60", "place": "Next door"})
    assert saved.status_code == 303
    assert (reload(tomorrow).held_on, tomorrow.place) == (clock.today(), "Next door")
    later, hidden = clock.today() + timedelta(days=7), dict(HIDDEN.findall(chair.get(change).text))
    typed = {f"held_on-{part}": str(getattr(later, part)) for part in ("day", "month", "year")}
    refused = chair.post(change, hidden | typed | {"at": "11am", "minutes": "60", "place": "Next door"})
    assert refused.status_code == 409
    assert re.search(r'id="held_on-error"[^>]*>.*This meeting has begun\. End it, and plan another\.', refused.text)
    assert f'value="{later.day}"' in refused.text
    assert reload(tomorrow).held_on == clock.today()


@on_both
def test_who_was_here_was_here_on_the_old_day(room, tomorrow):
    moved(room, tomorrow, clock.today())
    housing, police = room.world.agencies["housing"], room.world.agencies["police"]
    came = {
        room.world.people["landlord"].user_id: Presence(housing, Attended.HERE),
        room.world.people["officer"].user_id: Presence(police, Attended.APOLOGIES),
    }
    with transaction(hold=(tomorrow,)):
        operations.record_attendance(tomorrow, came, by=room.by())
    moved(room, tomorrow, clock.today() + timedelta(days=7))
    assert [row.attended for row in attendance_of(reload(tomorrow))] == [Attended.APOLOGIES]


def test_the_link_that_moves_a_meeting_fills_in_today(room, tomorrow, client_for):
    chair, today = client_for("chair"), clock.today()
    shown = chair.get(f"{path(tomorrow, 'change')}?to=today").text
    for part, value in (("day", today.day), ("month", today.month), ("year", today.year)):
        assert re.search(rf'name="held_on-{part}"[^>]*value="{value}"', shown)
    assert re.search(
        rf'name="held_on-day"[^>]*value="{tomorrow.held_on.day}"', chair.get(path(tomorrow, "change")).text
    )


def test_minutes_are_normally_agreed_at_the_next_meeting(room, client_for):
    held = room.meet(clock.today())
    room.open(review_on=clock.today())
    room.publish(held)
    room.end(held)
    chair, minutes = client_for("chair"), path(held, "minutes")
    shown = chair.get(minutes).text
    assert "govuk-button--secondary" in AGREE.search(shown)[1]
    assert "which is not planned yet" in shown
    following = room.meet(clock.today() + timedelta(days=90))
    shown = chair.get(minutes).text
    assert "govuk-button--secondary" in AGREE.search(shown)[1]
    assert f"at the group’s next meeting, on {meeting_date(following.held_on)}" in shown
    with time_machine.travel(clock.now() + timedelta(days=90), tick=True):
        shown = client_for("chair").get(minutes).text
        assert "govuk-button--secondary" not in AGREE.search(shown)[1]
        assert f"To be agreed at the meeting of {meeting_date(following.held_on)}" in shown
    reader = client_for("landlord").get(minutes).text
    assert "Mark as agreed" not in reader
    assert "Minutes are normally agreed" in reader


def test_a_meeting_far_away_has_its_weekday(room, client_for):
    far = room.meet(clock.today() + timedelta(days=100))
    weekday = far.held_on.strftime("%A")
    for page in (path(far, "agenda"), "/east-test/meetings"):
        assert f"{weekday} {far.held_on.day} {far.held_on.strftime('%B')}" in client_for("chair").get(page).text
