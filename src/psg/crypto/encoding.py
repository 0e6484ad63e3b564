"""One unambiguous way to put several pieces into one byte string: the number of pieces, then each with its length.

Concatenating with separators would let ("ab", "c") and ("a", "bc") authenticate as the same thing.
"""

from uuid import UUID

APPLICATION = b"psg"

Piece = bytes | str | int | UUID


def encode(*pieces: Piece) -> bytes:
    """Length-prefixed encoding of the pieces, used as associated data and as derivation labels."""
    return len(pieces).to_bytes(4) + b"".join(prefixed(piece) for piece in pieces)


def prefixed(piece: Piece) -> bytes:
    """One piece behind its length in four bytes."""
    content = as_bytes(piece)
    return len(content).to_bytes(4) + content


def as_bytes(piece: Piece) -> bytes:
    """Text as UTF-8, a number as eight bytes, a UUID as its sixteen."""
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, UUID):
        return piece.bytes
    if isinstance(piece, int):
        return piece.to_bytes(8)
    return piece.encode()
