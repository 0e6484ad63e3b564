"""Sealing loses nothing: not late commits, not concurrent writers, not a crash between database and anchor file."""

import stat
import threading
import time
import tracemalloc
import uuid
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from psg import audit, clock
from psg.audit import Event, anchor, queries, seal, tasks
from psg.audit.merkle import NO_LEAVES, Tree, leaf_hash, node_hash
from psg.audit.models import AuditEvent, AuditMember, AuditSeal
from psg.audit.verify import Kind
from psg.audit.write import write_pending
from psg.cli.audit import audit as command
from psg.db import Model, db, reading_done, transaction
from tests.audit.conftest import Place
from tests.audit.models import OTHER_PARTNERSHIP, PARTNERSHIP, Viewer
from tests.audit.samples import add, edit, history


def test_the_tree_is_that_of_rfc_6962() -> None:
    def expected(leaves: list[bytes]) -> bytes:
        if len(leaves) < 2:
            return leaves[0] if leaves else NO_LEAVES
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return node_hash(expected(leaves[:split]), expected(leaves[split:]))

    tree, leaves = Tree(), []
    for number in range(70):
        assert tree.root() == expected(leaves)
        leaves.append(leaf_hash(bytes([number])))
        tree.add(leaves[-1])


def test_nothing_to_seal_makes_no_seal(place: Place, sam: Viewer) -> None:
    assert seal.seal_once() is None
    add(sam)
    assert seal.seal_once() == seal.Sealed(1, 1)
    assert seal.seal_once() is None
    assert stat.S_IMODE(place.anchor_file.stat().st_mode) == 0o600
    report = place.verify()
    assert report.ok
    assert report.unsealed == 0


def test_batches_follow_each_other(place: Place, sam: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "BATCH", 3)
    for _ in range(7):
        add(sam)
    assert tasks.seal() == 7
    counts = db.session.scalars(select(AuditSeal.count).order_by(AuditSeal.number)).all()
    assert list(counts) == [3, 3, 1]
    assert place.verify().ok


@pytest.mark.postgres
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_transaction_that_commits_late_is_sealed_later(place: Place, sam: Viewer) -> None:
    # SQLite has one writer at a time.
    begun, go = threading.Event(), threading.Event()

    def slowly() -> None:
        with place.app.app_context():
            with transaction():
                audit.record(Event.KEYS_CHECKED, None, by=audit.SYSTEM)
                write_pending(db.session())  # the row is in the database, its transaction still open
                begun.set()
                go.wait(20)
            db.session.remove()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert begun.wait(20)
    add(sam)
    assert seal.seal_all() == 1
    go.set()
    thread.join()
    assert seal.seal_all() == 1
    report = place.verify()
    assert report.ok
    assert report.unsealed == 0


def test_an_event_from_long_ago_is_found_by_the_first_run_of_a_day(
    place: Place, sam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(sam)
    seal.seal_all()
    now = clock.source()
    monkeypatch.setattr(clock, "source", lambda: now - timedelta(days=40))
    add(sam)
    monkeypatch.setattr(clock, "source", lambda: now.replace(hour=23, minute=59, second=59))
    assert seal.seal_all() == 0
    assert seal.seal_all(everything=True) == 1
    monkeypatch.setattr(clock, "source", lambda: now - timedelta(days=40))
    add(sam)
    monkeypatch.setattr(clock, "source", lambda: now + timedelta(days=1))
    assert seal.seal_all() == 1
    assert place.verify().ok


def test_a_crash_after_the_commit_leaves_a_note_and_the_next_run_writes_the_line(
    place: Place, sam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(sam)
    write, calls = seal.anchor.append, []

    def crash(handle: int, texts: list[str]) -> None:
        calls.append(texts)
        raise OSError("no space left")

    monkeypatch.setattr(anchor, "append", crash)
    with pytest.raises(OSError, match="no space"):
        seal.seal_once()
    report = place.verify()
    assert report.ok
    assert report.notes == ["Seal 4 has no line in the anchor file yet; the next run writes it."]
    monkeypatch.setattr(anchor, "append", write)
    assert seal.seal_once() is None
    report = place.verify()
    assert report.ok
    assert report.notes == []
    assert report.counts["anchors"] == 4


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_an_interrupted_anchor_line_is_completed(place: Place, sam: Viewer, kept: int) -> None:
    history(sam)
    seal.seal_once()
    lines = place.anchor_file.read_text().splitlines(keepends=True)
    place.anchor_file.write_text("".join(lines[:3]) + lines[3][:kept])
    report = place.verify()
    assert report.ok, report.sentences()
    assert seal.seal_once() is None
    add(sam)
    assert seal.seal_once() is not None
    report = place.verify()
    assert report.ok, report.sentences()
    assert report.notes == []


def test_only_one_process_seals(place: Place, sam: Viewer) -> None:
    add(sam)
    with anchor.held(place.anchor_file) as handle:
        assert handle is not None
        assert seal.seal_once() is None
    if place.postgresql:  # a sealer on another machine, with an anchor file of its own
        with place.owner.connect() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(seal._LOCK)))
            assert seal.seal_once() is None
    assert seal.seal_once() is not None


def test_writers_at_once_with_a_sealer_lose_nothing(place: Place) -> None:
    """Eight writers, each changing its own record and one they share, while seals are made all the time."""
    writers, rounds = (8, 12) if place.postgresql else (3, 5)
    shared = add(Viewer())
    reading_done()
    done, errors = threading.Event(), []

    def write() -> None:
        try:
            with place.app.app_context():
                sam = Viewer()
                own = add(sam)
                for number in range(rounds):
                    edit(sam, own, points=number + 100)
                    audit.looked(Event.CASE_LOOKED_AT, own, by=sam)
                    mine = db.session.get(type(shared), (shared.partnership_id, shared.id))
                    with transaction(hold=(mine,)):
                        mine.points += 1
                        audit.record(Event.CASE_EDITED, mine, by=sam)
                db.session.remove()
        except BaseException as error:
            errors.append(error)
            raise

    def seal_on() -> None:
        with place.app.app_context():
            while not done.is_set():
                seal.seal_once()
                time.sleep(0.01)
            db.session.remove()

    sealer = threading.Thread(target=seal_on)
    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in (sealer, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    sealer.join()
    assert errors == []
    seal.seal_all()
    report = place.verify()
    assert report.ok, report.sentences()
    assert report.unsealed == 0
    expected = 1 + writers * (1 + rounds * 3)
    assert report.counts["events"] == expected == db.session.scalar(select(func.count()).select_from(AuditMember))
    db.session.refresh(shared)
    assert shared.points == 7 + writers * rounds


def test_a_check_may_run_while_seals_are_made(place: Place, sam: Viewer) -> None:
    history(sam)
    reading_done()
    done = threading.Event()

    def write() -> None:
        with place.app.app_context():
            while not done.is_set():
                add(Viewer())
                seal.seal_once()
            db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    reports = [place.verify() for _ in range(10)]
    done.set()
    thread.join()
    assert [report.sentences() for report in reports if not report.ok] == []


def test_memory_does_not_grow_with_the_audit(place: Place, sam: Viewer) -> None:
    def fill(count: int) -> int:
        for _ in range(count // 500):
            with transaction():
                for _ in range(500):
                    audit.record(Event.KEYS_CHECKED, None, by=sam, partnership_id=PARTNERSHIP)
        seal.seal_all()
        reading_done()
        tracemalloc.start()
        assert place.verify().ok
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    fill(500)  # what is loaded once; then more than one page of every kind
    small, large = fill(5_500), fill(6_000)
    assert large < small * 1.3 + 1_000_000
    # With everything gone but what hung on it, there is as much to say and still nothing to keep.
    place.tamper("delete from audit_events")
    tracemalloc.start()
    report = place.verify()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.problem_count >= 12_000
    assert len(report.problems) == 1_000
    assert peak < small * 1.3 + 3_000_000


def test_the_command_tells_and_exits_with_1_when_something_is_wrong(
    place: Place, sam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psg.audit.verify.check_records", lambda *_: None)  # no feature's table exists here
    history(sam)
    run = CliRunner().invoke
    assert run(command, ["seal"]).output == "2 events were sealed.\n"
    good = run(command, ["verify"])
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "Nothing was altered.")
    place.tamper("delete from audit_seals where number = 2")
    bad = run(command, ["verify"])
    assert bad.exit_code == 1
    assert "Seal 2 is missing." in bad.output
    told = run(command, ["verify", "--json"])
    assert told.exit_code == 1
    assert '"kind": "seal missing"' in told.output


def test_the_trail_pages_by_key_and_filters(place: Place, sam: Viewer) -> None:
    samples = history(sam)
    everything = queries.events(PARTNERSHIP, limit=100)
    assert len(everything) == 15
    assert [line.id for line in everything] == sorted((line.id for line in everything), reverse=True)
    first = queries.events(PARTNERSHIP, limit=4)
    second = queries.events(PARTNERSHIP, after=first[-1].id, limit=4)
    assert [*first, *second] == everything[:8]
    assert queries.events(OTHER_PARTNERSHIP) == []
    edits = queries.events(PARTNERSHIP, queries.Filters(events=[Event.CASE_EDITED], record_id=samples[0].id))
    assert [line.sentence("EC-7QK4-M2") for line in edits] == [
        "changed words and band of case EC-7QK4-M2",
        "changed words of case EC-7QK4-M2",
    ]
    later = clock.now() + timedelta(minutes=1)
    assert queries.events(PARTNERSHIP, queries.Filters(since=later)) == []
    assert len(queries.events(PARTNERSHIP, queries.Filters(until=later, user_id=sam.user_id), limit=99)) == 15
    assert len(queries.events(PARTNERSHIP, queries.Filters(categories=[audit.Category.SECURITY]))) == 2


def test_who_looked_counts_lists_too(place: Place, sam: Viewer) -> None:
    case = uuid.uuid4()
    audit.looked(Event.CASE_LOOKED_AT, by=sam, partnership_id=PARTNERSHIP, case_id=case)
    audit.looked(Event.CASES_LISTED, by=sam, partnership_id=PARTNERSHIP, ids=[uuid.uuid4(), case])
    audit.looked(Event.CASES_LISTED, by=sam, partnership_id=PARTNERSHIP, ids=[uuid.uuid4()])
    audit.looked(Event.CASES_LISTED, by=sam, partnership_id=OTHER_PARTNERSHIP, ids=[case])
    audit.refused(None, by=sam, partnership_id=PARTNERSHIP)
    lines = queries.who_looked(PARTNERSHIP, case)
    assert sorted(line.sentence("X") for line in lines) == ["looked at a list of 2 cases", "looked at case X"]


def test_every_event_has_its_own_code_and_a_sentence_that_can_be_filled() -> None:
    assert len({event.code for event in Event}) == len(Event)
    for event in Event:
        assert len(event.code) <= 60
        event.sentence.format(case="c", fields="f", why="w", count="1")


def test_looking_costs_one_row_and_few_statements(place: Place, sam: Viewer) -> None:
    audit.looked(Event.CASE_LOOKED_AT, by=sam)
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1
    assert db.session.execute(text("select count(*) from audit_digests")).scalar() == 0
    assert {"audit_events", "audit_digests", "audit_seals", "audit_members"} <= set(Model.metadata.tables)
    assert Kind.EVENT_MISSING
