"""The case list through a real gunicorn: against the bare floor, and against Django, served alike. On PostgreSQL.

The peer's packages are a group of their own: `uv sync --group dev --group bench` (`make bench` does it).
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from psg.accounts import sessions
from psg.db import db
from tests.benchmarks import floor
from tests.benchmarks.filling import fill
from tests.benchmarks.measuring import line
from tests.benchmarks.serving import ROOT, Server, Visit, environment, measure, serve
from tests.browsing import Browser
from tests.conftest import Installation
from tests.required import left_out

MANY = int(os.environ.get("PSG_BENCH_CASES", "100000"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with very many cases."""
    installation = Installation("postgresql", tmp_path_factory.mktemp("served"))
    installation.fresh()
    with installation.app.app_context():
        fill(installation.world, MANY)
        db.session.remove()
    yield installation
    installation.drop()


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Ends what was started."""
    with ExitStack() as stack:
        yield stack


def psg(place: Installation, folder: Path, closing: ExitStack, who: str) -> Server:
    """PSG's list as somebody sees it."""
    browser = Browser(place.app)
    browser.sign_in(place.world.people[who].user_id)
    cookie = browser.client.get_cookie(sessions.COOKIE, domain="psg.test")
    assert cookie is not None
    visit = Visit("/east-test/cases", {"Host": "psg.test", "Cookie": f"{sessions.COOKIE}={cookie.value}"})
    return closing.enter_context(serve("wsgi:app", folder, environment(place.copy), visit))


def bare(place: Installation, folder: Path, closing: ExitStack) -> Server:
    """The floor's list."""
    floor.make_plain(place.copy.database_url)
    visit = Visit(f"/?partnership={place.world.east}")
    return closing.enter_context(serve("tests.benchmarks.floor_entry:app", folder, environment(place.copy), visit))


def test_against_the_floor(place, tmp_path, closing):
    figures = measure(
        {
            "floor": bare(place, tmp_path, closing),
            "practitioner": psg(place, tmp_path, closing, "officer"),
            "coordinator": psg(place, tmp_path, closing, "coordinator"),
        }
    )
    for who in ("practitioner", "coordinator"):
        ratio = figures[who].least / figures["floor"].least
        line(f"served: case list, 50 of {MANY:,}, {who} / bare floor", ratio, "must 3.0")


def test_against_django(place, tmp_path, closing):
    if importlib.util.find_spec("encrypted_model_fields") is None:
        left_out("Django is not installed: uv sync --group dev --group bench")
    told = environment(place.copy) | {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.django_peer.settings"}
    prepared = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.django_peer.prepare"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **told},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    visit = Visit(f"/?partnership={place.world.east}", {"Cookie": f"sessionid={prepared.stdout.strip()}"})
    drawn = {
        "Django": "django.template.backends.django.DjangoTemplates",
        "Django, page by Jinja": "django.template.backends.jinja2.Jinja2",
    }
    servers = {
        name: closing.enter_context(
            serve("django.core.wsgi:get_wsgi_application()", tmp_path, told | {"PEER_TEMPLATES": templates}, visit)
        )
        for name, templates in drawn.items()
    }
    figures = measure({"PSG": psg(place, tmp_path, closing, "officer"), **servers})
    for name, bar in (("Django", "must 0.33"), ("Django, page by Jinja", "printed only")):
        line(f"served: case list, 50 of {MANY:,}, PSG / {name}", figures["PSG"].least / figures[name].least, bar)
