"""Figures: small numbers are hidden, and nothing hidden can be worked out from what is shown."""

from collections.abc import Sequence
from datetime import date, time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psg.worklist.rules import SMALL, Figures, due_sentence, greeting, months_back, suppressed

TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=4)
)


def grid(figures: Figures) -> list[list[int | None]]:
    rows = [[*(c.count for c in cells), figures.row_sums[name].count] for name, cells in figures.rows.items()]
    return [*rows, [*(cell.count for cell in figures.column_sums), figures.total.count]]


def known_by_sums(shown: list[list[int | None]]) -> set[tuple[int, int]]:
    """Hidden cells that linear sums of rows and columns give away, by Gaussian elimination."""
    unknown = [(r, c) for r, row in enumerate(shown) for c, value in enumerate(row) if value is None]
    if not unknown:
        return set()
    height, width = len(shown), len(shown[0])
    lines: list[list[tuple[int, int]]] = [[(r, c) for c in range(width)] for r in range(height)]
    lines += [[(r, c) for r in range(height)] for c in range(width)]
    equations = []
    for line in lines:
        # Each line says: its numbers minus its sum (the last one) make nought.
        signs = {cell: Fraction(-1 if cell == line[-1] else 1) for cell in line}
        equations.append([signs.get(cell, Fraction(0)) for cell in unknown])
    return {unknown[index] for index in _determined(equations, len(unknown))}


def _determined(equations: Sequence[Sequence[Fraction]], width: int) -> set[int]:
    rows = [list(row) for row in equations]
    pivots: list[int] = []
    at = 0
    for column in range(width):
        pivot = next((r for r in range(at, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[at], rows[pivot] = rows[pivot], rows[at]
        head = rows[at][column]
        rows[at] = [value / head for value in rows[at]]
        for r in range(len(rows)):
            if r != at and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [value - factor * base for value, base in zip(rows[r], rows[at], strict=True)]
        pivots.append(column)
        at += 1
    return {pivots[r] for r in range(at) if sum(bool(value) for value in rows[r]) == 1}


@given(TABLES)
@settings(deadline=None, max_examples=150)
def test_no_hidden_number_follows_from_the_sums(table: list[list[int]]) -> None:
    figures = suppressed({str(number): row for number, row in enumerate(table)})
    shown = grid(figures)
    assert not known_by_sums(shown)
    for row, cells in zip(table, shown, strict=False):
        for count, cell in zip(row, cells, strict=False):
            assert cell is None or cell == count
            assert not (0 < count < SMALL) or cell is None


def test_nothing_is_hidden_without_need() -> None:
    figures = suppressed({"A": [10, 0], "B": [5, 7]})
    assert all(value is not None for row in grid(figures) for value in row)


def test_a_single_small_number_is_never_alone() -> None:
    shown = grid(suppressed({"A": [2, 20, 30], "B": [40, 50, 60]}))
    assert sum(value is None for row in shown for value in row) >= 4


def test_no_table_at_all() -> None:
    assert suppressed({}).rows == {}


def test_months() -> None:
    assert months_back(date(2026, 2, 28), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


@pytest.mark.parametrize(
    ("today", "overdue", "words"),
    [
        (0, 0, ""),
        (2, 1, "2 things are due today, 1 is overdue."),
        (1, 0, "1 thing is due today."),
        (0, 1, "1 thing is overdue."),
        (0, 3, "3 things are overdue."),
    ],
)
def test_the_sentence_of_the_morning(today: int, overdue: int, words: str) -> None:
    assert due_sentence(today, overdue) == words


def test_greeting() -> None:
    assert greeting("Priya", time(8, 59)) == "Good morning, Priya"
    assert greeting("Priya", time(12, 0)) == "Good afternoon, Priya"
    assert greeting("Priya", time(23, 0)) == "Good evening, Priya"
