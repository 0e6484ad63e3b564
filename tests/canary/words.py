"""The words that are planted, and what is remembered of them.

A token reads `CNRY-<tenant>-<case>-<field>`, so that wherever it turns up it says what leaked and from where. Fields
that take no such word (telephone numbers, postcodes, dates of birth) hold values that occur nowhere else.
"""

import uuid
from dataclasses import dataclass, field

PREFIX = "CNRY"
PLANTED: set[str] = set()
"""Every word that was planted."""


def token(*parts: str) -> str:
    """The word planted in a field."""
    made = "-".join((PREFIX, *parts)).upper().replace("_", "-")
    PLANTED.add(made)
    return made


@dataclass
class Scene:
    """What was planted: ids by short names, and every token that is not a CNRY word."""

    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    """Case name -> its human reference."""
    odd: dict[str, str] = field(default_factory=dict)
    """Planted value (digits, postcode, date) -> the token it stands for."""
