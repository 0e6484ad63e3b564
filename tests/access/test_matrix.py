"""Every address, every method, every person, every kind of record: against `matrix.txt`, over HTTP, on PostgreSQL."""

import pytest

from tests.access.hall import Hall
from tests.access.judging import try_page
from tests.access.table import Page, read

PAGES = read()


def test_every_address_stands_in_the_table(hall: Hall) -> None:
    there = {
        (rule.endpoint, method)
        for rule in hall.app.url_map.iter_rules()
        if rule.endpoint != "static" and not rule.endpoint.startswith("assets.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = [(page.endpoint, method) for page in PAGES for method in page.methods]
    assert sorted(there - set(written)) == [], "these addresses have no line in matrix.txt"
    assert sorted(set(written) - there) == [], "these lines of matrix.txt have no address"
    assert len(written) == len(set(written))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.endpoint)
def test_everybody_gets_what_the_table_says(hall: Hall, page: Page) -> None:
    try_page(hall, page, PAGES[-1])
