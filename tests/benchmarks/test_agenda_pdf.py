"""The agenda of a meeting with 30 cases as a tagged PDF for one reader, against WeasyPrint on the same content.

The peer's packages are a group of their own: `uv sync --group dev --group bench` (`make bench` does it).
"""

import importlib.util
from datetime import time, timedelta
from itertools import count
from typing import Any

import pytest

from psg import clock
from psg.db import db, transaction
from psg.meetings import documents, operations
from psg.meetings.routes.standing import shipped
from psg.partnerships.models import Group
from tests import pdfs
from tests.benchmarks import weasyprint_peer
from tests.benchmarks.measuring import line, measure, note
from tests.benchmarks.test_work import accepted, acting
from tests.browsing import Browser
from tests.conftest import Installation
from tests.required import left_out

CASES = 30
OWN = ("reference", "title", "why")


@pytest.fixture
def address(tmp_path):
    """An installation with a published agenda; the installation and the address of the document."""
    place = Installation("postgresql", tmp_path)
    place.fresh()
    world = place.world
    with acting(place):
        group, coordinator = db.session.get(Group, (world.east, world.groups["psg"])), world.viewer("coordinator")
        with transaction():
            operations.set_standing_agenda(group, shipped(), by=coordinator)
            meeting = operations.add_meeting(
                group,
                held_on=clock.working_day_on_or_after(clock.today() + timedelta(days=30)),
                at=time(10),
                minutes=120,
                place="Room 1",
                by=coordinator,
            )
        for number in range(CASES):
            with transaction():
                accepted(place, number)
        with transaction(hold=(meeting,)):
            operations.publish(meeting, by=world.viewer("chair"))
        path = f"/east-test/meetings/{meeting.id}/agenda.pdf"
    yield place, path
    place.drop()


def test_agenda_of_thirty_cases(address, monkeypatch):
    if importlib.util.find_spec("weasyprint") is None:
        left_out("WeasyPrint is not installed: uv sync --group dev --group bench")
    place, path = address
    content: dict[str, Any] = {}
    turn = count()
    run = documents._run

    def anew(data: dict[str, Any]) -> dict[str, Any]:
        # Typst remembers what it has set: no two documents here share what is a case's own.
        again = next(turn)
        parts = [
            {**part, "lines": [row | {name: f"{row[name]} {again}" for name in OWN} for row in part["lines"]]}
            for part in data["parts"]
        ]
        return {**data, "parts": parts}

    def kept(template: str, data: dict[str, Any]) -> bytes:
        content.update(data)
        return run(template, anew(data))

    monkeypatch.setattr(documents, "_run", kept)
    browser = Browser(place.app)
    browser.sign_in(place.world.people["officer"].user_id)

    def answer() -> bytes:
        shown = browser.get(path)
        assert shown.status_code == 200, shown.status
        return shown.data

    ways = {
        "answer": answer,
        "document": lambda: run("agenda.typ", anew(content)),
        "peer": lambda: weasyprint_peer.agenda(anew(content)),
    }
    for way in ways.values():
        document = way()
        assert "Tagged:          yes" in pdfs.facts_of(document)
        words = pdfs.text_of(document)
        rows = [row for part in content["parts"] for row in part["lines"]]
        assert len(rows) == CASES
        assert [row["reference"] for row in rows if row["reference"] not in words] == []
    figures = measure(ways, rounds=10, warm=2)
    peer = figures["peer"].least
    line(f"agenda of {CASES} cases as PDF, the whole answer / WeasyPrint", figures["answer"].least / peer, "must 0.10")
    line("  the document alone / WeasyPrint", figures["document"].least / peer, "printed only")
    for name, figure in figures.items():
        note(f"agenda as PDF: {name:12} {figure.least:8.1f} ms of CPU (least), {figure.middle:.1f} (middle)")
