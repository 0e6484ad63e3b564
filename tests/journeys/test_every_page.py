"""Every page of the application, looked at once: accessible, reachable by keyboard, and fit for a narrow screen."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys import modes
from tests.journeys.crowd import CrowdedSite
from tests.journeys.pages import LOOKS, NO_PAGES, Look
from tests.journeys.scene import FullSite
from tests.journeys.visitor import WIDE, Visitor

_WATCH = """() => {
  const drawn = (look) => look.outlineStyle !== "none" || look.boxShadow !== "none";
  const describe = (here) => {
    const box = here.getBoundingClientRect();
    const labels = [...(here.labels ?? [])];
    // Radio buttons and checkboxes are see-through; what is drawn for them belongs to their label.
    const shown = drawn(getComputedStyle(here)) || labels.some((one) => drawn(getComputedStyle(one, "::before")));
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const mine = !top || here.contains(top) || top.contains(here) || labels.some((one) => one.contains(top));
    return {
      name: (here.tagName + " " + (here.id || here.name || here.textContent || "").trim()).slice(0, 80),
      shown, covered: !mine && box.width > 2, inside: box.bottom > 0 && box.top < innerHeight,
    };
  };
  window.stops = [];
  document.addEventListener("focusin", (event) => window.stops.push(describe(event.target)));
  document.activeElement?.blur();
  window.scrollTo(0, 0);
  const groups = new Set();
  let count = 0;
  for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (one.disabled || one.type === "hidden" || one.tabIndex < 0) continue;
    if (!one.checkVisibility({visibilityProperty: true})) continue;
    if (one.closest("details:not([open])") && one.tagName !== "SUMMARY") continue;
    // A group of radio buttons is one stop.
    if (one.type === "radio" && groups.has(one.name)) continue;
    if (one.type === "radio") groups.add(one.name);
    count += 1;
  }
  return count;
}"""
_MANY = 120
"""So many stops are walked at most: long pages repeat what stands at their top."""
MARKED = ("casefile.", "risk.", "actions.of_case", "actions.show", "meetings.show", "meetings.print", "meetings.run")
"""Pages that show what is about a case carry the handling marking, on paper too."""


@pytest.fixture(scope="package")
def full_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullSite]:
    """A server with work to show. The tests here only look, so they share it."""
    site = CrowdedSite(tmp_path_factory.mktemp("full-site"))
    yield site
    site.stop()


@pytest.fixture(scope="module")
def visitor_of(full_site: FullSite, chromium: Browser) -> Iterator[Callable[[str | None], Visitor]]:
    """A visitor for each person, kept over the pages that person looks at."""
    made: dict[str | None, Visitor] = {}

    def get(name: str | None) -> Visitor:
        if name not in made:
            context = chromium.new_context(viewport=WIDE, locale="en-GB", timezone_id="Europe/London")
            context.set_default_timeout(10_000)
            made[name] = Visitor(full_site, context)
            if name:
                made[name].enter(name)
        return made[name]

    yield get
    for visitor in made.values():
        visitor.context.close()


def test_every_page_is_looked_at(full_site: FullSite) -> None:
    """A new page has to be added to the list, or said to be none."""
    known = {look.endpoint for look in LOOKS} | set(NO_PAGES)
    asked = {rule.endpoint for rule in full_site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert asked - known == set()
    assert known - asked == set()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_page(look: Look, full_site: FullSite, visitor_of: Callable[[str | None], Visitor]) -> None:
    """It opens, axe finds nothing, the keyboard walks through it, and it is whole in every way of seeing it."""
    full_site.failures.clear()
    visitor = visitor_of(look.who)
    visitor.troubles.clear()
    answer = visitor.open(look.path(full_site.app, full_site.scene))
    assert answer.status == look.status
    _walk(visitor.page)
    assert modes.problems(visitor.page, marked=look.endpoint.startswith(MARKED)) == []


def _walk(page: Page) -> None:
    """Tab from the first to the last: each is seen, none lies under a bar, and there is a way out at the end."""
    reachable = page.evaluate(_WATCH)
    for _ in range(min(reachable, _MANY)):
        page.keyboard.press("Tab")
    stops = page.evaluate("() => window.stops")
    assert [stop["name"] for stop in stops if not stop["shown"]] == [], "focus cannot be seen"
    assert [stop["name"] for stop in stops if stop["covered"]] == [], "focus lies under something"
    assert [stop["name"] for stop in stops if not stop["inside"]] == [], "focus is off the screen"
    assert len(stops) == min(reachable, _MANY), f"{len(stops)} of {reachable} reached: {[s['name'] for s in stops]}"
