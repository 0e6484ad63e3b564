"""Identifiers made by the program: record ids that sort by time, and references that people can say aloud."""

import secrets
import threading
import uuid
from datetime import UTC, datetime

from psg import clock

SYMBOLS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""30 symbols without 0 O 1 I L U, which people confuse when reading or hearing them."""

_BODY = 5


class _Counter:
    """Counts ids within one millisecond, so that those of one process sort in the order they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = self._count = 0

    def next(self, milliseconds: int) -> int:
        """The count of this id, of 12 bits."""
        with self._lock:
            self._count = self._count + 1 if milliseconds == self._at else secrets.randbits(8)
            self._at = milliseconds
            return self._count & 0xFFF


_counter = _Counter()


def new_id() -> uuid.UUID:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, a count within them, then 62 bits of randomness.

    Made by the client because a sealed value is bound to its row's id before the row exists. Not a secret.
    """
    milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
    count = _counter.next(milliseconds)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (count << 64) | (0b10 << 62) | secrets.randbits(62))


def made_at(made: uuid.UUID) -> datetime:
    """The moment at which new_id made an id, to the millisecond."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, tz=UTC)


def new_reference(prefix: str) -> str:
    """A case reference such as EC-7QK4-M2: random, so that nothing can be guessed from the next one.

    The last symbol is a check (Luhn modulo 30 over the body), so a slip of the pen is noticed without saying
    whether such a case exists.
    """
    body = "".join(secrets.choice(SYMBOLS) for _ in range(_BODY))
    code = body + _check_symbol(body)
    return f"{prefix}-{code[:4]}-{code[4:]}"


def normalise_reference(text: str) -> str | None:
    """The reference in its printed form, whatever case, spaces or dashes were typed; None when it does not add up."""
    compact = "".join(symbol for symbol in text.upper() if symbol.isalnum())
    prefix, code = compact[: -_BODY - 1], compact[-_BODY - 1 :]
    if not 1 < len(prefix) <= 4 or not prefix.isascii() or any(symbol not in SYMBOLS for symbol in code):
        return None
    if _check_symbol(code[:-1]) != code[-1]:
        return None
    return f"{prefix}-{code[:4]}-{code[4:]}"


def _check_symbol(body: str) -> str:
    base, total, factor = len(SYMBOLS), 0, 2
    for symbol in reversed(body):
        addend = factor * SYMBOLS.index(symbol)
        total += addend // base + addend % base
        factor = 3 - factor
    return SYMBOLS[-total % base]
