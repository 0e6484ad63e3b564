"""Keys and sealing: what a person typed about people is unreadable without the key folder.

root key -> partnership key -> a data key for each case, person and meeting -> sealed values, each bound to its place.
`docs/crypto.md` has the formats and what they do and do not protect against.
"""

from psg.crypto import datakeys
from psg.crypto.errors import Erased, KeyProblem, NoDataKey, Unopenable
from psg.crypto.keyring import Keyring, install, keyring
from psg.crypto.sealed import Sealed, SealedColumn, open_rows, opener, sealed_json, sealed_text

__all__ = [
    "Erased",
    "KeyProblem",
    "Keyring",
    "NoDataKey",
    "Sealed",
    "SealedColumn",
    "Unopenable",
    "datakeys",
    "install",
    "keyring",
    "open_rows",
    "opener",
    "sealed_json",
    "sealed_text",
]
