"""Keys on disk: one small JSON file for each key, in a folder that is no part of the database or its backups.

A file is written whole under a passing name, made readable by its owner only, and then given its real name by a hard
link, which fails when the name is taken: of two processes exactly one makes a key, and no key is ever written over.
Every key but the root is wrapped by the root key, and its file's name ends in the id of the root that wrapped it, so
that a new root can be brought in beside the old one.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from psg import clock
from psg.crypto.derive import derive
from psg.crypto.encoding import APPLICATION, encode
from psg.crypto.envelope import KEY_ID, NONCE
from psg.crypto.errors import KeyProblem

FORMAT = 1
KEY_SIZE = 32
ROOT = "root"
AUDIT = "audit"
APP = "app"
PARTNERSHIP = "partnership"
SEARCH = "search"
_OTHERS_MAY = 0o077


class KeyPlaces(Protocol):
    """Where the keys are: `psg.settings.Settings` offers this."""

    @property
    def keys(self) -> Path:
        """The key folder."""

    @property
    def root_key_file(self) -> Path | None:
        """The root key's file when it does not stand in the key folder."""


def root_path(places: KeyPlaces) -> Path:
    """Where the root key is expected."""
    return places.root_key_file or places.keys / "root.key"


@dataclass(frozen=True)
class KeyName:
    """Which key a file holds. Authenticated with the wrapping, so a file cannot pose as another."""

    kind: str
    partnership_id: UUID | None = None
    epoch: int = 1

    @property
    def stem(self) -> str:
        """The first part of the file's name."""
        owner = f"-{self.partnership_id}" if self.partnership_id else ""
        return f"{self.kind}{owner}-{self.epoch:04d}"


@dataclass(frozen=True)
class KeyFile:
    """A key file as read: what it says of itself, not yet opened."""

    path: Path
    name: KeyName
    key_id: bytes
    wrapped_by: bytes
    sealed: bytes
    created: str


@dataclass(frozen=True, repr=False)
class Key:
    """An opened key."""

    name: KeyName
    key_id: bytes
    secret: bytes
    created: str = ""

    def __repr__(self) -> str:
        """Never the secret."""
        return f"<Key {self.name.stem} {self.key_id.hex()}>"


def key_id_of(kind: str, secret: bytes) -> bytes:
    """Eight bytes that name a key and change with its content; nothing about the key can be worked out from them."""
    return derive(secret, "key id", kind, length=KEY_ID)


def new_key(name: KeyName) -> Key:
    """A fresh random key."""
    secret = secrets.token_bytes(KEY_SIZE)
    return Key(name, key_id_of(name.kind, secret), secret)


def read_root(path: Path) -> Key:
    """Read the root key; raises KeyProblem saying what to do when it is missing, open to others or damaged."""
    if not path.exists():
        raise KeyProblem(
            f"The root key is missing: there is no file {path}. If this installation has run before, put the root key "
            "back from its safe place; PSG never makes another by itself. For a new installation run: psg keys init"
        )
    said = _read(path)
    try:
        secret = base64.b64decode(said["key"], validate=True)
        right = (
            said["kind"] == ROOT
            and len(secret) == KEY_SIZE
            and bytes.fromhex(said["key_id"]) == key_id_of(ROOT, secret)
        )
    except (KeyError, TypeError, ValueError):
        right = False
    if not right:
        raise KeyProblem(f"{path} does not hold a whole root key. Put the root key back from its safe place.")
    return Key(KeyName(ROOT), key_id_of(ROOT, secret), secret, str(said.get("created", "")))


def read_folder(places: KeyPlaces) -> list[KeyFile]:
    """Every wrapped key file of the folder; raises KeyProblem listing all that is wrong with folder and files."""
    folder = places.keys
    if not folder.is_dir():
        raise _no_folder(folder)
    problems = (
        [] if _private(folder) else [f"The key folder {folder} is open to other accounts. Run: chmod 700 {folder}"]
    )
    files = []
    try:
        paths = sorted(path for path in folder.glob("*.key") if path != root_path(places))
    except PermissionError:
        raise KeyProblem(f"The key folder {folder} cannot be read by this account.") from None
    for path in paths:
        try:
            if (said := _read(path)).get("kind") != ROOT:
                files.append(_as_wrapped(path, said))
        except KeyProblem as problem:
            problems += problem.problems
    if problems:
        raise KeyProblem(*problems)
    return files


def wrap(root: Key, key: Key, created: str) -> dict[str, Any]:
    """What a key's file says: its name in clear and the key wrapped under the root."""
    nonce = secrets.token_bytes(NONCE)
    sealed = nonce + AESGCM(root.secret).encrypt(nonce, key.secret, _bound_to(key.name, key.key_id, root.key_id))
    return {
        "format": FORMAT,
        "kind": key.name.kind,
        "partnership": str(key.name.partnership_id) if key.name.partnership_id else None,
        "epoch": key.name.epoch,
        "key_id": key.key_id.hex(),
        "wrapped_by": root.key_id.hex(),
        "wrapped": base64.b64encode(sealed).decode(),
        "created": created,
    }


def unwrap(root: Key, file: KeyFile) -> Key:
    """Open a key file; raises KeyProblem when it does not belong to this root or was changed."""
    try:
        secret = AESGCM(root.secret).decrypt(
            file.sealed[:NONCE], file.sealed[NONCE:], _bound_to(file.name, file.key_id, file.wrapped_by)
        )
    except (InvalidTag, ValueError):
        secret = b""
    if len(secret) != KEY_SIZE or key_id_of(file.name.kind, secret) != file.key_id:
        raise KeyProblem(f"The key file {file.path} does not open. Put it back from the key folder's backup.")
    return Key(file.name, file.key_id, secret, file.created)


def write_root(path: Path, key: Key) -> None:
    """Put a root key on disk; raises KeyProblem when the file is there already."""
    said = {
        "format": FORMAT,
        "kind": ROOT,
        "key_id": key.key_id.hex(),
        "key": base64.b64encode(key.secret).decode(),
        "created": _now(),
    }
    create_exclusively(path, said)


def write_wrapped(folder: Path, root: Key, key: Key) -> Path:
    """Put a wrapped key on disk; raises KeyProblem when its file is there already."""
    path = folder / wrapped_name(key.name, root.key_id)
    create_exclusively(path, wrap(root, key, key.created or _now()))
    return path


def create_exclusively(path: Path, said: dict[str, Any]) -> None:
    """Make a file whole or not at all, readable by its owner only, never over another."""
    passing = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(said, file, indent=1)
                file.write("\n")
                file.flush()
                _give_to_folder_owner(file.fileno(), path.parent)
                os.fsync(file.fileno())
            os.link(passing, path)
        finally:
            passing.unlink()
    except FileExistsError:
        raise KeyProblem(f"{path} is there already. A key file is never written over; nothing was changed.") from None
    except (PermissionError, FileNotFoundError) as error:
        raise KeyProblem(
            f"{path} cannot be made ({error.strerror}). Run the command as the account that owns the keys."
        ) from None
    sync_folder(path.parent)


def _give_to_folder_owner(handle: int, folder: Path) -> None:
    """A command run by root must not make a key that the application's own account cannot read."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def sync_folder(folder: Path) -> None:
    """Make a folder's new names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Let one key command at a time change the folder; a second one waits."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        raise _no_folder(folder) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _no_folder(folder: Path) -> KeyProblem:
    return KeyProblem(
        f"There is no key folder at {folder}, or this account may not read it. If this installation has run before, "
        "put the folder back from its own backup. For a new installation run: psg keys init"
    )


def _read(path: Path) -> dict[str, Any]:
    if not _private(path):
        raise KeyProblem(f"The key file {path} is open to other accounts. Run: chmod 400 {path}")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except PermissionError:
        raise KeyProblem(f"The key file {path} cannot be read by this account.") from None
    except (ValueError, OSError):
        said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise KeyProblem(f"{path} is not a key file of this version of PSG. Put it back from the key folder's backup.")
    return said


def _as_wrapped(path: Path, said: dict[str, Any]) -> KeyFile:
    try:
        partnership = said["partnership"]
        file = KeyFile(
            path=path,
            name=KeyName(str(said["kind"]), UUID(partnership) if partnership else None, int(said["epoch"])),
            key_id=bytes.fromhex(said["key_id"]),
            wrapped_by=bytes.fromhex(said["wrapped_by"]),
            sealed=base64.b64decode(said["wrapped"], validate=True),
            created=str(said["created"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise KeyProblem(f"The key file {path} is damaged. Put it back from the key folder's backup.") from None
    if path.name != wrapped_name(file.name, file.wrapped_by):
        # Two files that claim to be one key must not compete for its place.
        raise KeyProblem(f"The key file {path} holds {file.name.stem}, which its name does not say. Undo the renaming.")
    return file


def wrapped_name(name: KeyName, root_id: bytes) -> str:
    """The file name of a wrapped key."""
    return f"{name.stem}.{root_id.hex()}.key"


def _private(path: Path) -> bool:
    return not path.stat().st_mode & _OTHERS_MAY


def _bound_to(name: KeyName, key_id: bytes, root_id: bytes) -> bytes:
    return encode(APPLICATION, "key file", FORMAT, name.kind, name.partnership_id or b"", name.epoch, key_id, root_id)


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")
