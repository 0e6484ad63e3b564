"""A part of the table on SQLite, and every page there for a practitioner and a coordinator."""

import pytest

from tests.access.hall import Hall
from tests.access.judging import problems, try_page
from tests.access.table import Page, read
from tests.canary import allowed
from tests.canary.crawling import text_of, tokens_in
from tests.journeys.pages import LOOKS

PAGES = read()
SMOKE = (
    "cases.add_note",
    "cases.decide",
    "cases.index",
    "cases.check",
    "meetings.show",
    "actions.show",
    "accounts.home",
)


@pytest.mark.parametrize("page", [p for p in PAGES if p.endpoint in SMOKE], ids=lambda page: page.endpoint)
def test_the_same_on_sqlite(small_hall: Hall, page: Page) -> None:
    try_page(small_hall, page, PAGES[-1])


@pytest.mark.parametrize("person", ["officer", "coordinator"])
def test_every_page_shows_one_person_what_is_theirs_alone(small_hall: Hall, person: str) -> None:
    """Each page for each record of theirs and one that is not: as the table says, and no word of somebody else's."""
    asked = [page for page in PAGES if "GET" in page.methods]
    assert {look.endpoint for look in LOOKS} <= {page.endpoint for page in asked}
    cells = [
        (page, small_hall.ask(page, person, "GET", record)) for page in asked for record in _records_for(person, page)
    ]
    small_hall.find_events([cell for _, cell in cells])
    wrong = [problem for page, cell in cells for problem in problems(small_hall, page, cell)]
    assert wrong == [], "\n".join(["", *wrong])
    found = {
        (token, cell.url)
        for _, cell in cells
        for token in tokens_in(text_of(cell.answer) + str(cell.answer.headers), small_hall.made.scene.odd)
    }
    assert len(found) > 100, "hardly a planted word was seen"
    assert sorted(f"{token} at {url}" for token, url in found if person not in allowed.may_see(token)) == []


def _records_for(person: str, page: Page) -> list[str]:
    theirs = [record for record, people in page.pattern.allowed.items() if person in people]
    return theirs + [record for record in page.pattern.allowed if record not in theirs][:1]
