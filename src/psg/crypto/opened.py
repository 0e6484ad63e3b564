"""Data keys opened lately, kept for minutes in the memory of one process.

Whoever reads that memory finds the partnership keys there and can open every wrapped data key with them, so holding a
few opened ones gives nothing away. Two bounds still hold: a number of keys, and an age after which a key that nobody
asked for is gone. An entry is found by everything that its wrapping authenticates together with the wrapped bytes: a
record whose wrapped key was destroyed has nothing to be found by, and bytes copied from another row find nothing.
"""

import threading
import time
from collections.abc import Callable, Iterable
from uuid import UUID

from psg.crypto.envelope import SealingKey

WrappedKey = tuple[int, int, str, bytes, bytes]
"""Partnership and owner as numbers (they compare fastest), kind, id of the wrapping key, wrapped bytes."""


class OpenedKeys:
    """A least-recently-used store in two halves: what was used in this period, and what was used in the one before."""

    def __init__(self, size: int = 8192, seconds: float = 300, tick: Callable[[], float] = time.monotonic) -> None:
        self._half = size // 2
        self._seconds = seconds
        self._tick = tick
        self._lock = threading.Lock()
        self._recent: dict[WrappedKey, SealingKey] = {}
        self._older: dict[WrappedKey, SealingKey] = {}
        self._turned = tick()

    def get(self, wrapped: WrappedKey) -> SealingKey | None:
        """The opened key of these wrapped bytes, if it was used lately."""
        if (key := self._recent.get(wrapped)) is not None:
            return key
        if (key := self._older.get(wrapped)) is not None:
            return self.put(wrapped, key)
        return None

    def put(self, wrapped: WrappedKey, key: SealingKey) -> SealingKey:
        """Keep an opened key."""
        self.put_all([(wrapped, key)])
        return key

    def put_all(self, keys: Iterable[tuple[WrappedKey, SealingKey]]) -> None:
        """Keep opened keys, letting go of the older half when the newer is full."""
        with self._lock:
            for wrapped, key in keys:
                if len(self._recent) >= self._half:
                    self._turn(self._recent)
                self._recent[wrapped] = key

    def grow_older(self) -> None:
        """Called once for each list of keys asked for: let go of what nobody used for one to two periods."""
        late = self._tick() - self._turned
        if late >= self._seconds:
            with self._lock:
                self._turn({} if late >= 2 * self._seconds else self._recent)

    def _turn(self, older: dict[WrappedKey, SealingKey]) -> None:
        self._older, self._recent, self._turned = older, {}, self._tick()

    def forget(self, partnership_id: UUID, owner_id: UUID) -> None:
        """Let go of an owner's key at once."""
        with self._lock:
            for half in (self._recent, self._older):
                for wrapped in [wrapped for wrapped in half if wrapped[:2] == (partnership_id.int, owner_id.int)]:
                    del half[wrapped]

    def __len__(self) -> int:
        """How many opened keys are held."""
        return len(self._recent) + len(self._older)
