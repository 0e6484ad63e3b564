"""Referrals sent after referrals closed for a meeting: they wait for the next one, unless somebody is at risk now."""

import json
import uuid
from datetime import date, time, timedelta

from sqlalchemy import select

from psg import clock
from psg.db import db, transaction
from psg.meetings import operations
from psg.meetings.agenda import Slot, build
from psg.meetings.clocks import cut_offs
from psg.meetings.live import workbench
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.reasons import LiveCase, Point, reasons_for, to_keep, why_here, why_left_off
from psg.meetings.rules import Section
from psg.web.words import long_date
from tests.conftest import on_both
from tests.counting import statements

CLOSED = date(2026, 11, 9)
MEETING = Point(date(2026, 11, 24), None, CLOSED)
NEXT = Point(date(2026, 12, 22), None, date(2026, 12, 8))
AGENCY = uuid.UUID(int=7)
SLOTS = [Slot(section=Section.NEW_REFERRALS, title="New referrals", minutes=5)]


def referral(number: int = 1, sent_on: date = CLOSED + timedelta(days=1), **facts) -> LiveCase:
    given = {"waiting": True, "about_person": True, "about_place": False, "referrer_agency_id": AGENCY} | facts
    return LiveCase(case_id=uuid.UUID(int=number), reference=f"EC-{number:04}", sent_on=sent_on, **given)


def words(reasons) -> str:
    return why_here(tuple(reasons), day=long_date, agency=lambda _: "Police")


def on(case: LiveCase, meeting: Point) -> bool:
    agenda = build(SLOTS, [], [case], meeting)
    assert len(agenda.lines) + len(agenda.could_be_added) == 1
    return bool(agenda.lines)


def test_one_sent_after_the_day_could_be_added_and_says_why():
    agenda = build(SLOTS, [], [referral()], MEETING)
    assert not agenda.lines
    (aside,) = agenda.could_be_added
    said = why_left_off(aside.case, aside.off_reason, day=long_date, closed=aside.closed)
    assert said == "new referral, sent after referrals closed on Monday 9 November"


def test_the_day_itself_is_in_time_and_so_is_the_next_meeting():
    assert on(referral(sent_on=CLOSED), MEETING)
    assert on(referral(), NEXT)
    assert words(reasons_for(referral(), NEXT)) == "new referral, sent Tuesday 10 November by Police"


def test_a_meeting_without_such_a_day_takes_whatever_waits():
    assert on(referral(), Point(MEETING.held_on))


def test_somebody_at_risk_now_comes_on_and_the_agenda_says_so():
    urgent = referral(at_risk=True)
    assert on(urgent, MEETING)
    assert words(reasons_for(urgent, MEETING)) == (
        "new referral, sent Tuesday 10 November by Police, after referrals closed on Monday 9 November, "
        "somebody is at risk now"
    )
    assert words(reasons_for(urgent, NEXT)) == "new referral, sent Tuesday 10 November by Police"


def test_what_is_kept_of_it_does_not_say_that_somebody_is_at_risk():
    kept = to_keep(reasons_for(referral(at_risk=True), MEETING))
    assert kept == to_keep(reasons_for(referral(at_risk=False), MEETING))
    assert words(kept).endswith("by Police, after referrals closed on Monday 9 November")


def test_another_reason_brings_a_late_one_on():
    assert on(referral(asked_by=(AGENCY,)), MEETING)
    assert on(referral(carried="deferred", carried_from=date(2026, 10, 27)), MEETING)


def test_late_ones_stand_before_the_open_cases_that_could_be_added():
    cases = [referral(1, waiting=False, review_on=date(2027, 1, 5)), referral(2), referral(3, sent_on=CLOSED)]
    agenda = build(SLOTS, [], cases, MEETING)
    assert [aside.reference for aside in agenda.could_be_added] == ["EC-0002", "EC-0001"]


def planned(room) -> tuple[Meeting, Meeting]:
    """The group's next two meetings of a monthly series."""
    room.monthly()
    first, second = db.session.scalars(select(Meeting).order_by(Meeting.held_on).limit(2)).all()
    return first, second


def agenda_of(room, meeting: Meeting):
    viewer = room.by()
    return workbench(viewer, viewer.standing(meeting.partnership_id), meeting).agenda


@on_both
def test_a_late_referral_waits_for_the_next_meeting_and_one_at_risk_does_not(room, monkeypatch, client_for, app):
    monkeypatch.setattr(clock, "source", lambda: clock.at_local(date(2026, 9, 28), time(9)))
    first, second = planned(room)
    closed = cut_offs(room.group, first.held_on).referrals_close
    monkeypatch.setattr(clock, "source", lambda: clock.at_local(closed, time(23, 30)))
    in_time = room.refer()
    monkeypatch.setattr(clock, "source", lambda: clock.at_local(closed + timedelta(days=1), time(0, 30)))
    late, urgent = room.refer(referral={"at_risk_now": False}), room.refer(referral={"at_risk_now": True})

    db.session.expire_all()
    with statements(app) as said:
        agenda = agenda_of(room, first)
    assert 0 < len(said) <= 12, said
    assert {line.case_id for line in agenda.lines} == {in_time.id, urgent.id}
    assert [aside.case_id for aside in agenda.could_be_added] == [late.id]
    assert {line.case_id for line in agenda_of(room, second).lines} == {in_time.id, late.id, urgent.id}

    # What is stored and read says that it came late, never what the referral says under seal.
    room.publish(first)
    kept = db.session.scalars(select(AgendaItem).where(AgendaItem.case_id == urgent.id)).one()
    assert kept.reasons[0]["closed"] == closed.isoformat()
    assert "risk" not in json.dumps([kept.reasons, kept.published])
    assert not agenda_of(room, first).changes

    address = f"/east-test/meetings/{first.id}/agenda"
    shown = client_for("chair").get(address).text
    assert f"New referral, sent after referrals closed on {long_date(closed)}." in shown
    assert f"after referrals closed on {long_date(closed)}, somebody is at risk now." in shown
    with transaction(hold=(first,)):
        operations.put_on(first, late.id, by=room.by())
    assert agenda_of(room, first).line(late.id).reasons[0]["closed"] == closed.isoformat()


def test_an_extra_meeting_takes_whatever_waits(room):
    case = room.refer()
    extra = room.meet(clock.today() + timedelta(days=1))
    assert [line.case_id for line in agenda_of(room, extra).lines] == [case.id]
