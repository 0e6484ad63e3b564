"""Data keys: wrapping, commitment, the caches, shredding, and re-wrapping under a new partnership key."""

import hmac
import multiprocessing
import os
import signal
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import select, text

from psg.crypto import Erased, KeyProblem, Keyring, NoDataKey, Unopenable, datakeys, rewrapping, wrapping
from psg.crypto.datakeys import DataKey
from psg.crypto.keyfiles import PARTNERSHIP
from psg.crypto.keymaking import rotate_partnership
from psg.crypto.opened import OpenedKeys
from psg.db import db, transaction
from psg.ids import new_id
from tests.conftest import on_both
from tests.crypto.samples import Folder


def row_of(folder):
    return db.session.execute(
        select(DataKey.kind, DataKey.kek_id, DataKey.wrapped).where(DataKey.id == folder.id)
    ).one()


def set_row(folder, **values):
    with transaction():
        for name, value in values.items():
            statement = text(f"update data_keys set {name} = :value where id = :id")
            db.session.connection().execute(statement, {"value": value, "id": folder.id.hex})


def read_title(folder):
    return db.session.get(Folder, (folder.partnership_id, folder.id)).title


# Wrapping


def test_a_data_key_comes_back_from_its_wrapping(ring, here):
    by, owner, key = ring.partnership(here), new_id(), wrapping.new_data_key()
    wrapped = wrapping.wrap(by, owner, "case", key)
    assert len(wrapped) == wrapping.WRAPPED_SIZE
    assert wrapping.unwrap(by, owner, "case", wrapped) == key
    assert key not in wrapped


def test_names_of_a_data_key_are_one_block_of_hkdf_expand():
    key = bytes(range(32))
    block = HKDFExpand(SHA256(), 32, wrapping._NAMES[:-1]).derive(key)
    assert wrapping.names_of(key) == (block[:8], block[8:24])
    assert block == hmac.digest(key, wrapping._NAMES, "sha256")


def test_a_wrapping_is_bound_to_owner_kind_and_key(ring, here, there):
    by, owner, key = ring.partnership(here), new_id(), wrapping.new_data_key()
    wrapped = wrapping.wrap(by, owner, "case", key)
    for wrong in ((by, new_id(), "case"), (by, owner, "person"), (ring.partnership(there), owner, "case")):
        with pytest.raises(Unopenable):
            wrapping.unwrap(*wrong, wrapped)


def test_a_changed_commitment_is_noticed(ring, here):
    by, owner, key = ring.partnership(here), new_id(), wrapping.new_data_key()
    wrapped = bytearray(wrapping.wrap(by, owner, "case", key))
    wrapped[-1] ^= 1
    with pytest.raises(Unopenable, match="committed"):
        wrapping.unwrap(by, owner, "case", bytes(wrapped))


@pytest.mark.parametrize("wrapped", [b"", b"\x01", bytes(77), b"\x02" + bytes(76)])
def test_bytes_that_are_no_wrapping_raise(ring, here, wrapped):
    with pytest.raises(Unopenable):
        wrapping.unwrap(ring.partnership(here), new_id(), "case", wrapped)


@on_both
def test_the_wrapped_key_of_another_record_does_not_open(folder, fresh):
    one, two = folder(title="one"), folder(title="two")
    assert (one.title, two.title) == ("one", "two")
    set_row(two, wrapped=row_of(one).wrapped)
    db.session.remove()  # the process still has the key of the first record open
    with pytest.raises(Unopenable):
        read_title(two)


def test_a_lost_partnership_key_raises_and_says_what_to_do(folder, fresh):
    made = folder(title="x")
    set_row(made, kek_id=b"\0" * 8)
    fresh()
    with pytest.raises(KeyProblem, match="backup"):
        read_title(made)


def test_the_key_of_another_partnership_does_not_count(folder, fresh, ring, there):
    made = folder(title="x")
    set_row(made, kek_id=ring.partnership(there).key_id)
    fresh()
    with pytest.raises(Unopenable):
        read_title(made)


def test_a_missing_row_is_an_alarm_not_an_erasure(folder, fresh):
    made = folder(title="x")
    with transaction():
        db.session.connection().execute(text("delete from data_keys"))
    fresh()
    with pytest.raises(NoDataKey):
        read_title(made)


def test_one_wrong_key_in_a_list_is_named_and_none_of_the_list_is_kept(folder, fresh, here, caplog):
    good, wrong = folder(title="good"), folder(title="wrong")
    wrapped = bytearray(row_of(wrong).wrapped)
    wrapped[-1] ^= 1
    set_row(wrong, wrapped=bytes(wrapped))
    fresh()
    with pytest.raises(Unopenable, match="committed"):
        datakeys.load(here, [good.id, wrong.id])
    assert str(wrong.id) in caplog.text
    assert str(good.id) not in caplog.text
    assert read_title(good) == "good"
    with pytest.raises(Unopenable):
        read_title(wrong)


def test_a_list_may_hang_on_several_keys(folder, fresh, places, here):
    made = [folder(title="before")]
    rotate_partnership(places, here)
    made += [folder(title="after"), folder(title="gone")]
    assert row_of(made[0]).kek_id != row_of(made[1]).kek_id
    with transaction():
        datakeys.shred(here, made[2].id)
    fresh()
    opened = datakeys.opened(here, [one.id for one in made])
    assert [opened[here.int, one.id.int] is None for one in made] == [False, False, True]
    assert [read_title(one) for one in made[:2]] == ["before", "after"]


# Caches


class Interrupted(Exception):
    pass


@contextmanager
def interrupted_transaction():
    """Everything is written and then nothing of it is kept."""
    with transaction():
        yield
        db.session.flush()
        raise Interrupted


def test_keys_are_asked_for_once_in_a_session(folder, fresh, here):
    made = folder(title="x")
    fresh()
    key = datakeys.get(here, made.id)
    assert datakeys.get(here, made.id) is key
    db.session.remove()
    assert "psg.datakeys" not in db.session.info


def test_a_key_of_a_transaction_that_failed_is_forgotten(app, here):
    owner = new_id()
    with pytest.raises(Interrupted), interrupted_transaction():
        datakeys.create(here, owner, "case")
    with pytest.raises(NoDataKey):
        datakeys.get(here, owner)


@on_both
def test_a_shredding_that_was_rolled_back_did_not_happen(folder, here):
    made = folder(title="kept")
    with pytest.raises(Interrupted), interrupted_transaction():
        datakeys.shred(here, made.id)
    assert datakeys.get(here, made.id)


def test_opened_keys_are_bounded_in_number_and_age():
    now = [0.0]
    held = OpenedKeys(size=20, seconds=300, tick=lambda: now[0])
    names = [(1, number, "case", b"k", bytes([number])) for number in range(50)]
    for name in names:
        held.put(name, name)
    assert len(held) <= 20
    assert held.get(names[0]) is None
    assert held.get(names[-1]) == names[-1]
    now[0] = 301
    held.grow_older()
    assert held.get(names[-1]) == names[-1]
    now[0] = 602
    held.grow_older()
    assert held.get(names[-2]) is None
    assert held.get(names[-1]) == names[-1]
    now[0] = 2000
    held.grow_older()
    assert len(held) == 0


def test_shredding_lets_go_of_the_opened_key(folder, here, ring):
    made = folder(title="x")
    db.session.remove()
    datakeys.get(here, made.id)
    assert len(ring.data_keys) == 1
    with transaction():
        datakeys.shred(here, made.id)
    assert len(ring.data_keys) == 0


def test_shredding_twice_raises(folder, here):
    made = folder(title="x")
    with transaction():
        datakeys.shred(here, made.id)
    with pytest.raises(NoDataKey), transaction():
        datakeys.shred(here, made.id)


def test_a_key_made_and_shredded_at_once(app, here):
    owner = new_id()
    with transaction():
        datakeys.create(here, owner, "case")
        datakeys.shred(here, owner)
    db.session.remove()
    with pytest.raises(Erased):
        datakeys.get(here, owner)


# Re-wrapping


@pytest.fixture
def many(folder):
    return [folder(title=f"title {number}") for number in range(23)]


def all_read(many):
    db.session.remove()
    return [read_title(record) for record in many] == [f"title {number}" for number in range(23)]


@on_both
def test_rewrapping_touches_wrappings_only(app, many, fresh, places, here, there, folder, ring):
    other = folder(there, title="other")
    before = {record.id: (record.title_sealed, row_of(record).wrapped) for record in many}
    elsewhere = row_of(other)
    old = ring.partnership(here)
    new = rotate_partnership(places, here)
    assert rewrapping.waiting(here) == 23
    counts = []
    assert rewrapping.rewrap(here, batch=10, progress=counts.append) == 23
    assert counts == [10, 10, 3]
    assert rewrapping.waiting(here) == 0
    assert rewrapping.by_key(here) == {new.key_id: 23}
    fresh()
    for record in many:
        kept = db.session.get(Folder, (here, record.id))
        assert kept.title_sealed == before[record.id][0]
        assert row_of(record).wrapped != before[record.id][1]
    assert row_of(other) == elsewhere
    assert all_read(many)
    assert ring.by_id(old.key_id).epoch == 1


def _killed_after_one_batch(app, here):
    with app.app_context():
        db.engine.dispose(close=False)
        rewrapping.rewrap(here, batch=10, progress=lambda _: os.kill(os.getpid(), signal.SIGKILL))


@on_both
def test_a_kill_between_batches_is_carried_on(app, many, fresh, places, here):
    new = rotate_partnership(places, here)
    db.session.remove()
    child = multiprocessing.get_context("fork").Process(target=_killed_after_one_batch, args=(app, here))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert rewrapping.waiting(here) == 13
    fresh()
    assert all_read(many)
    assert rewrapping.rewrap(here, batch=10) == 13
    fresh()
    assert all_read(many)
    assert rewrapping.by_key(here) == {new.key_id: 23}


@on_both
def test_a_failing_batch_leaves_nothing_half_done(app, many, places, here):
    rotate_partnership(places, here)
    set_row(many[5], wrapped=b"\x01" * 77)
    with pytest.raises(Unopenable):
        rewrapping.rewrap(here, batch=10)
    assert rewrapping.waiting(here) == 23


def test_a_process_that_missed_the_rotation_reads_the_folder_again(app, many, fresh, places, here, ring):
    stale = Keyring.open(places)
    stamp = stale._folder_stamp()
    new = rotate_partnership(places, here)
    rewrapping.rewrap(here)
    assert new.key_id not in stale._opened.by_id
    assert stale.by_id(new.key_id).epoch == 2
    assert stale.partnership(here).key_id == new.key_id
    assert stamp


@on_both
def test_erased_records_are_not_rewrapped(app, many, places, here):
    with transaction():
        datakeys.shred(here, many[0].id)
    rotate_partnership(places, here)
    assert rewrapping.rewrap(here) == 22
    db.session.remove()
    with pytest.raises(Erased):
        read_title(many[0])


def test_new_records_use_the_newest_key_at_once(app, folder, places, here):
    new = rotate_partnership(places, here)
    assert row_of(folder(title="x")).kek_id == new.key_id
    assert new.name.kind == PARTNERSHIP


def test_one_key_of_each_kind_is_opened_as_a_proof(app, many, places, here, fresh):
    rotate_partnership(places, here)
    rewrapping.rewrap(here, batch=10, progress=lambda _: None)
    assert rewrapping.open_one_of_each(here) == 1
    set_row(many[0], wrapped=b"\x01" * 77)
    for record in many[1:]:
        with transaction():
            datakeys.shred(here, record.id)
    with pytest.raises(Unopenable):
        rewrapping.open_one_of_each(here)
