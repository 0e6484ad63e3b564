"""Words and limits of accounts, in plain Python."""

import uuid
from dataclasses import dataclass
from enum import StrEnum


class LinkKind(StrEnum):
    """What a link that sets a password is for."""

    INVITATION = "invitation"
    RESET = "reset"


@dataclass(frozen=True)
class Account:
    """What a request, or a message to its owner, needs to know of an account."""

    id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    is_system_administrator: bool

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"
