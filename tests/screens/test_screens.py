"""`make screens`: a picture of every page, wide and narrow, and a PDF of those made for paper, into screens/."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import chromium as chromium
from tests.journeys.crowd import CrowdedSite
from tests.journeys.pages import LOOKS, Look
from tests.journeys.visitor import PHONE, WIDE, Visitor

FOLDER = Path(__file__).parent.parent.parent / "screens"
_PAPER = ("print", "minutes", "show", "of_case")


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[dict[str | None, Visitor]]:
    """Everybody who looks at a page, signed in."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    site = CrowdedSite(tmp_path_factory.mktemp("screens-site"))
    made = {}
    for name in {look.who for look in LOOKS}:
        made[name] = Visitor(site, chromium.new_context(viewport=WIDE, locale="en-GB", timezone_id="Europe/London"))
        if name:
            made[name].enter(name)
    yield made
    for visitor in made.values():
        visitor.context.close()
    site.stop()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_picture(look: Look, visitors: dict[str | None, Visitor]) -> None:
    """Take it."""
    visitor = visitors[look.who]
    site = visitor.site
    assert isinstance(site, CrowdedSite)
    page = visitor.page
    page.goto(site.address + look.path(site.app, site.scene))
    for name, size in (("wide", WIDE), ("phone", PHONE)):
        page.set_viewport_size(size)
        page.screenshot(path=FOLDER / f"{look.name}-{name}.png", full_page=True)
    page.set_viewport_size(WIDE)
    if look.endpoint.split(".")[1].startswith(_PAPER):
        page.pdf(path=FOLDER / f"{look.name}.pdf", format="A4", prefer_css_page_size=True)
    print(look.name)
