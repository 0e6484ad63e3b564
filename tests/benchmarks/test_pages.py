"""Pages against their bare floor, as a practitioner sees them: ratios in one run, on PostgreSQL."""

import os
from collections.abc import Callable, Iterator

import pytest

from psg.db import db
from tests.benchmarks import floor
from tests.benchmarks.filling import fill
from tests.benchmarks.measuring import line, measure
from tests.browsing import Browser
from tests.conftest import Installation

MANY, FEW = int(os.environ.get("PSG_BENCH_CASES", "100000")), int(os.environ.get("PSG_BENCH_CASES", "100000")) // 10


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Installation]]:
    """Installations with that many cases."""
    made: dict[int, Installation] = {}

    def get(count: int) -> Installation:
        if count not in made:
            installation = Installation("postgresql", tmp_path_factory.mktemp(f"cases{count}"))
            installation.fresh()
            with installation.app.app_context():
                fill(installation.world, count)
                db.session.remove()
            made[count] = installation
        return made[count]

    yield get
    for installation in made.values():
        installation.drop()


def page(installation: Installation, path: str, who: str = "officer") -> Callable[[], None]:
    """Opens a page as somebody."""
    browser = Browser(installation.app)
    browser.sign_in(installation.world.people[who].user_id)

    def ask() -> None:
        answer = browser.get(path)
        assert answer.status_code == 200, answer.status

    return ask


def test_case_list(filled):
    many, few = filled(MANY), filled(FEW)
    floor.make_plain(many.copy.database_url)
    with floor.pool(many.copy.database_url) as bare:
        figures = measure(
            {
                "floor": floor.list_floor(bare, many.world.east),
                "list": page(many, "/east-test/cases"),
                "coordinator": page(many, "/east-test/cases", "coordinator"),
                "few": page(few, "/east-test/cases"),
            }
        )
    line(
        f"case list, 50 of {MANY:,}, practitioner / bare floor",
        figures["list"].least / figures["floor"].least,
        "must 3.0",
    )
    line(
        f"case list, 50 of {MANY:,}, coordinator / bare floor",
        figures["coordinator"].least / figures["floor"].least,
        "must 3.0",
    )
    line(f"case list, {MANY:,} / {FEW:,}", figures["list"].least / figures["few"].least, "must 1.2")
