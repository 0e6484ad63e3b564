"""Key files: made once, readable by their owner only, refused when wrong, replaced without ever writing over one."""

import json
import multiprocessing
import os
import stat
import uuid

import pytest

from psg.crypto import KeyProblem, Keyring, Unopenable, keymaking
from psg.crypto.keyfiles import KeyName, create_exclusively, key_id_of, new_key, read_root, write_root
from psg.crypto.keymaking import add_partnership, init_installation, init_root, rotate_partnership, rotate_root
from tests.crypto.conftest import Places


def files(places):
    return sorted(path.name for path in places.keys.iterdir())


def contents(places):
    return {path.name: path.read_bytes() for path in places.keys.iterdir()}


def secrets_of(places, *partnerships):
    """Something of every key, to compare before and after."""
    ring = Keyring.open(places)
    owner = uuid.UUID(int=1)
    wrapped = [ring.partnership(one).key_id for one in partnerships]
    return [ring.audit_mac_key, ring.app_secret("x"), [ring.search(one).key_id for one in partnerships], wrapped, owner]


def change(path, **values):
    path.chmod(0o600)
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    path.chmod(0o400)


# Making


def test_files_are_for_their_owner_only(places, here):
    add_partnership(places, here)
    assert stat.S_IMODE(places.keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in places.keys.iterdir()} == {0o400}
    assert len(files(places)) == 5


def test_only_the_root_key_stands_in_clear(places, here):
    add_partnership(places, here)
    holding = [path.name for path in places.keys.iterdir() if '"key":' in path.read_text()]
    assert holding == ["root.key"]


def test_nothing_is_written_over(places, here):
    add_partnership(places, here)
    before = contents(places)
    with pytest.raises(KeyProblem, match="never written over"):
        init_root(places)
    assert init_installation(places) == []
    assert add_partnership(places, here) == []
    assert contents(places) == before


def test_a_half_made_partnership_is_completed(places, here):
    add_partnership(places, here)
    search = next(places.keys.glob("search-*"))
    kept = next(places.keys.glob("partnership-*")).read_bytes()
    search.unlink()
    assert [key.name.kind for key in add_partnership(places, here)] == ["search"]
    assert next(places.keys.glob("partnership-*")).read_bytes() == kept


def test_a_new_root_is_not_made_beside_keys_of_another(places):
    (places.keys / "root.key").unlink()
    before = contents(places)
    with pytest.raises(KeyProblem, match=r"root key .* is missing"):
        init_root(places)
    assert contents(places) == before


def test_the_root_key_may_stand_elsewhere(tmp_path, here):
    apart = Places(tmp_path / "keys", tmp_path / "safe" / "master.key")
    init_root(apart)
    init_installation(apart)
    add_partnership(apart, here)
    assert "root.key" not in files(apart)
    assert Keyring.open(apart).has_partnership(here)
    rotate_root(apart)
    assert Keyring.open(apart).has_partnership(here)


def test_the_root_key_may_stand_in_the_folder_under_another_name(tmp_path):
    named = Places(tmp_path / "keys", tmp_path / "keys" / "master.key")
    init_root(named)
    init_installation(named)
    assert Keyring.open(named)


def _race(path, start, outcome):
    key = new_key(KeyName("root"))
    start.wait()
    try:
        write_root(path, key)
    except KeyProblem:
        outcome.put(None)
    else:
        outcome.put(key.key_id)


def test_of_processes_that_make_the_same_key_exactly_one_wins(tmp_path):
    context = multiprocessing.get_context("fork")
    for attempt in range(5):
        path, start, outcome = tmp_path / f"{attempt}.key", context.Barrier(4), context.Queue()
        runners = [context.Process(target=_race, args=(path, start, outcome)) for _ in range(4)]
        for runner in runners:
            runner.start()
        outcomes = [outcome.get(timeout=20) for _ in runners]
        for runner in runners:
            runner.join()
        winners = [key_id for key_id in outcomes if key_id]
        assert winners == [read_root(path).key_id]
    assert len(list(tmp_path.iterdir())) == 5


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        create_exclusively(tmp_path / "a.key", {"format": 1})
    assert list(tmp_path.iterdir()) == []


# Refusing


def test_a_missing_root_refuses_and_makes_nothing(places):
    (places.keys / "root.key").unlink()
    before = files(places)
    with pytest.raises(KeyProblem, match="put the root key back"):
        Keyring.open(places)
    assert files(places) == before


def test_a_missing_folder_refuses_and_makes_nothing(tmp_path):
    nowhere = Places(tmp_path / "none", tmp_path / "root.key")
    write_root(nowhere.root_key_file, new_key(KeyName("root")))
    with pytest.raises(KeyProblem, match="psg keys init"):
        Keyring.open(nowhere)
    assert not nowhere.keys.exists()


def test_the_wrong_root_refuses(places, tmp_path, here):
    add_partnership(places, here)
    other = Places(places.keys, tmp_path / "other.key")
    write_root(other.root_key_file, new_key(KeyName("root")))
    with pytest.raises(KeyProblem, match="not the one these keys were wrapped with"):
        Keyring.open(other)
    with pytest.raises(KeyProblem):
        add_partnership(other, uuid.uuid4())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 9}', '{"format": 1, "key": "AA=="}'])
def test_a_damaged_root_refuses(places, text):
    path = places.keys / "root.key"
    path.chmod(0o600)
    path.write_text(text)
    path.chmod(0o400)
    with pytest.raises(KeyProblem):
        Keyring.open(places)


def test_a_root_with_another_content_is_noticed_by_its_id(places):
    said = json.loads((places.keys / "root.key").read_text())
    change(places.keys / "root.key", key=said["key"][::-1].lstrip("=") + "=")
    with pytest.raises(KeyProblem, match="whole root key"):
        Keyring.open(places)


@pytest.mark.parametrize(
    "values",
    [{"epoch": 2}, {"kind": "search"}, {"partnership": str(uuid.uuid4())}, {"key_id": "00" * 8}, {"wrapped": "AAAA"}],
)
def test_a_key_file_that_says_something_else_of_itself_does_not_open(places, here, values):
    add_partnership(places, here)
    change(next(places.keys.glob("partnership-*")), **values)
    with pytest.raises(KeyProblem, match=r"does not open|does not say"):
        Keyring.open(places)


@pytest.mark.parametrize("missing", ["audit", "app"])
def test_a_missing_installation_key_refuses(places, missing):
    next(places.keys.glob(f"{missing}-*")).unlink()
    with pytest.raises(KeyProblem, match=f"{missing} key is missing"):
        Keyring.open(places)


def test_files_and_folders_open_to_others_are_refused_and_all_listed(places, here):
    add_partnership(places, here)
    places.keys.chmod(0o750)
    for name in ("app", "audit"):
        next(places.keys.glob(f"{name}-*")).chmod(0o440)
    with pytest.raises(KeyProblem) as refused:
        Keyring.open(places)
    assert len(refused.value.problems) == 3
    assert all("open to other accounts" in problem for problem in refused.value.problems)


def test_a_root_open_to_others_is_refused(places):
    (places.keys / "root.key").chmod(0o444)
    with pytest.raises(KeyProblem, match="chmod 400"):
        Keyring.open(places)


def test_messages_and_reprs_hold_no_key(places, here):
    root = read_root(places.keys / "root.key")
    add_partnership(places, here)
    ring = Keyring.open(places)
    shown = repr(root) + repr(ring) + repr(ring.partnership(here)) + repr(ring.search(here)) + repr(ring._opened)
    assert root.secret.hex() not in shown
    assert "secret" not in shown
    change(next(places.keys.glob("app-*")), wrapped="AAAA")
    with pytest.raises(KeyProblem) as refused:
        Keyring.open(places)
    assert "AAAA" not in str(refused.value)


# Using


def test_a_partnership_added_by_another_process_is_found(ring, places):
    new = uuid.uuid4()
    assert not ring.has_partnership(new)
    with pytest.raises(KeyProblem, match=f"psg keys add-partnership {new}"):
        ring.partnership(new)
    add_partnership(places, new)
    assert ring.has_partnership(new)
    assert ring.search(new).partnership_id == new


def test_opening_needs_no_right_to_write(ring, places, here):
    places.keys.chmod(0o500)
    assert Keyring.open(places).partnership(here).key_id == ring.partnership(here).key_id


def test_an_unknown_key_says_what_to_do(ring):
    with pytest.raises(KeyProblem, match="backup"):
        ring.by_id(b"unknown!")


def test_secrets_differ_by_label_and_agree_between_processes(ring, places):
    again = Keyring.open(places)
    assert ring.app_secret("session") == again.app_secret("session")
    assert ring.app_secret("session") != ring.app_secret("tokens")
    assert len(ring.app_secret("session")) == 32
    assert ring.audit_mac_key != ring.app_secret("audit mac")


def test_the_signing_key_is_the_same_in_every_process(ring, places):
    signature = ring.audit_signing_key.sign(b"head")
    Keyring.open(places).audit_signing_key.public_key().verify(signature, b"head")


def test_kept_posts_open_with_their_label_and_parts_only(ring, here):
    blob = ring.seal_app("kept post", (here, "/cases/new"), b"what was typed")
    assert ring.open_app("kept post", (here, "/cases/new"), blob) == b"what was typed"
    for label, parts in (("other", (here, "/cases/new")), ("kept post", (here,)), ("kept post", (here, "/cases"))):
        with pytest.raises(Unopenable):
            ring.open_app(label, parts, blob)


def test_the_id_of_a_key_follows_its_content_and_kind():
    assert key_id_of("root", bytes(32)) != key_id_of("app", bytes(32))
    assert key_id_of("root", bytes(32)) != key_id_of("root", bytes(31) + b"\1")
    assert key_id_of("root", bytes(32)).hex() == "a57acd0c6537c19e"


# Replacing


def test_a_partnership_gets_its_next_epoch_and_keeps_the_old(ring, places, here, there):
    old = ring.partnership(here)
    rotate_partnership(places, here)
    again = Keyring.open(places)
    assert (again.partnership(here).epoch, again.by_id(old.key_id).epoch) == (2, 1)
    assert again.partnership(there).epoch == 1
    with pytest.raises(KeyProblem):
        rotate_partnership(places, uuid.uuid4())


def test_a_new_root_opens_every_key_and_the_old_one_none(ring, places, tmp_path, here, there):
    before = secrets_of(places, here, there)
    rotate_partnership(places, here)
    rotate_partnership(places, here)
    (places.keys / "root.key").rename(places.keys / "root.key.tmp")
    (tmp_path / "old.key").write_bytes((places.keys / "root.key.tmp").read_bytes())
    (tmp_path / "old.key").chmod(0o400)
    (places.keys / "root.key.tmp").rename(places.keys / "root.key")
    done = rotate_root(places)
    assert done.rewrapped == 8
    assert done.old_id != done.new_id
    after = secrets_of(places, here, there)
    assert after[:3] == before[:3]
    assert [name for name in files(places) if "next" in name or "previous" in name or done.old_id.hex() in name] == []
    with pytest.raises(KeyProblem):
        Keyring.open(Places(places.keys, tmp_path / "old.key"))


class _Killed(BaseException):
    pass


STEPS = ["write_root", "write_wrapped", "_prove_same", "link", "replace", "unlink", "sync_folder"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("occurrence", [1, 2, 3])
def test_a_root_rotation_stopped_anywhere_stays_usable_and_is_carried_on(
    ring, places, here, there, monkeypatch, step, occurrence
):
    before = secrets_of(places, here, there)
    count = [0]

    def stopping(real):
        def run(*given, **named):
            result = real(*given, **named)
            count[0] += 1
            if count[0] == occurrence:
                raise _Killed
            return result

        return run

    with monkeypatch.context() as patched:
        if step == "link":
            patched.setattr(keymaking.os, "link", stopping(os.link))
        elif step in ("replace", "unlink"):
            patched.setattr(keymaking.Path, step, stopping(getattr(keymaking.Path, step)))
        else:
            patched.setattr(keymaking, step, stopping(getattr(keymaking, step)))
        try:
            rotate_root(places)
        except _Killed:
            assert secrets_of(places, here, there) == before
            rotate_root(places)
    assert secrets_of(places, here, there) == before
    roots = {json.loads(path.read_text()).get("wrapped_by") for path in places.keys.glob("*.key")}
    assert len(roots - {None}) == 1
    assert not list(places.keys.glob("root.key.*"))


def test_a_partnership_added_in_the_middle_of_a_root_rotation_is_taken_along(ring, places, here, monkeypatch):
    new = uuid.uuid4()

    def stop(*_):
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(keymaking.os, "link", stop)
        with pytest.raises((_Killed, KeyProblem)):
            rotate_root(places)
    add_partnership(places, new)
    rotate_root(places)
    assert Keyring.open(places).has_partnership(new)


def test_losing_the_new_root_in_the_middle_removes_nothing(ring, places, here):
    (places.keys / "root.key.previous").hardlink_to(places.keys / "root.key")
    before = contents(places)
    with pytest.raises(KeyProblem, match="Nothing was removed"):
        rotate_root(places)
    assert contents(places) == before
    assert Keyring.open(places).has_partnership(here)
