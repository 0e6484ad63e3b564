"""How a command erases a case without this package knowing what a case is: `app` registers who can."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Erasable:
    """A record that can be erased, by the names an operator knows it."""

    partnership_id: UUID
    id: UUID
    reference: str


class Eraser(Protocol):
    """What a feature offers for erasing its records."""

    def find(self, reference_or_id: str) -> Erasable | None:
        """The record with this reference or id, None when there is none or it is erased already."""

    def erase(self, record: Erasable, *, why: str) -> None:
        """Inside a transaction: destroy its data key, its search tags and its reminders, mark it erased, audit it."""


erasers: dict[str, Eraser] = {}
"""By the word for the kind of record ("case"); filled by the application's assembly, one line each."""
