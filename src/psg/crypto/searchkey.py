"""A partnership's search key: it makes tags and seals the pointers beside them. It opens no record."""

import hmac
from functools import lru_cache
from uuid import UUID

from psg.crypto import envelope, normalise
from psg.crypto.blind import Index, Term
from psg.crypto.derive import derive
from psg.crypto.encoding import APPLICATION, encode

TAG_SIZE = 8
"""Tags are cut to 64 bits: no false match is likely among some millions, and a quarter of the space. Shorter tags would
hide little more above some 10 bits, and below that fetch many other people's rows for each look-up."""


class SearchKey:
    """Search tags and pointers of one partnership; equal names in two partnerships have nothing in common."""

    def __init__(self, partnership_id: UUID, key_id: bytes, secret: bytes) -> None:
        self.partnership_id = partnership_id
        self.key_id = key_id
        self._tag_keys = {index: derive(secret, "search tag", normalise.VERSION, index.value) for index in Index}
        self._pointers = envelope.SealingKey(derive(secret, "search pointer"), key_id)

    def tag(self, term: Term) -> bytes:
        """The tag of a term, to store or to look for."""
        return hmac.digest(self._tag_keys[term.index], encode(*term.parts), "sha256")[:TAG_SIZE]

    def seal_pointer(self, index: Index, tag: bytes, target: bytes) -> bytes:
        """What a tag leads to, sealed: the same target never looks the same twice, and cannot move to another tag."""
        return envelope.seal_with(self._pointers, self._bound_to(index, tag), envelope.Kind.BYTES, target)

    def open_pointer(self, index: Index, tag: bytes, pointer: bytes) -> bytes:
        """What a tag leads to; raises Unopenable for a pointer that was changed or belongs to another tag."""
        return envelope.content_of(envelope.unseal_with(self._pointers, self._bound_to(index, tag), pointer))

    def _bound_to(self, index: Index, tag: bytes) -> bytes:
        return _pointer_place(self.partnership_id, index) + tag + self._pointers.suffix

    def __repr__(self) -> str:
        """Ids only."""
        return f"<SearchKey {self.partnership_id}>"


@lru_cache(maxsize=512)
def _pointer_place(partnership_id: UUID, index: Index) -> bytes:
    whole = encode(
        APPLICATION,
        envelope.VERSION,
        partnership_id,
        "search_tags",
        index.value,
        bytes(TAG_SIZE),
        bytes(envelope.KEY_ID),
    )
    return whole[: -TAG_SIZE - 4 - envelope.KEY_ID]
