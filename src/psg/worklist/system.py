"""What a system administrator is told on My work without asking; `psg.wiring` says who knows."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """Something of the installation that is not as it should be."""

    title: str
    text: str
    failed: bool
    """False: to be looked at."""


lookouts: list[Callable[[], Trouble | None]] = []
"""Who knows of trouble."""


def trouble() -> Trouble | None:
    """The first that is known."""
    return next((found for look in lookouts if (found := look())), None)
