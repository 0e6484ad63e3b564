"""Words and sums of these pages, in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

SMALL = 5
"""Counts below this are not shown in figures, since few people stand behind them; nought tells of nobody."""


def greeting(first_name: str, at: time) -> str:
    """As in "Good morning, Priya"."""
    part = "morning" if at.hour < 12 else ("afternoon" if at.hour < 18 else "evening")
    return f"Good {part}, {first_name}"


def due_sentence(due_today: int, overdue: int) -> str:
    """As in "2 things are due today, 1 is overdue."; nothing when nothing is."""
    parts = []
    if due_today:
        parts.append(f"{due_today} {'thing is' if due_today == 1 else 'things are'} due today")
    if overdue:
        what = "" if due_today else ("thing " if overdue == 1 else "things ")
        parts.append(f"{overdue} {what}{'is' if overdue == 1 else 'are'} overdue")
    return f"{', '.join(parts)}." if parts else ""


def months_back(last: date, count: int) -> list[date]:
    """The first days of the months up to that of `last`, oldest first."""
    months = [last.year * 12 + last.month - 1 - back for back in range(count)]
    return [date(number // 12, number % 12 + 1, 1) for number in reversed(months)]


@dataclass(frozen=True)
class Cell:
    """One number of a table; None means that it is not shown."""

    count: int | None

    @property
    def words(self) -> str:
        """The number, or a mark for one that is not shown."""
        return "not shown" if self.count is None else f"{self.count:,}"


@dataclass(frozen=True)
class Figures:
    """A table of counts with its sums, safe to show."""

    rows: Mapping[str, Sequence[Cell]]
    row_sums: Mapping[str, Cell]
    column_sums: Sequence[Cell]
    total: Cell


def suppressed(counts: Mapping[str, Sequence[int]]) -> Figures:
    """Hide counts of 1 to 4, and as many more as it takes that no hidden one can be worked out from the sums.

    A hidden number beside a shown sum is given away by subtraction, also across several lines, so further numbers are
    hidden until none is: small ones before large ones, noughts last. Sums are numbers of the table like the others.
    """
    names = list(counts)
    width = len(next(iter(counts.values()), ()))
    body = [[*counts[name], sum(counts[name])] for name in names]
    body.append([sum(row[column] for row in body) for column in range(width + 1)] if body else [0] * (width + 1))
    hidden = {(row, column) for row, line in enumerate(body) for column, count in enumerate(line) if 0 < count < SMALL}
    while (more := _next_to_hide(body, hidden)) is not None:
        hidden.add(more)
    shown = [
        [Cell(None if (row, column) in hidden else count) for column, count in enumerate(line)]
        for row, line in enumerate(body)
    ]
    return Figures(
        rows={name: shown[row][:width] for row, name in enumerate(names)},
        row_sums={name: shown[row][width] for row, name in enumerate(names)},
        column_sums=shown[-1][:width],
        total=shown[-1][width],
    )


_Cell = tuple[int, int]
_Line = tuple[str, int]


def _next_to_hide(body: Sequence[Sequence[int]], hidden: set[_Cell]) -> _Cell | None:
    """One more number to hide, because a hidden one could be worked out; None when none can.

    Rows and columns are the knots of a net whose threads are the hidden numbers. A number can be worked out exactly
    when cutting its thread parts the net, so one more thread across that cut (or along one of its lines) is added.
    """
    everything = {(row, column) for row, line in enumerate(body) for column in range(len(line))}
    for row, column in sorted(hidden):
        rest = hidden - {(row, column)}
        here, there = _joined(("row", row), rest), _joined(("column", column), rest)
        if here & there:
            continue
        free = everything - hidden
        across = {cell for cell in free if _parts(cell, here, there) or _parts(cell, there, here)}
        in_column = {cell for cell in free if cell[1] == column}
        alone = all(cell[1] != column for cell in rest)
        in_row = {cell for cell in free if cell[0] == row}
        choice = across or (in_column if alone and in_column else in_row or in_column)
        if choice:
            return min(choice, key=lambda cell: (body[cell[0]][cell[1]] == 0, body[cell[0]][cell[1]], cell))
    return None


def _joined(start: _Line, threads: set[_Cell]) -> set[_Line]:
    """Every row and column that hangs together with one of them."""
    found, waiting = {start}, [start]
    while waiting:
        kind, number = waiting.pop()
        for row, column in threads:
            if (kind == "row" and row == number) or (kind == "column" and column == number):
                new: set[_Line] = {("row", row), ("column", column)} - found
                found |= new
                waiting += new
    return found


def _parts(cell: _Cell, one: set[_Line], other: set[_Line]) -> bool:
    """Whether a number's row lies on one side of a cut and its column on the other."""
    return ("row", cell[0]) in one and ("column", cell[1]) in other
