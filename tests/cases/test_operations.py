"""What can be done with a case: its state afterwards, its audit, and who is reminded."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from psg import audit, clock
from psg.audit.models import AuditEvent
from psg.cases import checks, contents, happened, operations, queries
from psg.cases.models import (
    AgencyReference,
    Case,
    CaseDecision,
    CaseNamed,
    CasePlace,
    CaseTheme,
    Event,
    Involvement,
    LastSeen,
    NoteDraft,
    PossibleDuplicate,
)
from psg.cases.rules import CaseState, Precision, When
from psg.crypto import Erased
from psg.db import DomainError, db, transaction
from psg.people.models import Person, SearchTag
from psg.people.rules import Born, Names
from psg.reminders.models import Delivery, Obligation
from tests.cases.samples import CONCERN, HARMED, opened, sent
from tests.conftest import on_both


def audited(case: Case) -> list[str]:
    """Codes of the case's events, in order."""
    rows = db.session.execute(select(AuditEvent.event).where(AuditEvent.case_id == case.id).order_by(AuditEvent.id))
    return [code for (code,) in rows]


def owed(case: Case) -> dict[tuple[str, str], Obligation]:
    """What is owed for the case and not settled."""
    rows = db.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.settled_at.is_(None)))
    return {(row.kind, row.stage): row for row in rows}


def told(case: Case) -> set[tuple[str, object]]:
    """Messages about the case: kind and to whom."""
    rows = db.session.scalars(select(Delivery))
    return {(row.kind, row.user_id) for row in rows if row.details.get("case_id") == str(case.id)}


@on_both
def test_a_logged_case_is_sealed_indexed_audited_and_owed(context, world):
    case = sent(world)
    assert case.state is CaseState.SENT
    assert case.title == "Home taken over and threats at a block"
    assert case.referral["since"] == {"sort_on": "2026-03-01", "precision": "month", "words": ""}
    assert b"Home taken" not in case.title_sealed
    assert audited(case) == [
        "case.logged",
        "person.added",
        "person.added",
        "place.added",
        "case.sent",
    ]
    assert db.session.scalar(select(func.count()).select_from(SearchTag)) > 5
    assert set(owed(case)) == {("referral-waiting", "coordinator"), ("referral-waiting", "chair")}
    people = world.people
    assert told(case) == {("new-referral", people["coordinator"].user_id), ("new-referral", people["chair"].user_id)}


@on_both
def test_a_reference_somebody_has_is_not_given_again(context, world, monkeypatch):
    first = sent(world)
    offered = iter([first.reference, first.reference, "EC-2222-22"])
    monkeypatch.setattr("psg.cases.operations.referring.new_reference", lambda _prefix: next(offered))
    second = sent(world)
    db.session.expire_all()
    assert (first.title, second.reference) == (second.title, "EC-2222-22")
    assert audited(second)[0] == "case.logged"


def test_nothing_of_a_draft_can_be_found(context, world):
    by = world.viewer("officer")
    with transaction():
        case = operations.start_draft(world.east, subject_kind="person", by=by)
        operations.add_person(case, names=HARMED.names, role="harmed", born=HARMED.born, details=HARMED.details, by=by)
    assert db.session.scalar(select(func.count()).select_from(SearchTag)) == 0
    with pytest.raises(DomainError, match="what is happening"), transaction(hold=(case,)):
        operations.send(case, group_id=None, by=by)


def test_accepting_names_the_lead_and_sets_the_review(context, world):
    case = opened(world, review_in=30)
    assert case.state is CaseState.OPEN
    assert queries.load_facts([case])[0].facts().named == {world.people["landlord"].user_id}
    assert set(owed(case)) == {("case-review", "")}
    review = owed(case)["case-review", ""]
    assert review.user_id == world.people["landlord"].user_id
    assert review.due_on == clock.today() + timedelta(days=30)
    assert clock.today() <= review.next_on <= review.due_on
    people = world.people
    assert {("referral-decided", people["officer"].user_id), ("made-lead", people["landlord"].user_id)} <= told(case)
    assert audited(case)[-1] == "case.accepted"


def test_without_a_lead_the_coordinators_owe_the_review(context, world):
    review = owed(opened(world, lead=None))["case-review", ""]
    assert (review.user_id, review.role) == (None, "coordinator")


def test_a_case_is_decided_once(context, world):
    case, by = opened(world), world.viewer("chair")
    with pytest.raises(DomainError, match="already been accepted"), transaction(hold=(case,)):
        operations.decline(case, reason_code="one-agency", reason="No", by=by)
    assert case.state is CaseState.OPEN


def test_a_decision_needs_a_reason(context, world):
    case = sent(world)
    with pytest.raises(DomainError, match="needs a reason"), transaction(hold=(case,)):
        operations.decline(case, reason_code="one-agency", reason="  ", by=world.viewer("chair"))
    assert db.session.get(Case, (case.partnership_id, case.id)).state is CaseState.SENT


def test_declining_settles_what_was_owed(context, world):
    case = sent(world)
    with transaction(hold=(case,)):
        operations.decline(case, reason_code="one-agency", reason="Housing can do it", by=world.viewer("chair"))
    assert case.state is CaseState.DECLINED
    assert owed(case) == {}
    assert ("referral-decided", world.people["officer"].user_id) in told(case)


def test_passing_on_asks_the_next_group(context, world):
    case = sent(world)
    with transaction(hold=(case,)):
        operations.pass_on(case, group_id=world.groups["young"], reason="Young people", by=world.viewer("coordinator"))
    assert case.state is CaseState.SENT
    assert owed(case)["referral-waiting", "chair"].group_id == world.groups["young"]
    assert ("new-referral", world.people["youthchair"].user_id) in told(case)


def test_closing_waits_for_what_stands_in_the_way(context, world, monkeypatch):
    monkeypatch.setattr(checks, "before_close", [lambda _case: ["2 actions are open."]])
    case, by = opened(world), world.viewer("chair")
    values = {"reason_code": "risk-reduced", "reason": "Quiet since May", "changed_for_person": "Sleeps at home"}
    with pytest.raises(DomainError, match="2 actions are open"), transaction(hold=(case,)):
        operations.close(case, **values, by=by)
    monkeypatch.setattr(checks, "before_close", [])
    with transaction(hold=(case,)):
        operations.close(case, **values, by=by)
    assert case.state is CaseState.CLOSED
    assert owed(case) == {}
    with transaction(hold=(case,)):
        operations.reopen(case, reason="It began again", review_on=clock.today() + timedelta(days=7), by=by)
    assert case.state is CaseState.OPEN
    assert case.ended_at is None
    assert set(owed(case)) == {("case-review", "")}
    kinds = [decision.kind.value for decision in contents.small_parts_of(case).decisions]
    assert kinds == ["accepted", "closed", "reopened"]


def test_another_lead_is_told_and_the_first_one_named_no_more(context, world):
    case = opened(world)
    with transaction(hold=(case,)):
        operations.set_lead(
            case,
            lead_agency_id=world.agencies["police"],
            lead_officer_id=world.people["officer"].user_id,
            by=world.viewer("chair"),
        )
    assert queries.load_facts([case])[0].facts().named == {world.people["officer"].user_id}
    assert owed(case)["case-review", ""].user_id == world.people["officer"].user_id
    with pytest.raises(DomainError, match="today or later"), transaction(hold=(case,)):
        operations.set_review(case, review_on=clock.today() - timedelta(days=1), by=world.viewer("chair"))


@on_both
def test_every_precision_comes_back_with_the_sources_words(context, world):
    case, by = opened(world), world.viewer("officer")
    whens = [
        When.day(date(2026, 3, 4), "23:15"),
        When.day(date(2026, 3, 4)),
        When.month(2021, 6),
        When.year(2019),
        When.period(date(2012, 6, 1), "the summer of 2012"),
        When.unknown("when the children were small"),
    ]
    with transaction(hold=(case,)):
        for number, when in enumerate(whens):
            operations.add_event(
                case, kind="contact", when=when, what=f"Note {number}\n“x”", who="A neighbour, by telephone", by=by
            )
    db.session.expunge_all()
    found = happened.events_of(case)
    assert {event.when for event in found.shown} == set(whens)
    assert [event.when for event in found.shown] == sorted(whens, key=lambda when: when.order, reverse=True)
    assert all(event.who == "A neighbour, by telephone" for event in found.shown)
    assert found.shown[-1].when.precision is Precision.UNKNOWN
    assert audited(case)[-len(whens) :] == ["note.added"] * len(whens)


def test_an_author_changes_a_note_in_place_for_fifteen_minutes(context, world):
    case, by, other = opened(world), world.viewer("officer"), world.viewer("landlord")
    new = {"kind": "visit", "when": When.day(clock.today()), "what": "She was at home"}
    with time_machine.travel(clock.now(), tick=False) as traveller:
        with transaction(hold=(case,)):
            note = operations.add_event(case, kind="visit", when=When.day(clock.today()), what="He was at home", by=by)
        traveller.shift(timedelta(minutes=14))
        with transaction(hold=(case,)):
            assert operations.correct_event(case, note, **new, by=by) is note
        assert (note.what, note.changed_at) == ("She was at home", clock.now())
        with transaction(hold=(case,)):
            by_other = operations.correct_event(case, note, **(new | {"what": "Both were out"}), by=other)
        traveller.shift(timedelta(minutes=2))
        with transaction(hold=(case,)):
            late = operations.correct_event(case, by_other, **(new | {"what": "Nobody knows"}), by=by)
    assert note.what == "She was at home"
    assert (by_other.corrects_id, late.corrects_id) == (note.id, note.id), "corrections stand under the original"
    found = happened.events_of(case)
    assert (found.total, found.shown[0].corrections) == (1, 2)


def test_since_you_looked_counts_what_was_entered_later(context, world):
    case, by = opened(world), world.viewer("officer")
    with transaction(hold=(case,)):
        operations.add_event(case, kind="visit", when=When.day(date(2025, 1, 1)), what="Old", by=by)
    between = clock.now()
    with transaction(hold=(case,)):
        operations.add_event(case, kind="visit", when=When.day(date(2024, 1, 1)), what="New", by=by)
    assert happened.events_of(case, since=between).since == 1
    assert happened.events_of(case, limit=1, since=between).total == 2


def test_a_visit_lasts_an_hour(context, world):
    case, by = opened(world), world.viewer("officer")
    standing = by.standings[world.east]
    with time_machine.travel(clock.now(), tick=False) as traveller:
        first = clock.now()

        def look():
            found = queries.find(by, standing, case.reference)
            with transaction():
                operations.seen(found, by=by)
            db.session.expire_all()
            return queries.find(by, standing, case.reference)._seen

        assert look()[2] is None
        traveller.shift(timedelta(minutes=30))
        assert look()[2] is None
        traveller.shift(timedelta(hours=2))
        assert look()[2] == first + timedelta(minutes=30)


def test_a_note_being_written_is_kept_sealed_and_goes_with_the_note(context, world):
    case, by = opened(world), world.viewer("officer")
    for text in ("He said", "He said he would"):
        with transaction(hold=(case,)):
            operations.keep_note(case, fields={"what": text}, by=by)
    draft = db.session.scalars(select(NoteDraft)).one()
    assert draft.fields == {"what": "He said he would"}
    assert b"He said" not in draft.fields_sealed
    with transaction(hold=(case,)):
        operations.add_event(case, kind="visit", when=When.day(clock.today()), what="He said he would", by=by)
    assert db.session.scalars(select(NoteDraft)).all() == []


def test_a_changed_name_is_found_in_every_case_that_knows_the_person(context, world):
    by = world.viewer("officer")
    first, second = opened(world), opened(world, people=(CONCERN,))
    person_id = contents.people_of(first)[0].person_id
    with transaction(hold=(second,)):
        operations.add_person(second, names=Names(), role="witness", person_id=person_id, by=by)
    assert audited(second)[-1] == "person.linked"
    involvement = contents.parts_of(first).people[0][0]
    with transaction(hold=(first,)):
        operations.change_person(
            first,
            involvement,
            names=Names("Raymond", "Tibbett"),
            role="harmed",
            born=Born(on=date(1967, 11, 2)),
            details=involvement.details,
            by=by,
        )
    from psg.people.matching import find_matches, search_terms

    new = find_matches(world.east, search_terms(first="Raymond", last="Tibbett", born=date(1967, 11, 2)))
    old = find_matches(world.east, search_terms(first="Raymond", last="Tebbitt", born=date(1967, 11, 2)))
    by_name = {pointer.case_id for pointer, indexes in new.items() if "name-born" in indexes}
    assert by_name == {first.id, second.id}
    assert not [pointer for pointer, indexes in old.items() if "name-born" in indexes]


def test_a_person_taken_off_is_found_no_more(context, world):
    case, by = opened(world), world.viewer("officer")
    before = db.session.scalar(select(func.count()).select_from(SearchTag))
    involvement = contents.parts_of(case).people[0][0]
    with transaction(hold=(case,)):
        operations.remove_person(case, involvement, by=by)
    assert len(contents.people_of(case)) == 1
    assert db.session.scalar(select(func.count()).select_from(SearchTag)) < before
    assert audited(case)[-1] == "person.removed"


@on_both
def test_erasing_leaves_the_row_and_nothing_else(context, world):
    case, other, by = opened(world), opened(world, people=(CONCERN,)), world.viewer("officer")
    shared = contents.people_of(other)[0].person_id
    with transaction(hold=(case,)):
        operations.add_person(case, names=Names(), role="witness", person_id=shared, by=by)
        operations.add_event(case, kind="visit", when=When.day(clock.today()), what="Text", by=by)
        operations.keep_note(case, fields={"what": "half"}, by=by)
        operations.add_reference(case, agency_id=world.agencies["police"], number="35/1/26", by=by)
    with transaction(hold=(case,)):
        operations.erase_case(case, by=audit.SYSTEM, why="retention")
    db.session.expunge_all()
    row, other = (db.session.scalars(select(Case).where(Case.id == one.id)).one() for one in (case, other))
    assert row.state is CaseState.ERASED
    with pytest.raises(Erased):
        _ = row.title
    assert owed(row) == {}
    for model in (NoteDraft, LastSeen, CaseNamed, PossibleDuplicate):
        assert db.session.scalars(select(model).where(model.case_id == row.id)).all() == []
    assert [person.erased_at is None for person in db.session.scalars(select(Person))].count(True) == 1
    with transaction(hold=(other,)):
        operations.erase_case(other, by=audit.SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(SearchTag)) == 0
    erased = {person.id: person.erased_at for person in db.session.scalars(select(Person))}
    assert all(erased.values()), "the last case that knew them takes them along"
    assert "case.erased" in audited(case)


def test_an_erased_case_shows_as_erased_in_the_list(context, world):
    from psg.cases.listing import Filters, Shown, list_cases

    case = opened(world)
    with transaction(hold=(case,)):
        operations.erase_case(case, by=audit.SYSTEM)
    viewer = world.viewer("coordinator")
    rows = list_cases(viewer, viewer.standings[world.east], Filters(shown=Shown.ERASED)).page.rows
    assert [row.title for row in rows] == ["Erased"]


def test_old_drafts_are_deleted_with_everything_in_them(context, world):
    by = world.viewer("officer")
    with time_machine.travel(clock.now() - timedelta(days=29), tick=True), transaction():
        case = operations.start_draft(world.east, subject_kind="both", by=by)
        operations.add_person(case, names=HARMED.names, role="harmed", by=by)
        operations.add_place(case, details={"address": "1 High Street"}, by=by)
        operations.add_reference(case, agency_id=world.agencies["police"], number="1", by=by)
        operations.set_what(case, title="T", narrative="N", themes=("asb",), referral={}, by=by)
    with transaction():
        young = operations.start_draft(world.east, subject_kind="person", by=by)
    with transaction():
        assert [gone.id for gone in operations.expire_drafts()] == [case.id]
    assert [left.id for left in db.session.scalars(select(Case))] == [young.id]
    for model in (Involvement, CasePlace, AgencyReference, CaseTheme, Person, Event, CaseDecision):
        assert db.session.scalars(select(model)).all() == [], model


def test_closure_is_proposed_once_and_stands_on_the_timeline(context, world):
    case, by = opened(world), world.viewer("landlord")
    with transaction(hold=(case,)):
        operations.propose_closure(case, reason="Quiet since May", by=by)
    assert case.closure_proposed_at is not None
    assert happened.events_of(case).shown[0].what == "Closure proposed: Quiet since May"
    with pytest.raises(DomainError, match="already been proposed"), transaction(hold=(case,)):
        operations.propose_closure(case, reason="Again", by=by)
