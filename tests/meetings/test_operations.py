"""Operations on a real database: what is stored, who is told, what the audit says, what takes effect on a case."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from psg import audit, clock
from psg.actions import operations as actions
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.cases.rules import CaseState
from psg.db import Clash, DomainError, db, transaction
from psg.meetings import operations, queries
from psg.meetings.live import workbench
from psg.meetings.models import Meeting
from psg.meetings.reading import published
from psg.meetings.recurrence import Rhythm
from psg.meetings.rules import MeetingState, Section
from psg.reminders.models import Delivery, Obligation
from tests.conftest import on_both
from tests.counting import statements

SOON = timedelta(days=21)


def events(code: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == code).order_by(AuditEvent.at)))


def bench(room, meeting, name="chair"):
    viewer = room.by(name)
    return workbench(viewer, viewer.standing(meeting.partnership_id), meeting)


def reading(room, meeting, name):
    viewer = room.by(name)
    return published(viewer, viewer.standing(meeting.partnership_id), meeting)


def plan_again(room) -> list[Meeting]:
    with transaction():
        return operations.plan_meetings(room.group, by=audit.SYSTEM)


def references(agenda) -> list[str]:
    return [line.case.reference for line in agenda.lines]


def at(monkeypatch, day: date, hour: int = 9) -> None:
    moment = clock.at_local(day, time(hour))
    monkeypatch.setattr(clock, "source", lambda: moment)


@on_both
def test_a_series_plans_a_year_and_leaves_begun_agendas_alone(room):
    monthly = Rhythm(2, 1, 1, clock.today())
    with transaction():
        operations.set_series(room.group, rhythm=monthly, at=time(10), minutes=120, place="", by=room.by("coordinator"))
    planned = db.session.query(Meeting).order_by(Meeting.held_on).all()
    assert len(planned) >= 12
    assert all(meeting.held_on.weekday() == 1 for meeting in planned)
    assert events("meeting.series_set")
    assert len(events("meeting.added")) == len(planned)
    assert not plan_again(room)

    begun = db.session.query(Meeting).order_by(Meeting.held_on).first()
    room.open()
    with transaction(hold=(begun,)):
        operations.arrange(begun, by=room.by())
    thursdays = Rhythm(3, 3, 1, clock.today())
    with transaction():
        operations.set_series(
            room.group, rhythm=thursdays, at=time(14), minutes=90, place="", by=room.by("coordinator")
        )
    after = db.session.query(Meeting).order_by(Meeting.held_on).all()
    assert db.session.get(Meeting, (begun.partnership_id, begun.id)).held_on == begun.held_on
    others = [meeting for meeting in after if meeting.id != begun.id]
    assert all(meeting.held_on.weekday() == 3 and meeting.at == time(14) for meeting in others)


@on_both
def test_a_moved_meeting_keeps_its_month_and_its_reminders_move(room):
    room.monthly()
    meeting = db.session.query(Meeting).order_by(Meeting.held_on).offset(3).first()
    later = meeting.held_on + timedelta(days=1)
    with transaction(hold=(meeting,)):
        operations.change_meeting(
            meeting, room.group, held_on=later, at=time(13), minutes=60, place="Hall", by=room.by()
        )
    assert not plan_again(room)
    owed = db.session.query(Obligation).filter_by(record_id=meeting.id, kind="publish-agenda").all()
    assert {one.due_on for one in owed} == {clock.add_working_days(later, -5)}
    assert {one.stage for one in owed} == {"chair", "coordinator"}
    assert events("meeting.changed")[-1].fields == "held_on,at,minutes,place"


def test_two_meetings_on_one_day_are_refused(room):
    room.meet(clock.today() + SOON)
    with pytest.raises(DomainError, match="already has a meeting"):
        room.meet(clock.today() + SOON)


@on_both
def test_arranging_keeps_order_and_take_offs(room):
    meeting = room.meet(clock.today() + SOON)
    first, second = room.open(), room.open()
    third = room.refer()
    order = references(bench(room, meeting).agenda)
    assert order[0] == third.reference
    with transaction(hold=(meeting,)):
        assert operations.move(meeting, second.id, -1, by=room.by()) in {("7.2", "7.1"), ("7.1", "7.1")}
    with transaction(hold=(meeting,)):
        operations.move_to(meeting, first.id, Section.OPEN_PLACES, 1, by=room.by())
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, third.id, "no-time", by=room.by())
    fourth = room.open()
    agenda = bench(room, meeting).agenda
    assert first.reference in [line.case.reference for line in agenda.lines if line.section is Section.OPEN_PLACES]
    assert third.reference not in references(agenda)
    assert [change.reference for change in agenda.changes] == [fourth.reference]
    assert agenda.line(fourth.id).new
    with transaction(hold=(meeting,)):
        operations.put_on(meeting, third.id, by=room.by())
    with transaction(hold=(meeting,)):
        operations.set_minutes(meeting, third.id, 17, by=room.by())
    agenda = bench(room, meeting).agenda
    assert agenda.line(third.id).minutes == 17
    assert [change.reference for change in agenda.changes] == [fourth.reference], "nobody has taken note of it"
    assert agenda.line(fourth.id).new
    with transaction(hold=(meeting,)):
        operations.arrange(meeting, by=room.by())
    assert not bench(room, meeting).agenda.changes
    changed = events("agenda.item_changed")
    assert {event.fields for event in changed} == {"position", "state", "minutes"}
    assert all(event.case_id for event in changed)


@on_both
def test_an_agency_asks_for_a_case(room):
    meeting = room.meet(clock.today() + SOON)
    case = room.open(review_on=clock.today() + timedelta(days=200))
    assert [why["code"] for why in bench(room, meeting).agenda.line(case.id).reasons] == ["accepted"]
    with transaction():
        operations.ask_for(meeting, case, room.world.agencies["housing"], by=room.by("landlord"))
    (line,) = bench(room, meeting).agenda.lines
    assert [why["code"] for why in line.reasons] == ["accepted", "asked-for"]
    assert events("agenda.item_asked_for")[0].case_id == case.id
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, case.id, "other-meeting", by=room.by())
    with pytest.raises(DomainError, match="was taken off"), transaction():
        operations.ask_for(meeting, case, room.world.agencies["housing"], by=room.by("landlord"))


@on_both
def test_publishing_freezes_what_readers_see_and_tells_them(room):
    meeting = room.meet(clock.today() + SOON)
    case, referral = room.open(), room.refer(by="landlord")
    made = room.publish(meeting)
    assert meeting.state is MeetingState.PUBLISHED
    assert set(made.told) == {
        room.world.people[name].user_id for name in ("chair", "officer", "landlord", "nurse", "both", "coordinator")
    }
    assert db.session.query(Delivery).filter_by(kind="agenda-published").count() == len(made.told)
    assert not db.session.query(Obligation).filter_by(record_id=meeting.id, settled_at=None).count()

    later = room.open()
    assert references(reading(room, meeting, "officer")) == [case.reference]
    assert references(reading(room, meeting, "landlord")) == [referral.reference, case.reference]
    assert references(reading(room, meeting, "chair")) == [referral.reference, case.reference]
    assert reading(room, meeting, "officer").lines[0].number == "7.1"
    assert [line.case_id for line in reading(room, meeting, "landlord").yours] == [case.id]

    with transaction(hold=(meeting,)):
        operations.take_off(meeting, later.id, "no-time", by=room.by())
    with pytest.raises(DomainError, match="Nothing has changed"), transaction(hold=(meeting,)):
        operations.publish(meeting, by=room.by())
    with transaction(hold=(meeting,)):
        operations.put_on(meeting, later.id, by=room.by())
    second = room.publish(meeting)
    assert meeting.agenda_version == 2
    assert second.differences.added == (later.id,)
    assert len(references(reading(room, meeting, "officer"))) == 2
    with transaction(hold=(meeting,)):
        operations.take_off(meeting, case.id, "dealt-with", by=room.by())
    third = room.publish(meeting)
    assert third.told == (room.world.people["landlord"].user_id,)
    assert references(reading(room, meeting, "officer")) == [later.reference]


@on_both
def test_decisions_take_effect_on_cases(room, monkeypatch):
    today = clock.today()
    meeting = room.meet(today)
    keep, close, refused, pass_on = (room.open(review_on=today) for _ in range(4))
    accept, decline = room.refer(), room.refer()
    with transaction(hold=(refused,)):
        actions.add_action(
            refused,
            what="Visit",
            owner_agency_id=room.world.agencies["police"],
            due_on=today + timedelta(days=5),
            by=room.by(),
        )
    room.publish(meeting)
    review = today + timedelta(days=50)
    room.decide(meeting, keep, "keep-open", next_review_on=review)
    assert keep.review_on == review
    room.decide(meeting, close, "close", close_reason="risk-reduced", changed_for_person="She sleeps again.")
    assert close.state is CaseState.CLOSED
    with pytest.raises(DomainError, match="open"):
        room.decide(meeting, refused, "close", close_reason="risk-reduced", changed_for_person="Less.")
    db.session.refresh(refused)
    assert refused.state is CaseState.OPEN
    assert not queries.of_case(refused)[0].decision
    room.decide(meeting, pass_on, "pass-on", to_group_id=room.world.groups["young"])
    assert pass_on.group_id == room.world.groups["young"]
    room.decide(meeting, accept, "accept", lead_agency_id=room.world.agencies["police"])
    assert accept.state is CaseState.OPEN
    room.decide(meeting, decline, "decline", close_reason="one-agency")
    assert decline.state is CaseState.DECLINED
    with pytest.raises(operations.Incomplete) as missing:
        room.decide(meeting, refused, "close")
    assert set(missing.value.missing) == {"decision", "close_reason", "changed_for_person"}
    with pytest.raises(operations.Incomplete):
        room.decide(meeting, refused, "accept")

    recorded = events("meeting.decision_recorded")
    assert {event.why for event in recorded} == {"keep-open", "close", "pass-on", "accept", "decline"}
    (said,) = queries.of_case(keep)
    assert (said.decision, said.agreed, said.seen_again_on) == ("Kept open", "As discussed.", review)


@on_both
def test_two_people_recording_one_item_clash(room):
    meeting = room.meet(clock.today())
    case = room.open(review_on=clock.today())
    room.publish(meeting)
    room.decide(meeting, case, "keep-open")
    with pytest.raises(Clash):
        room.decide(meeting, case, "defer")
    item = room.item(meeting, case)
    decision = operations.Decision(code="defer", agreed="Waits for the report.")
    with transaction(hold=(meeting, case)):
        outcome = operations.record_outcome(item, meeting, case, decision=decision, by=room.by(), version=1)
    assert outcome.decision == "defer"


@on_both
def test_keeping_a_case_open_answers_a_proposal_to_close_it(room):
    meeting = room.meet(clock.today())
    case = room.open(review_on=clock.today())
    with transaction(hold=(case,)):
        cases.propose_closure(case, reason="Quiet for a month.", by=room.by("landlord"))
    assert bench(room, meeting).agenda.lines[0].section is Section.CLOSURE
    room.publish(meeting)
    room.decide(meeting, case, "keep-open")
    assert case.closure_proposed_at is None


@on_both
def test_what_is_open_is_carried_over_three_meetings(room, monkeypatch):
    start = clock.today()
    far = start + timedelta(days=400)
    first, second, third = (room.meet(start + timedelta(days=n)) for n in (7, 35, 63))
    decided, deferred, unreached, parked = (room.open(review_on=start + timedelta(days=5)) for _ in range(4))
    with transaction(hold=(first,)):
        operations.park(first, parked.id, second.held_on + timedelta(days=1), by=room.by())
    room.publish(first)
    assert not bench(room, second).agenda.line(parked.id)

    at(monkeypatch, first.held_on)
    room.decide(first, decided, "keep-open", next_review_on=far)
    room.decide(first, deferred, "defer", next_review_on=far)
    with transaction(hold=(unreached,)):
        cases.set_review(unreached, review_on=far, by=room.by())
    room.end(first)

    agenda = bench(room, second).agenda
    assert {line.case_id: line.reasons[0]["how"] for line in agenda.lines} == {
        deferred.id: "deferred",
        unreached.id: "not-reached",
    }
    assert [aside.case_id for aside in agenda.parked] == [parked.id]
    room.publish(second)
    with transaction(hold=(second,)):
        operations.cancel_meeting(second, reason="no-quorum", by=room.by())
    at(monkeypatch, second.held_on + timedelta(days=1))

    agenda = bench(room, third).agenda
    assert {line.case_id: line.reasons[0]["how"] for line in agenda.lines if line.case_id != parked.id} == {
        deferred.id: "not-reached",
        unreached.id: "not-reached",
    }
    assert agenda.line(parked.id).reasons[0]["how"] == "parked"
    assert decided.id in {aside.case_id for aside in agenda.left_off}


@on_both
def test_an_erased_case_leaves_the_agenda(room):
    meeting = room.meet(clock.today() + SOON)
    case, other = room.open(), room.open()
    room.publish(meeting)
    with transaction(hold=(case,)):
        cases.erase_case(case, by=room.by("coordinator"))
    assert references(reading(room, meeting, "officer")) == [other.reference]
    titles = {card.case_id: card.title for card in reading(room, meeting, "coordinator").cards.values()}
    assert titles[case.id] == "Erased"
    assert case.id not in {line.case_id for line in bench(room, meeting).agenda.lines}


@on_both
def test_queries_do_not_grow_with_cases(room, app):
    meeting = room.meet(clock.today() + SOON)
    room.open()
    with statements(app) as few:
        bench(room, meeting)
    for _ in range(9):
        room.open()
    with statements(app) as many:
        bench(room, meeting)
    assert 0 < len(many) == len(few) <= 12
    room.publish(meeting)
    db.session.expire_all()
    with statements(app) as read:
        reading(room, meeting, "officer")
    assert 0 < len(read) <= 8


def test_a_meeting_decides_nothing_of_a_case_that_was_passed_on(room, world):
    """Its chair may still read the case, as its lead or its referrer, and would else decide for the other group."""
    meeting = room.meet(clock.today())
    accepted, waiting = room.open(review_on=clock.today(), lead="chair"), room.refer(by="chair")
    kept = room.open(review_on=clock.today(), lead="chair")
    room.publish(meeting)
    room.decide(meeting, kept, "keep-open")
    for case in (accepted, waiting, kept):
        with transaction(hold=(case,)):
            cases.pass_on(case, group_id=world.groups["young"], reason="About a child", by=room.by("coordinator"))
    ways = {"close_reason": "solved", "changed_for_person": "Sleeps"}
    with pytest.raises(DomainError, match="another group"):
        room.decide(meeting, accepted, "close", **ways)
    with pytest.raises(DomainError, match="another group"):
        room.decide(meeting, waiting, "accept", lead_agency_id=world.agencies["police"])
    decision = operations.Decision(code="close", agreed="As discussed.", **ways)
    item = room.item(meeting, kept)
    with pytest.raises(DomainError, match="another group"), transaction(hold=(meeting, kept)):
        operations.record_outcome(item, meeting, kept, decision=decision, by=room.by(), version=1)
    assert {case.state for case in (accepted, kept)} == {CaseState.OPEN}
    assert waiting.state is CaseState.SENT
