"""The sealed form of one value, byte for byte.

    version 1 | data-key id 8 | nonce 12 | AES-256-GCM ciphertext | tag 16

Inside the ciphertext: kind 1 | length of content 4 | content | zeros up to a bucket. No value, the empty text and a
short text therefore have the same length outside. The associated data binds the value to its partnership, table,
column, row and key, so a value copied to any other place does not open there.
"""

import json
import os
import struct
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from psg.crypto.encoding import APPLICATION, encode
from psg.crypto.errors import Unopenable

VERSION = 1
_VERSION_BYTE = bytes([VERSION])
KEY_ID = 8
NONCE = 12
TAG = 16
_NONCE_AT = 1 + KEY_ID
_BODY_AT = _NONCE_AT + NONCE
_KIND_AND_LENGTH = struct.Struct(">BI")
_INNER_HEADER = _KIND_AND_LENGTH.size
_kind_and_length = _KIND_AND_LENGTH.unpack_from
_ROW_LENGTH = (16).to_bytes(4)
_KEY_ID_LENGTH = KEY_ID.to_bytes(4)
_BUCKETS = (32, 64, 128, 256)
_STEP = 512
LARGEST = 16 * 1024 * 1024
"""No typed value comes near 16 MiB; a larger one is a mistake that must not fill the database."""


class Kind(IntEnum):
    """What the content is. Kept inside, so that 'nothing was said' looks like any short answer from outside."""

    NONE = 0
    TEXT = 1
    JSON = 2
    BYTES = 3


_TEXT = int(Kind.TEXT)  # an enum's member costs more to compare than to decrypt with


class SealingKey:
    """A data key ready for use: the cipher object, made once, and the bytes that stand before and behind each value."""

    __slots__ = ("cipher", "header", "suffix")

    def __init__(self, key: bytes, key_id: bytes) -> None:
        self.cipher = AESGCM(key)
        self.header = _VERSION_BYTE + key_id
        self.suffix = _KEY_ID_LENGTH + key_id

    @property
    def key_id(self) -> bytes:
        """The id that stands in every value sealed under it."""
        return self.header[len(_VERSION_BYTE) :]

    def __repr__(self) -> str:
        """The id only."""
        return f"<SealingKey {self.key_id.hex()}>"


@lru_cache(maxsize=4096)
def place(partnership_id: UUID, table: str, column: str) -> bytes:
    """The part of the associated data that is the same for every row of a column, up to the length of the row id."""
    pieces = (APPLICATION, VERSION, partnership_id, table, column)
    whole = encode(*pieces, bytes(16), bytes(KEY_ID))
    return whole[: -16 - len(_KEY_ID_LENGTH) - KEY_ID]


def associated_data(partnership_id: UUID, table: str, column: str, row_id: UUID, key_id: bytes) -> bytes:
    """The whole associated data of one value: what `place` and the key's suffix put together piece by piece."""
    return encode(APPLICATION, VERSION, partnership_id, table, column, row_id, key_id)


def bucket(size: int) -> int:
    """The padded size for a plaintext of this size, header included."""
    for limit in _BUCKETS:
        if size <= limit:
            return limit
    return -(-size // _STEP) * _STEP


def pack(kind: Kind, content: bytes) -> bytes:
    """Kind, length and content, padded to a bucket."""
    if len(content) > LARGEST:
        raise ValueError("this value is too large to seal")
    inner = bytes([kind]) + len(content).to_bytes(4) + content
    return inner.ljust(bucket(len(inner)), b"\0")


def seal(key: SealingKey, where: bytes, row_id: UUID, kind: Kind, content: bytes) -> bytes:
    """Seal content for one cell; `where` comes from `place`."""
    return seal_with(key, where + row_id.bytes + key.suffix, kind, content)


def seal_with(key: SealingKey, data: bytes, kind: Kind, content: bytes) -> bytes:
    """Seal content bound to this associated data, under a fresh random nonce."""
    return seal_packed(key, data, pack(kind, content))


def seal_packed(key: SealingKey, data: bytes, inner: bytes) -> bytes:
    """Seal what `pack` made."""
    nonce = os.urandom(NONCE)
    return key.header + nonce + key.cipher.encrypt(nonce, inner, data)


def unseal(key: SealingKey, where: bytes, row_id: UUID, blob: bytes) -> bytes:
    """The padded plaintext of a cell, starting with its kind; raises Unopenable for whatever is not exactly right."""
    return unseal_with(key, where + row_id.bytes + key.suffix, blob)


def unseal_with(key: SealingKey, data: bytes, blob: bytes) -> bytes:
    """The padded plaintext of a blob bound to this associated data."""
    if blob[:_NONCE_AT] != key.header:
        raise Unopenable("sealed in another version or under another key")
    try:
        return key.cipher.decrypt(blob[_NONCE_AT:_BODY_AT], blob[_BODY_AT:], data)
    except (InvalidTag, ValueError):
        raise Unopenable("changed, or moved from another place") from None


Reader = Callable[[bytes], Any]


def open_row(
    key: SealingKey, columns: Sequence[tuple[bytes, Reader]], row_id: UUID, blobs: Sequence[bytes]
) -> tuple[Any, ...]:
    """Open several columns of one row: `unseal` and each column's reader, written out because lists live on it."""
    tail, header, decrypt = row_id.bytes + key.suffix, key.header, key.cipher.decrypt
    values = []
    try:
        for (where, read), blob in zip(columns, blobs, strict=True):
            if blob[:_NONCE_AT] != header:
                raise Unopenable("sealed in another version or under another key")
            inner = decrypt(blob[_NONCE_AT:_BODY_AT], blob[_BODY_AT:], where + tail)
            kind, length = _kind_and_length(inner)
            if kind == _TEXT and read is text_of:
                values.append(inner[_INNER_HEADER : _INNER_HEADER + length].decode())
            else:
                values.append(read(inner))
    except InvalidTag:
        raise Unopenable("changed, or moved from another place") from None
    return tuple(values)


def content_of(inner: bytes) -> bytes:
    """The content of a padded plaintext."""
    _, length = _kind_and_length(inner)
    return inner[_INNER_HEADER : _INNER_HEADER + length]


def text_of(inner: bytes) -> str | None:
    """The text of a padded plaintext, None for no value; raises Unopenable for another kind."""
    kind, length = _kind_and_length(inner)
    if kind == _TEXT:
        return inner[_INNER_HEADER : _INNER_HEADER + length].decode()
    if kind == Kind.NONE:
        return None
    raise Unopenable("holds something other than text")


def json_of(inner: bytes) -> Any:
    """The structure of a padded plaintext, fresh each time; raises Unopenable for another kind."""
    kind = inner[0]
    if kind == Kind.JSON:
        return json.loads(content_of(inner))
    if kind == Kind.NONE:
        return None
    raise Unopenable("holds something other than a structure")


def text_content(value: str | None) -> tuple[Kind, bytes]:
    """Text, or None, as it is sealed."""
    return (Kind.NONE, b"") if value is None else (Kind.TEXT, value.encode())


def json_content(value: Any) -> tuple[Kind, bytes]:
    """Lists, dictionaries, numbers and texts, or None, as they are sealed."""
    if value is None:
        return Kind.NONE, b""
    return Kind.JSON, json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
