"""A message on its way out: plain values, for very many are handled one after the other."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple


class Outgoing(NamedTuple):
    """What is known of a delivery that has been claimed. Fields are called as its columns are."""

    id: uuid.UUID
    user_id: uuid.UUID
    partnership_id: uuid.UUID | None
    kind: str
    urgent: bool
    details: dict[str, Any]
    next_try_at: datetime
    claimed_until: datetime
    attempts: int
