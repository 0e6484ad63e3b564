"""Everything somebody with the database could do by plain SQL is found and named; doing nothing finds nothing."""

import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from psg import audit
from psg.audit import Event
from psg.audit.models import TABLES
from psg.audit.seal import seal_once
from psg.audit.verify import Kind, Report
from psg.db import db, reading_done, transaction
from tests.audit.conftest import Place
from tests.audit.models import OTHER_PARTNERSHIP, Sample, Viewer
from tests.audit.samples import add, edit, hexed, history, link


@pytest.fixture
def samples(place: Place, sam: Viewer) -> list[Sample]:
    made = history(sam)
    reading_done()
    return made


def kinds(report: Report) -> set[Kind]:
    return {problem.kind for problem in report.problems}


def subjects(report: Report) -> set[str]:
    return {problem.subject for problem in report.problems}


def test_nothing_is_found_where_nothing_was_done(place: Place, samples: list[Sample]) -> None:
    report = place.verify()
    assert report.ok, report.sentences()
    assert report.notes == []
    assert report.counts == {"events": 15, "seals": 3, "anchors": 3, "digests": 12, "records": 7}
    assert report.unsealed == 2
    assert report.oldest_unsealed is not None
    assert report.sentences()[-2].startswith("2 events are not sealed yet, the oldest from 20")
    assert report.sentences()[-1] == "Nothing was altered."
    told = json.loads(report.json())
    assert told["ok"] is True
    assert told["unsealed"]["count"] == 2


_COPIED = (
    "band, due_on, seen_at, open, points, cost, share, words, title_sealed, data, cached, version"
    " from samples where id = :d"
)

BUSINESS_ROWS: dict[str, tuple[str, Kind, tuple[int, ...]]] = {
    "a plain value": ("update samples set words = 'forged' where id = :a", Kind.RECORD_ALTERED, (0,)),
    "a state": ("update samples set band = 'low' where id = :b", Kind.RECORD_ALTERED, (1,)),
    "ciphertext": (
        "update samples set title_sealed = title_sealed || title_sealed where id = :c", Kind.RECORD_ALTERED, (2,)
    ),
    "ciphertext emptied": ("update samples set title_sealed = :empty where id = :c", Kind.RECORD_ALTERED, (2,)),
    "a word that does not exist": ("update samples set band = 'forged' where id = :b", Kind.RECORD_ALTERED, (1,)),
    "two rows swapped": (
        "update samples set words = case id when :c then 'words 3' else 'words 2' end where id in (:c, :d)",
        Kind.RECORD_ALTERED, (2, 3),
    ),
    "two ids swapped": (
        """update samples set id = :free where id = :c; update samples set id = :c where id = :d;
        update samples set id = :d where id = :free""",
        Kind.RECORD_ALTERED, (2, 3),
    ),
    "a former value": (
        "update samples set words = 'second words', band = 'very high', version = 2 where id = :a",
        Kind.RECORD_ROLLED_BACK, (0,),
    ),
    "the first value": (
        "update samples set points = 7, version = 1 where id = :b", Kind.RECORD_ROLLED_BACK, (1,)
    ),
    "moved to another partnership": (
        "update samples set partnership_id = :other where id = :c", Kind.RECORD_ALTERED, (2,)
    ),
    "deleted": ("delete from samples where id = :d", Kind.RECORD_MISSING, (3,)),
    "inserted": (
        "insert into samples (:columns) select partnership_id, :free, " + _COPIED, Kind.RECORD_INSERTED, (6,)
    ),
    "inserted for a deleted one": (
        f"insert into samples (:columns) select partnership_id, :free, {_COPIED}; delete from samples where id = :d",
        Kind.RECORD_INSERTED, (6,),
    ),
    "put back after removal": (
        "insert into samples (:columns) select partnership_id, :f, " + _COPIED, Kind.RECORD_INSERTED, (5,)
    ),
    "doubled in another partnership": (
        "insert into samples (:columns) select :other, id, " + _COPIED, Kind.RECORD_INSERTED, (3,)
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BUSINESS_ROWS)
def test_a_business_row(place: Place, samples: list[Sample], what: str) -> None:
    statements, kind, expected = BUSINESS_ROWS[what]
    ids = [*(sample.id for sample in samples), OTHER_PARTNERSHIP]
    spelled = {f":{name}": f"'{hexed(value, place.postgresql)}'" for name, value in zip("abcdef", ids, strict=False)}
    spelled[":free"] = f"'{hexed(AWAY, place.postgresql)}'"
    spelled[":other"] = f"'{hexed(OTHER_PARTNERSHIP, place.postgresql)}'"
    copied = _COPIED.partition(" from ")[0]
    spelled[":columns"] = f"partnership_id, id, {copied}"
    spelled[":empty"] = "''" if place.postgresql else "x''"
    for name in sorted(spelled, key=len, reverse=True):
        statements = statements.replace(name, spelled[name])
    place.tamper(*statements.split(";"))
    report = place.verify()
    assert kind in kinds(report), report.sentences()
    keys = [*(sample.id.hex for sample in samples), AWAY.hex]
    assert {keys[index] for index in expected} <= subjects(report)
    assert all(problem.kind.value.startswith("record") for problem in report.problems)


AWAY = OTHER_PARTNERSHIP.__class__(int=0xF00D)


def test_a_link_row(place: Place, samples: list[Sample], sam: Viewer) -> None:
    link(sam, "second")
    place.tamper("delete from links where code = 'second'", "update links set points = 9")
    report = place.verify()
    assert kinds(report) == {Kind.RECORD_MISSING, Kind.RECORD_ALTERED}
    place.tamper("insert into links select partnership_id, user_id, role, 'third', words, points from links")
    report = place.verify()
    assert Kind.RECORD_INSERTED in kinds(report)
    assert any("third" in subject for subject in subjects(report))


def test_a_forged_value_is_not_laundered_by_a_later_honest_change(
    place: Place, samples: list[Sample], sam: Viewer
) -> None:
    key = f"'{hexed(samples[3].id, place.postgresql)}'"
    place.tamper(f"update samples set words = 'forged' where id = {key}")
    db.session.remove()
    fresh = db.session.get(Sample, (samples[3].partnership_id, samples[3].id))
    assert fresh is not None
    edit(sam, fresh, points=100)
    seal_once()
    report = place.verify()
    assert [problem.kind for problem in report.problems] == [Kind.RECORD_ALTERED]
    assert "before audit event" in report.problems[0].sentence


def _sealed_event(place: Place, seal: int, position: int) -> str:
    found = place.rows(f"select event_id from audit_members where seal_number = {seal} and position = {position}")
    return f"'{found[0][0]}'"


AUDIT_ROWS: dict[str, tuple[str, set[Kind]]] = {
    "an event edited": ("update audit_events set user_id = null where id = :e12", {Kind.EVENT_ALTERED}),
    "an event's time edited": (
        "update audit_events set at = '2020-01-01 00:00:00' where id = :e20", {Kind.EVENT_ALTERED}
    ),
    "an event's code edited": ("update audit_events set mac = mac || mac where id = :e20", {Kind.EVENT_ALTERED}),
    "an unsealed event edited": (
        "update audit_events set why = 'other' where event = 'access.refused'", {Kind.EVENT_INSERTED}
    ),
    "an event deleted": ("delete from audit_events where id = :e23", {Kind.EVENT_MISSING}),
    "the last event deleted": (
        "delete from audit_events where id = (select id from audit_events order by id desc limit 1)",
        {Kind.EVENT_MISSING},
    ),
    "every event deleted": ("delete from audit_events", {Kind.EVENT_MISSING}),
    "an event inserted": (":copy", {Kind.EVENT_INSERTED}),
    "a digest edited": ("update audit_digests set removed = not removed where event_id = :e10", {Kind.EVENT_ALTERED}),
    "a digest deleted": (
        "delete from audit_digests where event_id = :e20", {Kind.EVENT_ALTERED, Kind.HISTORY_BROKEN}
    ),
    "all of an event deleted": (
        """delete from audit_digests where event_id = :e21; delete from audit_events where id = :e21;
        delete from audit_members where event_id = :e21""",
        {Kind.SEAL_INCOMPLETE, Kind.RECORD_ALTERED},
    ),
    "a digest moved": (
        "update audit_digests set position = 7, event_id = :e23 where event_id = :e10", {Kind.EVENT_ALTERED}
    ),
    "a seal deleted": ("delete from audit_seals where number = 2", {Kind.SEAL_MISSING}),
    "the first seal deleted": ("delete from audit_seals where number = 1", {Kind.SEAL_MISSING}),
    "a seal edited": (
        "update audit_seals set count = count - 1 where number = 2", {Kind.SEAL_ALTERED, Kind.SEAL_INCOMPLETE}
    ),
    "a seal's time edited": (
        "update audit_seals set sealed_at = '2020-01-01 00:00:00' where number = 2", {Kind.SEAL_ALTERED}
    ),
    "a seal's root edited": (
        "update audit_seals set root = previous_head where number = 2", {Kind.SEAL_ALTERED, Kind.MEMBER_ALTERED}
    ),
    "a member deleted": (
        "delete from audit_members where seal_number = 2 and position = 1", {Kind.SEAL_INCOMPLETE}
    ),
    "a member edited": (
        """update audit_members set leaf = (select root from audit_seals where number = 1)
        where seal_number = 2 and position = 1""",
        {Kind.MEMBER_ALTERED},
    ),
    "members renumbered": (
        """update audit_members set position = position + 10 where seal_number = 2;
        update audit_members set position = case position when 10 then 1 when 11 then 0 else position - 10 end
        where seal_number = 2""",
        {Kind.MEMBER_ALTERED},
    ),
    "seals renumbered": (
        """update audit_seals set number = number + 10; update audit_seals set number = 3 where number = 12;
        update audit_seals set number = 2 where number = 13; update audit_seals set number = 1 where number = 11""",
        {Kind.SEAL_ALTERED},
    ),
    "a seal moved up into a gap": (
        """delete from audit_members where seal_number = 2; delete from audit_seals where number = 2;
        update audit_seals set number = 2 where number = 3;
        update audit_members set seal_number = 2 where seal_number = 3""",
        {Kind.SEAL_ALTERED, Kind.ROLLED_BACK},
    ),
    "the newest seal deleted": (
        "delete from audit_seals where number = 3; delete from audit_members where seal_number = 3",
        {Kind.ROLLED_BACK},
    ),
    "everything since the second seal rolled back": (
        """delete from audit_members where seal_number = 3; delete from audit_seals where number = 3;
        delete from audit_digests where event_id not in (select event_id from audit_members);
        delete from audit_events where id not in (select event_id from audit_members)""",
        {Kind.ROLLED_BACK},
    ),
    "all seals deleted": ("delete from audit_members; delete from audit_seals", {Kind.ROLLED_BACK}),
    "the whole audit deleted": (
        """delete from audit_members; delete from audit_seals;
        delete from audit_digests; delete from audit_events""",
        {Kind.ROLLED_BACK, Kind.RECORD_INSERTED},
    ),
}  # fmt: skip


def _copy_of_event(place: Place) -> str:
    columns = [column.name for column in TABLES[0].columns if column.name != "id"]
    forged = hexed(AWAY, place.postgresql)
    source = _sealed_event(place, 1, 0)
    names = ", ".join(columns)
    return f"insert into audit_events (id, {names}) select '{forged}', {names} from audit_events where id = {source}"


@pytest.mark.parametrize("what", AUDIT_ROWS)
def test_an_audit_row(place: Place, samples: list[Sample], what: str) -> None:
    statements, expected = AUDIT_ROWS[what]
    statements = statements.replace(":copy", _copy_of_event(place))
    statements = re.sub(r":e(\d)(\d)", lambda found: _sealed_event(place, int(found[1]), int(found[2])), statements)
    place.tamper(*statements.split(";"))
    report = place.verify()
    assert expected <= kinds(report), report.sentences()
    assert not report.ok
    assert len(report.problems) < 60


ANCHOR_EDITS: dict[str, tuple[Callable[[list[str]], list[str]], set[Kind]]] = {
    "a line edited": (
        lambda lines: [lines[0], lines[1].replace('"events":', '"Events":').replace("a", "b"), lines[2]],
        {Kind.ANCHOR_ALTERED, Kind.ANCHOR_MISSING},
    ),
    "a number edited": (
        lambda lines: [lines[0].replace('"seal":1', '"seal":9'), *lines[1:]],
        {Kind.ANCHOR_ALTERED, Kind.ANCHOR_MISSING},
    ),
    "the last line spoilt": (lambda lines: [*lines[:2], "nonsense\n"], {Kind.ANCHOR_ALTERED}),
    "a line removed": (lambda lines: [lines[0], lines[2]], {Kind.ANCHOR_MISSING}),
    "the last two lines removed": (lambda lines: lines[:1], {Kind.ANCHOR_MISSING}),
    "a line added": (
        lambda lines: [*lines, lines[2].replace('"seal":3', '"seal":4')],
        {Kind.ANCHOR_ALTERED},
    ),
    "everything removed": (lambda lines: lines[:0], {Kind.ANCHOR_MISSING}),
}


@pytest.mark.parametrize("what", ANCHOR_EDITS)
def test_the_anchor_file(place: Place, samples: list[Sample], what: str) -> None:
    change, expected = ANCHOR_EDITS[what]
    lines = place.anchor_file.read_text().splitlines(keepends=True)
    place.anchor_file.write_text("".join(change(lines)))
    report = place.verify()
    assert kinds(report) == expected, report.sentences()


def test_the_anchor_file_is_gone(place: Place, samples: list[Sample]) -> None:
    place.anchor_file.unlink()
    assert kinds(place.verify()) == {Kind.ANCHOR_MISSING}


def test_a_copy_of_the_anchor_file_from_elsewhere_can_be_checked_against(place: Place, samples: list[Sample]) -> None:
    copy = place.anchor_file.with_name("copy.log")
    copy.write_text(place.anchor_file.read_text())
    place.tamper("delete from audit_members", "delete from audit_seals")
    place.anchor_file.write_text("")
    assert place.verify().ok  # whoever holds database and anchor file can take seals away; the copy still tells
    place.anchor_file = copy
    assert kinds(place.verify()) == {Kind.ROLLED_BACK}


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_the_database_refuses_to_change_audit_rows(place: Place, samples: list[Sample], table: str) -> None:
    column = TABLES[[each.name for each in TABLES].index(table)].primary_key.columns.values()[0].name
    attempts = [f"update {table} set {column} = {column}", f"delete from {table}"]
    if place.postgresql:
        attempts += [f"update {table} set {column} = {column} where false", f"truncate {table}"]
    else:
        attempts.append(f"insert or replace into {table} select * from {table}")
    for engine in (place.owner, create_engine(db.engine.url)):
        for attempt in attempts:
            with pytest.raises(DBAPIError), engine.begin() as connection:
                connection.execute(text(attempt))
        engine.dispose()
    assert place.verify().ok


@pytest.mark.postgres
@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_the_application_role_may_only_read_and_add(place: Place, samples: list[Sample], table: str) -> None:
    # SQLite knows no roles.
    column = TABLES[[each.name for each in TABLES].index(table)].primary_key.columns.values()[0].name
    with place.owner.begin() as connection:
        connection.execute(text(f"alter table {table} disable trigger user"))
    for attempt in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(DBAPIError, match="permission denied"), db.engine.begin() as connection:
            connection.execute(text(attempt))


def test_a_clock_that_went_back_is_noted_and_is_no_problem(
    place: Place, sam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from psg import clock

    sample = add(sam)
    seal_once()
    true_now = clock.source
    monkeypatch.setattr(clock, "source", lambda: true_now() - timedelta(hours=3))
    edit(sam, sample, points=1)
    with transaction():
        audit.record(Event.KEYS_CHECKED, None, by=audit.SYSTEM)
    assert seal_once() is not None
    report = place.verify()
    assert report.ok, report.sentences()
    assert any("clock went back between seal 1 and seal 2" in note for note in report.notes)
    assert any("clock went back between 1 changes in samples" in note for note in report.notes)
