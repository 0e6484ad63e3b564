"""Deriving one key from another: HKDF-Expand with SHA-256 from keys that are already uniformly random."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from psg.crypto.encoding import APPLICATION, Piece, encode


def derive(secret: bytes, purpose: str, *parts: Piece, length: int = 32) -> bytes:
    """A key for one purpose; keys for different purposes or parts tell nothing about each other or about the secret."""
    return HKDFExpand(SHA256(), length, encode(APPLICATION, "derive", 1, purpose, *parts)).derive(secret)
