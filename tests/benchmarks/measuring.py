"""CPU time of this process, interleaved, so that whatever else the machine does falls on all rows alike.

What was measured is kept until the run ends, and printed then as one table.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    work: str
    against: str
    ratio: str
    bar: str
    result: str


lines: list[Line] = []
"""In the order in which they were measured."""

notes: list[str] = []
"""The figures behind the ratios, and what else is worth knowing."""


def line(name: str, ratio: float, bar: str) -> None:
    """Keep one line of the table.

    name: the work and, behind a stroke, what it is held against.
    bar: "must 3.0" (no more than that), "must reach 7.0" (no less) or "printed only"; what follows in brackets, such as
    a kind of database, is said behind the work.
    """
    said, bracket, where = bar.partition(" (")
    work, _, against = name.rpartition(" / ") if " / " in name else (name, "", "")
    sign, result = "", ""
    if found := re.fullmatch(r"must (reach )?([\d.]+)", said):
        reach, value = found[1], float(found[2])
        sign = f"{'>=' if reach else '<='} {found[2]}"
        result = "met" if (ratio >= value if reach else ratio <= value) else "missed"
    elif said != "printed only":
        raise ValueError(f"this bar cannot be read: {bar}")
    lines.append(Line(work + bracket + where, against, f"{ratio:.2f}", sign, result))


def note(text: str) -> None:
    """Keep a figure for below the table."""
    notes.append(text)


def table(rows: Sequence[Line]) -> list[str]:
    """The lines as text, in columns."""
    cells = [("work", "against", "ratio", "bar", ""), *((r.work, r.against, r.ratio, r.bar, r.result) for r in rows)]
    wide = [max(len(row[at]) for row in cells) for at in range(5)]
    return [
        f"{work:<{wide[0]}}  {against:<{wide[1]}}  {ratio:>{wide[2]}}  {bar:<{wide[3]}}  {result}".rstrip()
        for work, against, ratio, bar, result in cells
    ]
