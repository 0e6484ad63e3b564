"""The wrapped form of a data key, byte for byte, and the way in and out of it.

    version 1 | nonce 12 | AES-256-GCM under the partnership key: data key 32 + tag 16 | commitment 16

The commitment is derived from the data key. AES-GCM alone does not commit to its key: bytes can be made that open under
two keys to two texts. The check pins the one key that was meant, once for each record instead of once for each value.
"""

import hmac
import os
from collections.abc import Callable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from psg.crypto.encoding import APPLICATION, encode, prefixed
from psg.crypto.envelope import KEY_ID, NONCE, TAG, SealingKey
from psg.crypto.errors import Unopenable
from psg.crypto.keyring import PartnershipKey

VERSION = 1
SIZE = 32
COMMITMENT = 16
_NONCE_AT = 1
_KEY_AT = _NONCE_AT + NONCE
_COMMITMENT_AT = _KEY_AT + SIZE + TAG
WRAPPED_SIZE = _COMMITMENT_AT + COMMITMENT
# One block of HKDF-Expand: written out because this runs once for each record of a list.
_NAMES = encode(APPLICATION, "data key id and commitment", 1) + b"\x01"
_SHA256 = SHA256()
_OWNER_LENGTH = (16).to_bytes(4)


def new_data_key() -> bytes:
    """A fresh random data key."""
    return os.urandom(SIZE)


def names_of(data_key: bytes) -> tuple[bytes, bytes]:
    """The id that stands in every value sealed under a data key, and the commitment beside its wrapping."""
    made = HMAC(data_key, _SHA256)  # several times quicker than the standard library's for so few bytes
    made.update(_NAMES)
    block = made.finalize()
    return block[:KEY_ID], block[KEY_ID : KEY_ID + COMMITMENT]


def wrap(by: PartnershipKey, owner_id: UUID, kind: str, data_key: bytes) -> bytes:
    """Wrap a record's data key."""
    nonce = os.urandom(NONCE)
    before, behind = _around(by, kind)
    sealed = by.cipher.encrypt(nonce, data_key, before + owner_id.bytes + behind)
    return bytes([VERSION]) + nonce + sealed + names_of(data_key)[1]


def unwrap(by: PartnershipKey, owner_id: UUID, kind: str, wrapped: bytes) -> bytes:
    """The data key; raises Unopenable when the wrapping was changed, moved, or holds another key than it commits to."""
    return _unwrapper(by, kind)(owner_id, wrapped)[0]


def opener(by: PartnershipKey, kind: str) -> Callable[[UUID, bytes], SealingKey]:
    """What unwraps a list's data keys of one kind and makes them ready; it raises Unopenable as `unwrap` does."""
    unwrap_one = _unwrapper(by, kind)
    return lambda owner_id, wrapped: SealingKey(*unwrap_one(owner_id, wrapped))


def _unwrapper(by: PartnershipKey, kind: str) -> Callable[[UUID, bytes], tuple[bytes, bytes]]:
    """Unwrapping with all that is the same for every key of a list made once."""
    decrypt, (before, behind) = by.cipher.decrypt, _around(by, kind)

    def unwrap_one(owner_id: UUID, wrapped: bytes) -> tuple[bytes, bytes]:
        if len(wrapped) != WRAPPED_SIZE or wrapped[0] != VERSION:
            raise Unopenable("the wrapped data key is not in a known form")
        try:
            data_key = decrypt(
                wrapped[_NONCE_AT:_KEY_AT], wrapped[_KEY_AT:_COMMITMENT_AT], before + owner_id.bytes + behind
            )
        except InvalidTag:
            raise Unopenable("the wrapped data key was changed, or moved from another record") from None
        key_id, commitment = names_of(data_key)
        if not hmac.compare_digest(commitment, wrapped[_COMMITMENT_AT:]):
            raise Unopenable("the data key is not the one that its record committed to")
        return data_key, key_id

    return unwrap_one


def ready(data_key: bytes) -> SealingKey:
    """A data key made ready for sealing and opening."""
    return SealingKey(data_key, names_of(data_key)[0])


def _around(by: PartnershipKey, kind: str) -> tuple[bytes, bytes]:
    """The associated data of a wrapping: what stands before and behind the owner's id."""
    return by.binding + _OWNER_LENGTH, prefixed(kind.encode())
