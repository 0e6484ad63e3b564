"""What the scheduler runs for the audit."""

from psg.audit.seal import seal_all


def seal() -> int:
    """Seal what has been recorded since the last run; how many events that were. Meant to run every five minutes."""
    return seal_all()
