"""The page where an agenda is built: what could be added, and what answers as if it did not exist."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.db import db, transaction
from psg.meetings import operations
from psg.meetings.models import AgendaItem
from psg.meetings.routes import building

SOON = timedelta(days=21)


def far(room, weeks: int):
    return room.open(review_on=clock.today() + timedelta(days=7 * weeks))


@pytest.fixture
def meeting(room):
    """The one after today's, which has ended: so a case that was accepted today has had its meeting."""
    today = room.meet(clock.today())
    room.publish(today)
    room.end(today)
    return room.meet(clock.today() + SOON)


def path(meeting, *parts) -> str:
    return "/".join(["/east-test/meetings", str(meeting.id), "agenda", *map(str, parts)])


def refusals(name, world) -> int:
    db.session.rollback()
    mine = AuditEvent.user_id == world.people[name].user_id
    return len(db.session.scalars(select(AuditEvent.id).where(mine, AuditEvent.event == "access.refused")).all())


def test_what_could_be_added_is_listed_by_review_date_with_a_button_each(room, meeting, client_for, monkeypatch):
    monkeypatch.setattr(building, "SHOWN_TO_ADD", 2)
    last, first, middle = far(room, 30), far(room, 10), far(room, 20)
    chair = client_for("chair")
    shown = chair.get(path(meeting)).text
    assert "Could be added (3)" in shown
    assert re.findall(r'id="aside-([0-9a-f-]+)"', shown) == [str(first.id), str(middle.id)]
    assert "See the other 1, or add a case by its reference" in shown
    rest = chair.get(path(meeting, "add")).text
    assert re.findall(r'id="aside-([0-9a-f-]+)"', rest) == [str(case.id) for case in (first, middle, last)]
    looked = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "agenda.looked_at")).all()
    assert last.id.hex not in looked[0].ids
    assert last.id.hex in looked[1].ids

    version = re.search(r'name="version" value="(\d+)"', rest).group(1)
    added = chair.post(path(meeting), {"do": f"on:{last.id}", "version": version})
    assert added.status_code == 303
    assert added.location.endswith(f"#item-{last.id}")
    db.session.rollback()
    assert db.session.scalar(select(AgendaItem).where(AgendaItem.case_id == last.id)).position == 1
    assert "Could be added (2)" in chair.get(path(meeting)).text


def test_taken_off_and_could_be_added_stand_apart(room, meeting, client_for):
    off, free = room.open(), far(room, 30)
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, off.id, "no-time", by=room.by())
    shown = client_for("chair").get(path(meeting)).text
    add = shown[shown.index("Could be added (1)") : shown.index("Taken off (1)")]
    assert free.reference in add
    assert off.reference not in add
    assert "Taken off: no time at this meeting" in shown


def test_an_agenda_without_other_cases_says_so(room, meeting, client_for):
    chair = client_for("chair")
    assert "Nothing else is open in this group." in chair.get(path(meeting)).text
    assert "Every open case of this group" in chair.get(path(meeting, "add")).text


@pytest.mark.parametrize("what", ["move", "time", "off", "park"])
def test_a_case_that_is_not_on_the_agenda_is_refused_by_the_gate(room, world, meeting, client_for, what):
    """Another group's case, an unknown one, and one beside the agenda that only parking is for: noted each time."""
    other = room.open(group="young")
    beside = far(room, 30)
    chair = client_for("chair")
    for number, case_id in enumerate((other.id, meeting.id), start=1):
        assert chair.get(path(meeting, case_id, what)).status_code == 404
        assert refusals("chair", world) == number
    answer = chair.get(path(meeting, beside.id, what))
    assert answer.status_code == (200 if what == "park" else 404)
    assert refusals("chair", world) == (2 if what == "park" else 3)


def test_what_changed_is_said_until_the_chair_takes_note_of_it(room, meeting, client_for):
    first, second, gone = (room.open(review_on=meeting.held_on) for _ in range(3))
    chair, page = client_for("chair"), path(meeting)
    assert chair.submit(page, {"do": "keep"}).status_code == 303
    new = room.open(review_on=meeting.held_on)
    with transaction(hold=(gone,)):
        cases.close(gone, reason_code="risk-reduced", reason="It is over.", changed_for_person="Sleeps.", by=room.by())
    with transaction(hold=(second,)):
        cases.propose_closure(second, reason="It has been quiet.", by=room.by("landlord"))
    notice = "3 changes since you arranged it"
    assert notice in chair.get(page).text
    for act in (f"up:{new.id}", f"down:{first.id}", f"down:{new.id}", f"up:{second.id}"):
        assert chair.submit(page, {"do": act}).status_code == 303
        shown = chair.get(page).text
        assert notice in shown, act
        for words in (f"{gone.reference}</span>: closed since", "new: ", "now also: "):
            assert words in shown.replace("\n", ""), (act, words)
    assert chair.submit(path(meeting, new.id, "off"), {"reason": "no-time"}).status_code == 303
    assert "2 changes since you arranged it" in chair.get(page).text, "what was taken off has been looked at"
    assert chair.submit(page, {"do": "keep"}).status_code == 303
    assert "since you arranged it" not in chair.get(page).text


def test_the_first_and_the_last_stay_where_they_are(room, meeting, client_for):
    for _ in range(2):
        room.open(review_on=meeting.held_on)
    chair, page = client_for("chair"), path(meeting)
    first, last = re.findall(r'value="up:([^"]+)"', chair.get(page).text)
    for act, words in ((f"up:{first}", "is first in its section already."), (f"down:{last}", "is last in its section")):
        assert chair.submit(page, {"do": act}).status_code == 303
        assert words in chair.get(page).text
