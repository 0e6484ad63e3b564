"""The keys of an installation, opened: what the application holds in memory and asks for by partnership or by id.

Opening needs read access only and creates nothing. Making keys is for commands (`psg.crypto.keymaking`).
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app

from psg.crypto import envelope
from psg.crypto.derive import derive
from psg.crypto.encoding import APPLICATION, Piece, encode
from psg.crypto.errors import KeyProblem
from psg.crypto.keyfiles import (
    APP,
    AUDIT,
    PARTNERSHIP,
    SEARCH,
    Key,
    KeyFile,
    KeyPlaces,
    read_folder,
    read_root,
    root_path,
    unwrap,
)
from psg.crypto.opened import OpenedKeys
from psg.crypto.searchkey import SearchKey

_EXTENSION = "psg.keyring"
_TRIES = 3


@dataclass(frozen=True, repr=False)
class PartnershipKey:
    """A partnership's key of one epoch. It wraps data keys and nothing else."""

    partnership_id: UUID
    epoch: int
    key_id: bytes
    cipher: AESGCM
    binding: bytes
    """The beginning of the associated data of everything it wraps: the owner and the kind follow."""

    def __repr__(self) -> str:
        """Ids only."""
        return f"<PartnershipKey {self.partnership_id} epoch {self.epoch}>"


@dataclass(repr=False)
class _Opened:
    """One reading of the folder."""

    root_id: bytes
    stamp: int
    audit: Key
    app: Key
    by_id: dict[bytes, PartnershipKey] = field(default_factory=dict)
    current: dict[UUID, PartnershipKey] = field(default_factory=dict)
    search: dict[UUID, SearchKey] = field(default_factory=dict)


class Keyring:
    """Every key of the installation, opened with the root key."""

    def __init__(self, places: KeyPlaces) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._opened = self._read()
        self._app_secrets: dict[bytes, bytes] = {}
        self.data_keys = OpenedKeys()
        """Data keys opened lately, for `psg.crypto.datakeys`."""

    @classmethod
    def open(cls, places: KeyPlaces) -> "Keyring":
        """Open all keys; raises KeyProblem with every reason why that is not possible."""
        return cls(places)

    def partnership(self, partnership_id: UUID) -> PartnershipKey:
        """The key that new data keys of a partnership are wrapped with: always the newest epoch on disk."""
        if self._folder_stamp() != self._opened.stamp:
            self.read_again()
        if (key := self._opened.current.get(partnership_id)) is None:
            raise KeyProblem(
                f"There is no key for partnership {partnership_id}. For a new partnership run: "
                f"psg keys add-partnership {partnership_id}. Otherwise put its key file back from the folder's backup."
            )
        return key

    def by_id(self, key_id: bytes) -> PartnershipKey:
        """The partnership key with this id, of whatever epoch; an id not seen before makes the folder be read again."""
        if key_id not in self._opened.by_id:
            self.read_again()
        if (key := self._opened.by_id.get(key_id)) is None:
            raise KeyProblem(
                f"The partnership key {key_id.hex()} is not in the key folder. Put its file back from the folder's "
                "backup: without it nothing sealed under it can be read."
            )
        return key

    def search(self, partnership_id: UUID) -> SearchKey:
        """The key of a partnership's search tags."""
        if partnership_id not in self._opened.search:
            self.read_again()
        if (key := self._opened.search.get(partnership_id)) is None:
            raise KeyProblem(
                f"There is no search key for partnership {partnership_id}. Put its file back from the folder's backup, "
                f"or for a new partnership run: psg keys add-partnership {partnership_id}"
            )
        return key

    def partnerships(self) -> list[UUID]:
        """The partnerships that have a key."""
        return sorted(self._opened.current)

    def has_partnership(self, partnership_id: UUID) -> bool:
        """Whether records of a partnership can be sealed; looks on disk when the partnership is not known yet."""
        if partnership_id not in self._opened.current or partnership_id not in self._opened.search:
            self.read_again()
        return partnership_id in self._opened.current and partnership_id in self._opened.search

    @cached_property
    def audit_mac_key(self) -> bytes:
        """The key of the audit rows' MACs."""
        return derive(self._opened.audit.secret, "audit mac")

    @cached_property
    def audit_signing_key(self) -> Ed25519PrivateKey:
        """The key that signs audit heads; its public half may be handed to an auditor."""
        return Ed25519PrivateKey.from_private_bytes(derive(self._opened.audit.secret, "audit signing"))

    def app_secret(self, label: str) -> bytes:
        """A secret of the installation for one purpose, the same in every process; 32 bytes."""
        return self._app_secret("app secret", label)

    def seal_app(self, label: str, parts: Sequence[Piece], data: bytes) -> bytes:
        """Seal bytes that no partnership owns; they open only with the same label and parts."""
        key = self._app_key(label)
        return envelope.seal_with(key, self._app_data(label, parts, key.key_id), envelope.Kind.BYTES, data)

    def open_app(self, label: str, parts: Sequence[Piece], blob: bytes) -> bytes:
        """Open what `seal_app` sealed; raises Unopenable for anything else."""
        key = self._app_key(label)
        inner = envelope.unseal_with(key, self._app_data(label, parts, key.key_id), blob)
        return envelope.content_of(inner)

    def read_again(self) -> None:
        """Read the key folder again. What was open stays open when the folder cannot be read as a whole just now."""
        with self._lock:
            for _ in range(_TRIES - 1):
                try:
                    self._opened = self._read()
                except KeyProblem:
                    # A key command may be half-way through replacing files: look again before giving up.
                    time.sleep(0.05)
                else:
                    return
            self._opened = self._read()

    def _read(self) -> _Opened:
        stamp = self._folder_stamp()
        root = read_root(root_path(self._places))
        files = chosen(root, read_folder(self._places))
        keys = [unwrap(root, file) for file in files]
        single = {key.name.kind: key for key in keys if key.name.partnership_id is None}
        if missing := [kind for kind in (AUDIT, APP) if kind not in single]:
            raise KeyProblem(*(f"The {kind} key is missing from {self._places.keys}. {_RESTORE}" for kind in missing))
        opened = _Opened(root.key_id, stamp, single[AUDIT], single[APP])
        for key in keys:
            _sort_in(opened, key)
        return opened

    def _folder_stamp(self) -> int:
        try:
            return self._places.keys.stat().st_mtime_ns
        except OSError:
            return 0

    def _app_secret(self, purpose: str, label: str) -> bytes:
        name = encode(purpose, label)
        if (secret := self._app_secrets.get(name)) is None:
            secret = self._app_secrets[name] = derive(self._opened.app.secret, purpose, label)
        return secret

    def _app_key(self, label: str) -> envelope.SealingKey:
        secret = self._app_secret("app sealing", label)
        return envelope.SealingKey(secret, derive(secret, "key id", length=envelope.KEY_ID))

    @staticmethod
    def _app_data(label: str, parts: Sequence[Piece], key_id: bytes) -> bytes:
        return encode(APPLICATION, envelope.VERSION, "application", label, *parts, key_id)

    def __repr__(self) -> str:
        """Where, never what."""
        return f"<Keyring {self._places.keys}>"


_RESTORE = "Put it back from the key folder's backup; for a new installation run: psg keys init"


def chosen(root: Key, files: list[KeyFile]) -> list[KeyFile]:
    """The files wrapped by this root. Raises KeyProblem when a key exists only under another one.

    While a root is being replaced each key stands there twice; the one of the root in force counts.
    """
    ours = {file.name: file for file in files if file.wrapped_by == root.key_id}
    strangers = sorted({file.wrapped_by.hex() for file in files if file.name not in ours})
    if strangers:
        raise KeyProblem(
            f"The root key ({root.key_id.hex()}) is not the one these keys were wrapped with ({', '.join(strangers)}). "
            "Put the right root key back; PSG never makes another by itself."
        )
    return list(ours.values())


def _sort_in(opened: _Opened, key: Key) -> None:
    owner = key.name.partnership_id
    if owner is None:
        return
    if key.name.kind == SEARCH:
        opened.search[owner] = SearchKey(owner, key.key_id, key.secret)
    elif key.name.kind == PARTNERSHIP:
        whole = encode(APPLICATION, "data key", envelope.VERSION, owner, key.key_id, b"", b"")
        binding = whole[:-8]  # without the two empty pieces, whose place the owner and the kind take
        ready = PartnershipKey(owner, key.name.epoch, key.key_id, AESGCM(key.secret), binding)
        opened.by_id[ready.key_id] = ready
        if owner not in opened.current or opened.current[owner].epoch < ready.epoch:
            opened.current[owner] = ready


def install(app: Flask, ring: Keyring) -> None:
    """Give an application its keys."""
    app.extensions[_EXTENSION] = ring


def keyring() -> Keyring:
    """The keys of the running application."""
    ring: Keyring = current_app.extensions[_EXTENSION]
    return ring
