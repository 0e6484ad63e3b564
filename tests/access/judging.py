"""Whether an answer is the one that the table promises, and whether what was refused tells nothing."""

import re
from collections.abc import Iterator
from typing import Any

from psg.access.permissions import SHOWS_CASES
from tests.access.hall import Cell, Hall
from tests.access.table import Page, choose, read


def try_page(hall: Hall, page: Page, last: Page) -> None:
    """Ask a page's cells; now and then see that looking has changed nothing."""
    cells = [hall.ask(page, person, method, record) for method, record, person in choose(page, read())]
    hall.find_events(cells)
    hall.asked.append(page.endpoint)
    if len(hall.asked) == 4 or page is last:
        asked, before = list(hall.asked), hall.before
        hall.asked.clear()
        hall.before = hall.state()
        assert hall.before == before, f"looking, or being refused, changed something on one of {asked}"
    wrong = [problem for cell in cells for problem in problems(hall, page, cell)]
    assert wrong == [], "\n".join(["", *wrong])


def problems(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    got = outcome(cell)
    if cell.expected == "absent":
        if cell.method == "GET" and got != "404":
            yield str(cell)
    elif got != cell.expected:
        yield str(cell)
    elif cell.expected == "ok":
        yield from _problems_of_allowed(hall, page, cell)
    elif cell.expected == "sign-in":
        if cell.events:
            yield f"{cell}: a stranger caused audit rows"
    elif not page.is_public:
        yield from _problems_of_denied(hall, page, cell)


def _refusals(cell: Cell) -> list[Any]:
    return [row for row in cell.events if row.event == "access.refused"]


def _problems_of_denied(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    refusals = len(_refusals(cell))
    if len(cell.events) != 1 or refusals != 1:
        yield f"{cell}: {refusals} refusals among {len(cell.events)} audit rows, expected exactly one"
    twin = hall.missing_twin(page, cell)
    if twin is not None and _told(cell) != _told(twin):
        first = _first_difference(cell, twin)
        yield f"{cell}: differs from what is said of something that does not exist: {first}"


def _problems_of_allowed(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    if _refusals(cell):
        yield f"{cell}: allowed, yet a refusal was recorded"
    if cell.method != "GET" or cell.answer.status_code != 200:
        return
    permission = hall.app.view_functions[page.endpoint].__access__.permission  # type: ignore[attr-defined]
    if permission in SHOWS_CASES and len(cell.events) != 1:
        yield f"{cell}: {len(cell.events)} audit rows for a look, expected exactly one"
    tenant = "city" if cell.record.startswith("city") else "east"
    for name in page.shows if cell.record != "erased" else ():
        if f"CNRY-{tenant}-{cell.record}-{name}".upper() not in cell.answer.text:
            yield f"{cell}: does not show {name}"


def outcome(cell: Cell) -> str:
    answer = cell.answer
    if answer.status_code == 404:
        return "404"
    if answer.status_code == 403:
        return "agreement"
    if answer.location and answer.location.endswith("/sign-in") and cell.expected != "ok":
        return "sign-in"
    fine = (200, 302, 303, 422, 503) if cell.method == "GET" else (400, 422)
    return "ok" if answer.status_code in fine else answer.status


_NOISE = re.compile(r'(value|data-csrf)="[^"]{40,}"|Printed by [^<]*')


def _told(cell: Cell) -> tuple[Any, ...]:
    """Everything an answer says, but for its own address and reference."""
    headers = sorted((name, value) for name, value in cell.answer.headers if name not in ("Date", "Set-Cookie"))
    body = cell.answer.text.replace(cell.url, "URL").replace(cell.answer.cell_id, "CELL")  # type: ignore[attr-defined]
    length = [(name, value) for name, value in headers if name != "Content-Length"]
    return (cell.answer.status_code, length, _NOISE.sub("", body))


def _first_difference(cell: Cell, twin: Cell) -> str:
    one, other = (repr(_told(each)).split("\\n") for each in (cell, twin))
    return next((f"{a.strip()} / {b.strip()}" for a, b in zip(one, other, strict=False) if a != b), "length")[:300]
