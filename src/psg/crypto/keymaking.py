"""Making and replacing keys on disk. Called by commands that an operator runs, never by the web process.

Nothing here overwrites a key. Replacing the root writes every key once more, wrapped by the new root, beside the old
file; only when all of them were read back does the new root take the old one's place.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from psg.crypto.errors import KeyProblem
from psg.crypto.keyfiles import (
    APP,
    AUDIT,
    PARTNERSHIP,
    ROOT,
    SEARCH,
    Key,
    KeyFile,
    KeyName,
    KeyPlaces,
    new_key,
    only_writer,
    read_folder,
    read_root,
    root_path,
    sync_folder,
    unwrap,
    write_root,
    write_wrapped,
)
from psg.crypto.keyring import chosen


def init_root(places: KeyPlaces) -> Key:
    """Make the key folder and the root key of a new installation; raises KeyProblem when there is a root key."""
    path = root_path(places)
    for folder in (places.keys, path.parent):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyProblem(f"The folder {folder} cannot be made ({error.strerror}).") from None
    if not path.exists() and read_folder(places):
        raise KeyProblem(
            f"{places.keys} holds keys already, but their root key {path} is missing. Put it back from its safe place: "
            "a new one could not open them."
        )
    root = new_key(KeyName(ROOT))
    write_root(path, root)
    return root


def init_installation(places: KeyPlaces) -> list[Key]:
    """Make the audit key and the application key, whichever is not there yet."""
    return _make_missing(places, [KeyName(AUDIT), KeyName(APP)])


def add_partnership(places: KeyPlaces, partnership_id: UUID) -> list[Key]:
    """Make a partnership's first key and its search key, whichever is not there; none made means both were."""
    return _make_missing(places, [KeyName(PARTNERSHIP, partnership_id), KeyName(SEARCH, partnership_id)])


def rotate_partnership(places: KeyPlaces, partnership_id: UUID) -> Key:
    """Make the partnership's key of the next epoch. Data keys are re-wrapped afterwards (`psg.crypto.rewrapping`)."""
    with only_writer(places.keys):
        root = read_root(root_path(places))
        names = [file.name for file in chosen(root, read_folder(places))]
        wanted = (PARTNERSHIP, partnership_id)
        epochs = [name.epoch for name in names if (name.kind, name.partnership_id) == wanted]
        if not epochs:
            raise KeyProblem(f"There is no key for partnership {partnership_id}, so nothing to replace.")
        key = new_key(KeyName(PARTNERSHIP, partnership_id, max(epochs) + 1))
        write_wrapped(places.keys, root, key)
        return key


@dataclass(frozen=True)
class RootRotation:
    """What replacing the root came to."""

    old_id: bytes
    new_id: bytes
    rewrapped: int


def rotate_root(places: KeyPlaces) -> RootRotation:
    """Replace the root key and wrap every key by the new one. Run again after an interruption it carries on."""
    path = root_path(places)
    coming, leaving = path.with_name(path.name + ".next"), path.with_name(path.name + ".previous")
    with only_writer(places.keys):
        if not leaving.exists():
            old = read_root(path)
            if not coming.exists():
                write_root(coming, new_key(KeyName(ROOT)))
            _wrap_again(places, old, read_root(coming))
            os.link(path, leaving)
            sync_folder(path.parent)
        if coming.exists():
            coming.replace(path)
            sync_folder(path.parent)
        return _finish(places, read_root(leaving), read_root(path), leaving)


def _finish(places: KeyPlaces, old: Key, new: Key, leaving: Path) -> RootRotation:
    """Take away what the old root wrapped, then the old root."""
    if old.key_id == new.key_id:
        raise KeyProblem(
            f"The new root key has gone missing in the middle of the change. Nothing was removed. Delete {leaving} and "
            "run the command again."
        )
    files = _wrap_again(places, old, new)
    for file in files:
        if file.wrapped_by == old.key_id:
            file.path.unlink()
    sync_folder(places.keys)
    leaving.unlink()
    sync_folder(leaving.parent)
    return RootRotation(old.key_id, new.key_id, len(chosen(new, read_folder(places))))


def _wrap_again(places: KeyPlaces, old: Key, new: Key) -> list[KeyFile]:
    """Write what the new root has not wrapped yet, and prove that each key is the same under both."""
    files = read_folder(places)
    done = {file.name for file in files if file.wrapped_by == new.key_id}
    for file in files:
        if file.wrapped_by == old.key_id and file.name not in done:
            write_wrapped(places.keys, new, unwrap(old, file))
    files = read_folder(places)
    _prove_same(old, new, files)
    return files


def _prove_same(old: Key, new: Key, files: list[KeyFile]) -> None:
    """Open every key with the new root, and compare it with the old root's file where that still stands."""
    before = {file.name: file for file in files if file.wrapped_by == old.key_id}
    after = {file.name: unwrap(new, file).secret for file in chosen(new, files)}
    for name, file in before.items():
        if unwrap(old, file).secret != after[name]:
            raise KeyProblem(f"{file.path} and its copy under the new root differ. Nothing was removed; ask for help.")


def _make_missing(places: KeyPlaces, names: list[KeyName]) -> list[Key]:
    with only_writer(places.keys):
        root = read_root(root_path(places))
        there = {file.name for file in chosen(root, read_folder(places))}
        made = [new_key(name) for name in names if name not in there]
        for key in made:
            write_wrapped(places.keys, root, key)
        return made
