"""Passwords: argon2id, a length rule and a list of common ones. Nothing here reads the database."""

import gzip
import threading
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 15
MOST = 256
"""Cut off before hashing, so that a huge password cannot keep a processor busy."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each hash takes 46 MiB: more at once would let a burst of sign-ins use up the memory."""


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one stored. The same work is done when there is none, so time tells nothing."""
    if len(password) > MOST:
        return False
    with _AT_ONCE:
        try:
            _HASHER.verify(stored or _nobodys_hash(), password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the cost has been raised since this hash was made."""
    return _HASHER.check_needs_rehash(stored)


def problem(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """Why a new password cannot be taken, in a sentence; None when it can.

    about: words about the person and the organisation that must not be the heart of it.
    """
    if len(password) < LEAST:
        return f"Password must be {LEAST} characters or more. Three words are good"
    if len(password) > MOST:
        return f"Password must be {MOST} characters or less"
    folded = password.casefold()
    if len(set(folded)) < 5:
        return "Password must use more different characters"
    if folded in _common() or _core(folded) in _common():
        return "Password is one that many people use. Choose another one"
    left = folded
    for word in about:
        if len(word) > 3:
            left = left.replace(word.casefold(), "")
    if len(left) < LEAST // 2:
        return "Password must not be made of your name, your e-mail address or the name of this service"
    return None


def _core(folded: str) -> str:
    """The word without figures and marks at its ends: password1234567890! is still password."""
    return folded.strip("0123456789!?.,;:-_#*+ ")


@cache
def _common() -> frozenset[str]:
    data = resources.files("psg.accounts").joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(data).decode("utf-8").split())


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")
