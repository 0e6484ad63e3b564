"""The list over very many cases, and the list on SQLite.

    PSG_BENCH_CASES=1000000 ./psg test tests/benchmarks/test_many_cases.py -n 0 -s

measures the list over that many cases against a tenth of them. Without it 100,000 and 10,000 are compared. The first
tenth is sealed as the application seals (about a minute for 100,000); the rest is copied inside the database.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, render_template
from jinja2 import DictLoader

from psg import clock
from psg.db import db
from tests.benchmarks.filling import copy_up_to, fill
from tests.benchmarks.floor import LIST
from tests.benchmarks.measuring import line, measure
from tests.browsing import Browser
from tests.conftest import Installation

MANY = int(os.environ.get("PSG_BENCH_CASES", "100000"))
ON_SQLITE = 10_000


def made(kind: str, folder: Path, sealed: int, total: int) -> Installation:
    """An installation with so many cases, of which so many can be opened."""
    folder.mkdir()
    installation = Installation(kind, folder)
    installation.fresh()
    with installation.app.app_context():
        fill(installation.world, sealed)
        if total > sealed:
            copy_up_to(total)
        db.session.remove()
    return installation


def page(installation: Installation, who: str) -> Callable[[], None]:
    """Opens the list as somebody."""
    browser = Browser(installation.app)
    browser.sign_in(installation.world.people[who].user_id)

    def ask() -> None:
        answer = browser.get("/east-test/cases")
        assert answer.status_code == 200, answer.status

    return ask


def test_the_list_hardly_grows(tmp_path):
    few = made("postgresql", tmp_path / "few", MANY // 10, MANY // 10)
    many = made("postgresql", tmp_path / "many", MANY // 10, MANY)
    try:
        for who in ("officer", "coordinator"):
            figures = measure({"few": page(few, who), "many": page(many, who)})
            ratio = figures["many"].least / figures["few"].least
            line(f"case list, {MANY:,} cases / {MANY // 10:,}, {who}", ratio, "must 1.2")
    finally:
        few.drop()
        many.drop()


def test_the_list_on_sqlite(tmp_path):
    place = made("sqlite", tmp_path / "sqlite", ON_SQLITE, ON_SQLITE)
    rows = {"floor": bare(place), "officer": page(place, "officer"), "coordinator": page(place, "coordinator")}
    figures = measure(rows)
    for who in ("officer", "coordinator"):
        ratio = figures[who].least / figures["floor"].least
        line(f"case list, 50 of {ON_SQLITE:,}, {who} / bare floor", ratio, "printed only (sqlite)")
    place.drop()


def bare(place: Installation) -> Callable[[], None]:
    """The same 50 rows from the driver into a plain template: no sign-in, sealing, rules or audit."""
    connection = sqlite3.connect(place.folder / "copy.sqlite")
    app = Flask("floor")
    app.jinja_loader = DictLoader({"list.html": LIST})  # type: ignore[assignment]  # Flask says FileSystemLoader
    words = ("noise street " * 4, "12 of 30", "gathering verge " * 8)
    today = clock.today()

    @app.get("/")
    def index() -> str:
        found: list[Any] = connection.execute(
            "select c.id, c.reference, c.state, c.band, u.last_name from cases c join users u "
            "on u.id = c.lead_officer_id where c.partnership_id = ? and c.state = 'open' "
            "order by c.review_on, c.id limit 50",
            (place.world.east.hex,),
        ).fetchall()
        rows = [(*row[:2], *words, *row[2:], today) for row in found]
        return render_template("list.html", rows=rows)

    client = app.test_client()

    def ask() -> None:
        answer = client.get("/")
        assert answer.text.count("<tr>") >= 50

    return ask
