"""Words and limits of accounts, in plain Python."""

from enum import StrEnum


class LinkKind(StrEnum):
    """What a link that sets a password is for."""

    INVITATION = "invitation"
    RESET = "reset"
