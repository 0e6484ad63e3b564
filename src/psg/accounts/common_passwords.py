"""Passwords that many people use, to refuse them. The list travels with the package and is read when first asked."""

import gzip
from functools import cache
from importlib import resources

__all__ = ["is_common"]


def is_common(password: str) -> bool:
    """Whether the password, in any case and without blanks around it, stands in the list."""
    return password.strip().lower() in _listed()


@cache
def _listed() -> frozenset[str]:
    packed = resources.files(__package__).joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode("utf-8").splitlines())
