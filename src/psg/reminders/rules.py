"""Words of reminders, in plain Python."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """Given up, or refused for good: a person is to look at it."""
    DROPPED = "dropped"
    """No longer wanted when its turn came: done, left, or no longer entitled."""


class Beat(StrEnum):
    """Who shows a sign of life."""

    SCHEDULER = "scheduler"
    WORKER = "worker"
