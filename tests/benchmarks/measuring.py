"""CPU time of this process, interleaved, so that whatever else the machine does falls on all rows alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """CPU milliseconds of one call: the least and the middle of many."""

    least: float
    middle: float


def measure(rows: Mapping[str, Callable[[], object]], *, rounds: int = 40, warm: int = 5) -> dict[str, Figure]:
    """Call each in turn, many times over."""
    for call in rows.values():
        for _ in range(warm):
            call()
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, call in rows.items():
            began = time.process_time()
            call()
            times[name].append((time.process_time() - began) * 1000)
    return {name: Figure(min(values), sorted(values)[len(values) // 2]) for name, values in times.items()}


def line(name: str, ratio: float, bar: str) -> None:
    """One line of the table."""
    print(f"{name:72}{ratio:8.2f}x   {bar}")
