"""A person at a browser: presses, types, and has every page they come to looked at for accessibility."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from tests.journeys import axe
from tests.journeys.site import COOKIE, Site
from tests.worlds import PASSWORD

WIDE = {"width": 1366, "height": 768}
PHONE = {"width": 320, "height": 640}

_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """One person in one browser context. `presses` counts what they did: a click, a field filled, a choice made."""

    def __init__(self, site: Site, context: BrowserContext, *, script: bool = True, engine: bool = True) -> None:
        """script: whether ours arrive. engine: whether the browser runs any at all; without it axe cannot look."""
        self.site = site
        self.context = context
        self.script = script and engine
        self.engine = engine
        self.page: Page = context.new_page()
        self.presses = 0
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(f"script error at {self.page.url}: {error}"))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A page that answers 404 or 422 is reported there too; those are answers, not troubles.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(f"console at {self.page.url}: {message.text}")

    # Coming in

    def enter(self, name: str) -> "Visitor":
        """Be signed in, without the form."""
        self.context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": self.site.session_of(name),
                    # Chromium takes a secure cookie of localhost over http from the page itself, not from a test.
                    "url": self.site.address.replace("http:", "https:"),
                    "httpOnly": True,
                    "secure": True,
                    "sameSite": "Lax",
                }
            ]
        )
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in at the form that is open."""
        self.fill("E-mail", self.site.world.people[name].email)
        self.fill("Password", password)
        self.press("Sign in")

    # Moving about

    def open(self, path: str) -> Response:
        """Type an address."""
        answer = self.page.goto(self.site.address + path)
        assert answer is not None
        self.look()
        return answer

    @property
    def path(self) -> str:
        """Where they are."""
        return self.page.url.removeprefix(self.site.address)

    def look(self) -> None:
        """Check the page that is open, once for each document: accessible, one h1, nothing sideways, a title."""
        self.page.wait_for_load_state()
        if self.page.evaluate("() => window.lookedAt === true"):
            return
        self.look_again()
        self.page.evaluate("() => { window.lookedAt = true; }")

    def look_again(self) -> None:
        """Check the page as it stands now, after something opened on it."""
        found = axe.findings(self.page) if self.engine else []
        assert not found, f"{self.path}\n{axe.in_words(found)}"
        assert self.page.locator("h1").count() == 1, f"{self.path} has not one h1"
        assert self.page.evaluate(_SIDEWAYS) <= 0, f"{self.path} scrolls sideways"
        assert not self.troubles, self.troubles
        assert not self.site.failures, self.site.failures

    # Doing

    def press(self, name: str | re.Pattern[str], *, within: Locator | None = None, nth: int = 0) -> None:
        """Press the button or link of that name; the page that follows is looked at."""
        place = within if within is not None else self.page
        exact = isinstance(name, str)
        button = place.get_by_role("button", name=name, exact=exact)
        target = button.or_(place.get_by_role("link", name=name, exact=exact))
        self.press_on(target.nth(nth))

    def press_on(self, target: Locator) -> None:
        """Press something."""
        target.click()
        self.presses += 1
        self.look()

    def fill(self, label: str | re.Pattern[str], text: str, *, within: Locator | None = None, nth: int = 0) -> None:
        """Fill the field of that label; a string matches its beginning."""
        place = within if within is not None else self.page
        place.get_by_label(_beginning(label)).nth(nth).fill(text)
        self.presses += 1

    def choose(self, label: str | re.Pattern[str], *, within: Locator | None = None, nth: int = 0) -> None:
        """Tick the radio button or checkbox of that label."""
        place = within if within is not None else self.page
        name = _beginning(label)
        radio = place.get_by_role("radio", name=name).or_(place.get_by_role("checkbox", name=name))
        radio.nth(nth).check()
        self.presses += 1

    def pick(self, label: str | re.Pattern[str], option: str | re.Pattern[str], *, nth: int = 0) -> None:
        """Pick an entry of a select by its words."""
        field = self.page.get_by_label(_beginning(label)).nth(nth)
        entry = field.locator("option", has_text=option).first
        field.select_option(value=entry.get_attribute("value"))
        self.presses += 1

    # Seeing

    def sees(self, words: str | re.Pattern[str]) -> None:
        """The words stand on the page, to be seen."""
        expect(self.page.get_by_text(words).filter(visible=True).first).to_be_visible()

    def sees_heading(self, words: str | re.Pattern[str]) -> None:
        """A heading reads so."""
        expect(self.page.get_by_role("heading", name=words).first).to_be_visible()

    def sees_not(self, words: str | re.Pattern[str]) -> None:
        """The words stand nowhere."""
        expect(self.page.get_by_text(words)).to_have_count(0)

    def sees_banner(self, words: str | re.Pattern[str]) -> None:
        """The banner at the top says so, and has the focus where scripts run."""
        banner = self.page.locator(".app-banner")
        expect(banner).to_contain_text(words)
        if self.script:
            expect(banner).to_be_focused()

    def sees_problem(self, words: str | re.Pattern[str]) -> None:
        """The error summary names it, and the title says that something is wrong."""
        expect(self.page.locator(".govuk-error-summary")).to_contain_text(words)
        expect(self.page).to_have_title(re.compile("^Error: "))


def _beginning(label: str | re.Pattern[str]) -> re.Pattern[str]:
    return label if isinstance(label, re.Pattern) else re.compile(f"^{re.escape(label)}", re.IGNORECASE)
