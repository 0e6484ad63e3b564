"""The two keys of the audit. Neither is ever in the database, so nobody with only the database can write its rows."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from psg.crypto import keyring


def mac_key() -> bytes:
    """The key of the code on every event."""
    return keyring().audit_mac_key


def signing_key() -> Ed25519PrivateKey:
    """The key that signs seals and anchor lines."""
    return keyring().audit_signing_key
