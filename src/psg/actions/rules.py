"""Words and decisions of actions, in plain Python."""

from enum import StrEnum


class ActionState(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DONE = "done"
    NOT_DONE = "not-done"
    CANCELLED = "cancelled"


class UpdateKind(StrEnum):
    """What one entry of an action's history says."""

    SET = "set"
    PROGRESS = "progress"
    MOVED = "moved"
    GIVEN = "given"
    DONE = "done"
    NOT_DONE = "not-done"
    CANCELLED = "cancelled"
    UNDONE = "undone"
