"""Changes and their events are one; what is looked at is written first; what is not accounted for is not kept."""

import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from psg import audit, clock
from psg.audit import Event
from psg.audit.models import AuditDigest, AuditEvent
from psg.db import UnauditedChange, WriteOutsideTransaction, add_if_free, add_new, db, transaction, write_rows
from tests.audit.conftest import Place
from tests.audit.models import AGENCY, PARTNERSHIP, Band, Link, Sample, Unaudited, Viewer
from tests.audit.samples import add, edit, link, make_sample, remove


def test_an_event_says_who_what_and_when(place: Place, sam: Viewer) -> None:
    with place.app.test_request_context():
        from flask import g

        g.request_id, g.session_ref = "7QK4-M2", "abc"
        sample = add(sam)
        edit(sam, sample, words="x", points=3)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "case.edited")).one()
    assert (event.user_id, event.agency_id, event.partnership_id) == (sam.user_id, AGENCY, PARTNERSHIP)
    assert (event.record_type, event.record_id, event.fields) == ("samples", sample.id, "words,points")
    assert (event.request_id, event.session_ref, event.category) == ("7QK4-M2", "abc", "alteration")
    assert abs(event.at - clock.now()) < timedelta(minutes=1)


def test_a_change_nobody_recorded_is_not_kept(place: Place, sam: Viewer) -> None:
    with pytest.raises(UnauditedChange, match="samples"), transaction():
        db.session.add(make_sample())
    sample = add(sam)
    with pytest.raises(UnauditedChange), transaction():
        sample.points = 99
    db.session.refresh(sample)
    assert sample.points == 7
    with pytest.raises(UnauditedChange), transaction():
        db.session.delete(sample)
    assert db.session.scalar(select(func.count()).select_from(Sample)) == 1
    assert place.verify().ok


def test_records_written_at_once_are_watched_like_any_other(place: Place, sam: Viewer) -> None:
    with pytest.raises(WriteOutsideTransaction):
        add_new(make_sample())
    with pytest.raises(UnauditedChange, match="samples"), transaction():
        add_new(make_sample())
    with pytest.raises(UnauditedChange, match="written by add_new"), transaction():
        write_rows(Sample, [{"partnership_id": PARTNERSHIP, "id": uuid.uuid4()}])
    assert db.session.scalar(select(func.count()).select_from(Sample)) == 0
    with transaction():
        many = [make_sample(f"words {number}", cached=str(number)) for number in range(45)]
        given = Sample(partnership_id=PARTNERSHIP, id=uuid.uuid4())
        add_new(*many, given)
        assert (given.band, given.open, given.version, given.due_on) == (Band.LOW, True, 1, None)
        many[0].words = "other words"
        audit.record(Event.CASE_LOGGED, many[0], by=sam)
    assert not add_again(many[1], sam)
    db.session.expire_all()
    assert [one.words for one in many] == ["other words", *(f"words {number}" for number in range(1, 45))]
    assert [one.version for one in (many[0], given)] == [2, 1]
    assert db.session.scalar(select(func.count()).select_from(AuditDigest)) == 46
    edit(sam, given, words="x")
    assert place.verify().ok


def add_again(known: Sample, by: Viewer) -> bool:
    """Write a sample under the id of one that is there."""
    with transaction():
        sample = make_sample("words that are not kept")
        sample.id = known.id
        audit.record(Event.CASE_EDITED, None, by=by, partnership_id=PARTNERSHIP)
        return add_if_free(sample)


def test_looking_or_being_refused_does_not_account_for_a_change(place: Place, sam: Viewer) -> None:
    def look() -> None:
        with transaction():
            db.session.add(make_sample())
            audit.looked(Event.CASE_LOOKED_AT, by=sam)
            audit.refused(None, by=sam)

    with pytest.raises(UnauditedChange):
        look()
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_what_a_failed_transaction_recorded_does_not_turn_up_in_the_next(place: Place, sam: Viewer) -> None:
    def fail() -> None:
        with transaction():
            sample = make_sample()
            db.session.add(sample)
            audit.record(Event.CASE_LOGGED, sample, by=sam)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(UnauditedChange), transaction():
        db.session.add(make_sample())
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_unaudited_rows_and_touched_but_equal_records_need_no_event(place: Place, sam: Viewer) -> None:
    sample = add(sam)
    with transaction():
        db.session.add(Unaudited(id=uuid.uuid4()))
        sample.points = 7
    assert place.verify().ok


def test_recording_a_change_outside_a_transaction_is_a_mistake(place: Place, sam: Viewer) -> None:
    with pytest.raises(WriteOutsideTransaction):
        audit.record(Event.CASE_LOGGED, None, by=sam)


@pytest.mark.parametrize("why", ["a\nb", "x" * 121, "<b>"])
def test_reasons_are_codes(place: Place, sam: Viewer, why: str) -> None:
    with pytest.raises(ValueError):
        audit.looked(Event.CASE_LOOKED_AT, by=sam, why=why)


def test_fields_are_names(place: Place, sam: Viewer) -> None:
    with pytest.raises(ValueError), transaction():
        audit.record(Event.CASE_EDITED, None, by=sam, fields=["moved to 12 High Street"])


def test_each_change_hangs_on_the_event_about_it(place: Place, sam: Viewer) -> None:
    with transaction():
        one, two, three = make_sample(), make_sample(), make_sample()
        db.session.add_all([one, two, three])
        audit.record(Event.CASE_LOGGED, one, by=sam)
        audit.record(Event.CASE_LOGGED, two, by=sam)
        audit.record(Event.CASE_SENT, None, by=sam, partnership_id=PARTNERSHIP)
        db.session.flush()
        audit.looked(Event.CASE_LOOKED_AT, three, by=sam)
    hung = dict(
        db.session.execute(
            select(AuditDigest.record_key, AuditEvent.event).join(AuditEvent, AuditEvent.id == AuditDigest.event_id)
        ).all()
    )
    assert hung == {one.id.hex: "case.logged", two.id.hex: "case.logged", three.id.hex: "case.sent"}
    assert place.verify().ok


def test_the_page_fails_when_the_look_cannot_be_written(place: Place, sam: Viewer) -> None:
    place.tamper("alter table audit_events rename to audit_events_gone")
    try:
        with pytest.raises(SQLAlchemyError):
            audit.looked(Event.CASE_LOOKED_AT, by=sam)
    finally:
        place.tamper("alter table audit_events_gone rename to audit_events")


def test_refusals_and_security_events_stand_alone_or_join_a_transaction(place: Place, sam: Viewer) -> None:
    class Permission(Enum):
        READ = "case.read"

    audit.refused(Permission.READ, by=audit.SYSTEM, why="cases.show")
    audit.security(Event.SIGN_IN_FAILED, user_id=None, why="password")
    with transaction():
        audit.security(Event.PASSWORD_CHANGED, user_id=sam.user_id)
        db.session.add(make_sample())
    rows = db.session.execute(select(AuditEvent.event, AuditEvent.why).order_by(AuditEvent.at)).all()
    assert {tuple(row) for row in rows} == {
        ("access.refused", "case.read cases.show"),
        ("sign_in.failed", "password"),
        ("password.changed", ""),
    }
    assert place.verify().ok


def test_values_in_any_spelling_give_the_digest_of_what_is_stored(place: Place, sam: Viewer) -> None:
    sample = add(sam)
    abroad = timezone(timedelta(hours=5))
    for values in (
        {"seen_at": datetime(2026, 7, 1, 3, 4, 5, 678901, tzinfo=abroad), "cost": Decimal("3.10"), "points": True},
        {"seen_at": None, "due_on": None, "cost": None, "share": None, "data": None, "title_sealed": b""},
        {"cost": Decimal("-0.00"), "share": 1 / 3, "words": "é " * 20, "data": {"z": {"y": 1.5}}, "open": 0},
        {"seen_at": datetime(1970, 1, 1, tzinfo=UTC), "cost": Decimal("99999999.99"), "title_sealed": bytearray(b"x")},
    ):
        edit(sam, sample, **values)
        found = place.verify()
        assert found.ok, found.sentences()


def test_a_column_without_part_in_the_digest_may_change_freely(place: Place, sam: Viewer) -> None:
    sample = add(sam)
    place.tamper("update samples set cached = 'x'")
    assert place.verify().ok
    assert sample.id


def test_records_without_locking_are_read_back(place: Place, sam: Viewer) -> None:
    made = link(sam)
    place.tamper("update links set points = 5")  # another process, as it were, whose save this one has not seen
    with transaction():
        made.words = "mine"
        audit.record(Event.ROLE_GIVEN, made, by=sam)
    assert place.verify().ok


def test_a_record_may_be_removed_and_made_again_under_the_same_key(place: Place, sam: Viewer) -> None:
    made = link(sam)
    with transaction():
        db.session.delete(made)
        audit.record(Event.ROLE_ENDED, made, by=sam)
    assert place.verify().ok
    link(sam)
    assert place.verify().ok
    turns = db.session.execute(select(AuditDigest.turn, AuditDigest.removed).order_by(AuditDigest.turn)).all()
    assert [tuple(row) for row in turns] == [(1, False), (2, True), (3, False)]


def test_made_and_removed_in_one_transaction_leaves_nothing(place: Place, sam: Viewer) -> None:
    with transaction():
        sample = make_sample()
        db.session.add(sample)
        db.session.flush()
        db.session.delete(sample)
    assert place.verify().ok


def test_several_saves_in_one_transaction_are_one_change(place: Place, sam: Viewer) -> None:
    sample = add(sam)
    with transaction():
        sample.points = 8
        db.session.flush()
        sample.points = 9
        db.session.flush()
        sample.points = 9
        audit.record(Event.CASE_EDITED, sample, by=sam)
    assert place.verify().ok
    assert db.session.scalar(select(func.max(AuditDigest.turn))) == 2


def test_statements_must_name_the_records_they_change(place: Place, sam: Viewer) -> None:
    one, two, gone = add(sam), add(sam), add(sam)

    def run(statement: Any, values: Any = None) -> None:
        with transaction():
            db.session.execute(statement, values)
            audit.record(Event.CASE_EDITED, None, by=sam)

    with pytest.raises(UnauditedChange, match="samples"):
        run(update(Sample).values(points=1))
    assert place.verify().ok
    with transaction():
        db.session.execute(update(Sample).values(points=1))
        db.session.execute(text("delete from samples where id = :id").bindparams(id=_spelled(place, gone.id)))
        audit.changed_by_statement(Sample, [one.id, two.id, gone.id])
        audit.record(Event.CASE_EDITED, None, by=sam)
    assert place.verify().ok
    values = {"partnership_id": PARTNERSHIP, "id": uuid.uuid4(), "version": 1}
    with pytest.raises(UnauditedChange, match="samples"):
        run(insert(Sample), [values])


def test_removing_is_recorded(place: Place, sam: Viewer) -> None:
    sample = add(sam)
    remove(sam, sample)
    assert place.verify().ok


def test_link_keys_survive_odd_characters(place: Place, sam: Viewer) -> None:
    for code in ("a/b", "a%2Fb", "é", ""):
        link(sam, code)
    assert place.verify().ok
    assert db.session.scalar(select(func.count()).select_from(Link)) == 4
    assert Band.HIGH


def _spelled(place: Place, value: uuid.UUID) -> object:
    return value if place.postgresql else value.hex
