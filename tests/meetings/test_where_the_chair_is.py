"""A meeting's pages say where the chair is: which item, since when, and when what is told really happened."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from psg import clock, ids
from psg.cases import operations as cases
from psg.cases.rules import When
from psg.db import transaction
from psg.meetings import operations
from psg.meetings.clocks import began_at, next_quarter
from psg.meetings.recording import Presence
from psg.meetings.rules import Attended
from psg.web.words import long_date
from tests.meetings.paths import path, reload

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday in winter, on which London has the time of UTC."""


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(room):
    return room.meet(clock.today(), minutes=90)


def words(page: str) -> str:
    """The text of a page's main part."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_what_is_new_stands_under_the_day_it_happened(room, held, client_for):
    case = room.open(review_on=clock.today())
    yesterday = clock.today() - timedelta(days=1)
    with transaction(hold=(case,)):
        for when, what in (
            (When.day(yesterday, "21:40"), "Threw a bin"),
            (When.day(clock.today(), "09:05"), "Rang the police"),
            (When.period(yesterday, "summer 2012"), "Lived elsewhere"),
        ):
            cases.add_event(case, kind="incident", when=when, what=what, by=room.by("officer"))
    room.publish(held)
    shown = words(client_for("chair").get(path(held, "run", room.item(held, case).id)).text)
    assert f"{long_date(yesterday)} at 9:40pm (entered {long_date(clock.today())}): Threw a bin" in shown
    assert f"{long_date(clock.today())} at 9:05am: Rang the police" in shown
    assert "summer 2012 (placed at November 2026): Lived elsewhere" in shown


def test_minutes_are_counted_from_when_the_meeting_really_began(room, held, client_for, at_noon):
    """It was planned for 10am."""
    case = room.open(review_on=clock.today())
    room.publish(held)
    chair = client_for("chair")
    assert " of 90" not in words(chair.get(path(held, "run")).text)
    presence = Presence(room.world.agencies["housing"], Attended.HERE)
    with transaction(hold=(held,)):
        operations.record_attendance(held, {room.world.people["landlord"].user_id: presence}, by=room.by())
    at_noon.shift(timedelta(minutes=7))
    assert "7 minutes of 90. 0 of 1 case decided." in words(chair.get(path(held, "run")).text)
    with transaction(hold=(held,)):
        operations.read_statement(reload(held), by=room.by())
    at_noon.shift(timedelta(minutes=91))
    chair = client_for("chair")
    shown = words(chair.get(path(held, "run", room.item(held, case).id)).text)
    assert "91 minutes of 90: 1 minute over." in shown
    at_noon.shift(timedelta(minutes=2))
    room.end(reload(held))
    at_noon.shift(timedelta(minutes=20))
    assert "93 minutes of 90: 3 minutes over." in words(chair.get(path(held, "run")).text)


def test_the_first_decision_says_that_it_has_begun_and_what_was_noted_before_the_day_does_not(room, held):
    earlier = ids.new_id()
    assert ids.made_at(earlier) == NOON
    decided = NOON + timedelta(minutes=20)
    assert began_at(held, [], []) is None
    assert began_at(held, [earlier], [decided]) == NOON
    assert began_at(held, [], [decided]) == decided
    held.held_on = clock.today() + timedelta(days=1)
    assert began_at(held, [earlier], []) is None


def test_a_meeting_moved_to_today_is_offered_a_time_to_come(room, client_for):
    coming = room.meet(clock.today() + timedelta(days=2))
    room.publish(coming)
    chair, change = client_for("chair"), path(coming, "change")
    at = re.compile(r'name="at"[^>]*value="([^"]*)"')
    assert at.search(chair.get(change + "?to=today").text).group(1) == "12:15pm"
    assert at.search(chair.get(change).text).group(1) == "10am"
    afternoon = room.meet(clock.today() + timedelta(days=3), at=time(14))
    room.publish(afternoon)
    assert at.search(chair.get(path(afternoon, "change") + "?to=today").text).group(1) == "2pm"


@pytest.mark.parametrize(
    ("now", "offered"),
    [("11:00", time(11, 15)), ("11:14", time(11, 15)), ("11:15", time(11, 30)), ("23:44", time(23, 45))],
)
def test_the_next_quarter(now, offered):
    assert next_quarter(clock.at_local(clock.today(), time.fromisoformat(now))) == offered
    assert next_quarter(clock.at_local(clock.today(), time(23, 45))) is None


def test_the_open_item_has_its_number_its_lead_and_its_mark_in_the_list(room, held, client_for):
    case, other = (room.open(review_on=clock.today(), title=f"Case {word} " + "about " * 12) for word in ("A", "B"))
    room.publish(held)
    chair = client_for("chair")
    page = chair.get(path(held, "run", room.item(held, other).id)).text
    current = re.search(r'aria-current="page">([^<]*)<', page[page.index("<main") :]).group(1)
    number, reference, title = current.split(" ", 2)
    assert reference == other.reference
    assert title.startswith("Case B about")
    assert title.endswith("…")
    assert len(title) < 45
    assert re.search(rf"<h1[^>]*>{re.escape(number)} Case B", page)
    assert f"{case.reference} Case A about" in page
    assert "Lead: Landlord Tester" in words(page)
    section = room.item(held)
    shown = chair.get(path(held, "run", section.id)).text
    assert re.search(rf"<h1[^>]*>1 {re.escape(section.title)}", shown)
    assert "Lead: " not in words(shown)
