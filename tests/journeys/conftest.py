"""One server and one browser for each test process; a fresh world and fresh browser contexts for each test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.site import Site
from tests.journeys.visitor import WIDE, Visitor
from tests.required import left_out

PATIENCE = 10_000
"""Milliseconds that an expectation waits for a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a network of its own."""
    program = os.environ.get("PSG_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        left_out("there is no Chromium or Chrome (name one in PSG_TEST_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def the_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server."""
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


@pytest.fixture
def site(the_site: Site) -> Site:
    """The server with the world as it was built."""
    the_site.fresh()
    the_site.failures.clear()
    return the_site


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors: `visit("officer")` is signed in, `visit()` is not."""
    contexts = []
    visitors: list[Visitor] = []

    def make(name: str | None = None, *, script: bool = True, size: dict[str, int] = WIDE, **options: Any) -> Visitor:
        context = chromium.new_context(viewport=size, locale="en-GB", timezone_id="Europe/London", **options)
        if not script:
            # None of ours arrives. Scripts as such stay on, since axe is one.
            context.route("**/*.js", lambda route: route.abort())
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        visitor = Visitor(site, context, script=script, engine=options.get("java_script_enabled", True))
        visitors.append(visitor)
        return visitor.enter(name) if name else visitor

    yield make
    for context in contexts:
        context.close()
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    assert not troubles, troubles
    assert not site.failures, site.failures
