"""A case page and logging a case, with many cases there and with a tenth of them: neither should notice."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.filling import fill
from tests.benchmarks.measuring import line, measure
from tests.benchmarks.test_work import acting, crowded, logs, opens
from tests.conftest import Installation

MANY = {"postgresql": int(os.environ.get("PSG_BENCH_CASES", "100000")), "sqlite": 10_000}


@pytest.mark.parametrize("kind", MANY)
def test_many_cases_against_a_tenth(kind: str, tmp_path: Path) -> None:
    pages: dict[str, Callable[[], None]] = {}
    writes: dict[str, Callable[[], None]] = {}
    made: dict[str, Installation] = {}
    for name, count in (("many", MANY[kind]), ("few", MANY[kind] // 10)):
        (tmp_path / name).mkdir()
        place = made[name] = Installation(kind, tmp_path / name)
        place.fresh()
        with acting(place):
            fill(place.world, count)
            pages[name] = opens(place)(f"/east-test/cases/{crowded(place)}")
            writes[name] = logs(place)
    figures = measure(pages)
    logged: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(3):  # short series in turn: logging needs its own application's context around it
        for name, place in made.items():
            with acting(place):
                logged[name].append(measure({name: writes[name]}, rounds=15)[name].least)
    for place in made.values():
        place.drop()
    held = f"{MANY[kind]:,} cases / {MANY[kind] // 10:,}"
    line(f"case page, {held}", figures["many"].least / figures["few"].least, f"printed only ({kind})")
    line(f"log a case, {held}", min(logged["many"]) / min(logged["few"]), f"printed only ({kind})")
