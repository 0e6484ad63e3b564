"""`make bench` ends with one table of everything that was measured."""

from typing import Any

from tests.benchmarks import measuring


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table, the figures behind it and how many bars were met."""
    if not measuring.lines:
        return
    terminalreporter.section("measured: ratios of one run, the least of each; other work on the machine moves them")
    for row in measuring.table(measuring.lines):
        terminalreporter.write_line(row)
    results = [row.result for row in measuring.lines if row.result]
    terminalreporter.write_line(f"\n{results.count('met')} of {len(results)} bars met; the rest is printed to be known")
    if measuring.notes:
        terminalreporter.write_line("")
    for text in measuring.notes:
        terminalreporter.write_line(text)
