"""Opening a page's 150 sealed values, each record under its own key, against one key for the whole table."""

from tests.benchmarks.measuring import line, measure
from tests.crypto.measure import a_page


def test_opening_a_page():
    with a_page() as ways:
        figures = measure(
            {"floor": ways.one_table_key, "warm": ways.keys_used_lately, "cold": ways.keys_never_seen}, rounds=200
        )
    floor = figures["floor"].least
    line("open 150 values of 50 records, keys used lately / one table key", figures["warm"].least / floor, "must 2.0")
    line("the same, keys never seen before / one table key", figures["cold"].least / floor, "must 2.0")
