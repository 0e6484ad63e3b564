"""The main job: a newcomer logs a case, the coordinator decides it, the officer works on it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.visitor import Visitor

Visit = Callable[..., Visitor]
REFERENCE = re.compile(r"EC-[0-9A-Z]{4}-[0-9A-Z]{2}")
STORY = "Groups gather in the stairwell from six. Two households no longer go out after dark."


def log_a_case(someone: Visitor) -> str:
    """From My work to the panel, following only the screen; the new case's reference."""
    someone.press("Log a case")
    someone.choose("People and a place")
    someone.choose("Person harmed")
    someone.fill("First names", "Maureen")
    someone.fill("Last name", "Fenwick")
    someone.fill("How to contact them safely", "Text first")
    someone.fill("What the place is", "Orchard Court, a block of flats")
    someone.press("Continue")
    someone.sees_heading("What is happening?")
    someone.fill("Working title", "Noise and threats at a block of flats")
    someone.fill("What has been happening", STORY)
    someone.choose("Antisocial behaviour")
    someone.choose("Yes")
    if someone.script:
        someone.sees("If somebody is in danger now, ring 999")
    someone.press("Continue")
    someone.sees_heading("Why this group?")
    someone.fill("Why several agencies are needed", "The landlord holds the doors, the police the patrols")
    someone.choose(re.compile("^Power to share"))
    someone.choose(re.compile("^Prevent"))
    someone.press("Continue")
    someone.sees_heading("Check and send")
    someone.sees("Maureen Fenwick")
    someone.choose("Problem Solving Group")
    someone.press("Send to the group")
    heading = someone.page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("sent")
    found = REFERENCE.search(heading.inner_text())
    assert found
    return found.group()


def decide(someone: Visitor, reference: str) -> None:
    """The coordinator accepts it from My work."""
    someone.open("/my-work")
    someone.press(f"Decide {reference}")
    someone.choose("Accept")
    someone.pick("Lead agency", "Test Constabulary")
    someone.pick("Lead officer", "Officer Tester")
    someone.fill("Reason", "Several agencies hold a part of it")
    someone.press("Record decision")
    someone.sees_banner("accepted")


def work_on(someone: Visitor, reference: str) -> None:
    """The officer adds a note, a person, an action and a score."""
    someone.open(f"/east-test/cases/{reference}")
    someone.press("Add note")
    someone.fill("What happened", "Called at nine; music in the stairwell, nobody answered.")
    someone.choose("Visit")
    someone.press("Save note")
    someone.sees_banner("saved")
    someone.open(f"/east-test/cases/{reference}/people/add")
    someone.choose("Person of concern")
    someone.choose("Their name is not known")
    someone.press(re.compile("^(Add|Save)"))
    someone.open(f"/east-test/cases/{reference}")
    someone.press(re.compile("^Add action"))
    someone.fill("What is to be done", "Ask the landlord for the door log")
    someone.pick("Who will do it", "Officer Tester")
    someone.choose(re.compile("In 1 week|In a week|Before the next"))
    someone.page.get_by_role("group", name="How pressing is it").get_by_role("radio").nth(1).check()
    someone.press("Give this action")
    someone.sees("Ask the landlord for the door log")


def test_a_newcomer_logs_a_case(visit: Visit) -> None:
    """From sign-in to the panel in few presses, with only the screen to follow; then decided and worked on."""
    newcomer = visit()
    newcomer.open("/")
    newcomer.sign_in("referrer")
    reference = log_a_case(newcomer)
    assert newcomer.presses < 40, newcomer.presses
    decide(visit("coordinator"), reference)
    officer = visit("officer")
    work_on(officer, reference)
    officer.open(f"/east-test/cases/{reference}")
    officer.sees("music in the stairwell")
    officer.sees("Ask the landlord for the door log")


def test_assessing_the_risk_twice_draws_a_chart(visit: Visit) -> None:
    newcomer = visit("referrer")
    newcomer.open("/my-work")
    reference = log_a_case(newcomer)
    decide(visit("coordinator"), reference)
    officer = visit("officer")
    for worse in (0, 2):
        officer.open(f"/east-test/cases/{reference}/risk/assess/example-person-harmed")
        groups = officer.page.locator("fieldset")
        for number in range(groups.count()):
            radios = groups.nth(number).get_by_role("radio")
            if radios.count():
                radios.nth(min(worse, radios.count() - 2)).check()
        officer.press("Check the total")
        officer.sees_heading("Check the assessment")
        officer.choose(re.compile("^Yes"))
        officer.press("Save this assessment")
        officer.sees_banner("Assessment saved")
    expect(officer.page.locator("svg.app-chart--wide")).to_be_visible()
    officer.sees("The scores as a table")


def test_without_script(visit: Visit) -> None:
    """The same with scripts switched off."""
    newcomer = visit(script=False)
    newcomer.open("/")
    newcomer.sign_in("referrer")
    reference = log_a_case(newcomer)
    coordinator = visit("coordinator", script=False)
    decide(coordinator, reference)
    work_on(visit("officer", script=False), reference)


class Keys:
    """A person without a mouse: Tab, Enter, Space, arrows and typing, nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, target: str) -> None:
        """Tab to what a selector names; the skip link is one press away at most."""
        for _ in range(150):
            if self.page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", target):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never came to {target} on {self.page.url}")

    def write(self, target: str, text: str) -> None:
        """Go to a field and type."""
        self.to(target)
        self.page.keyboard.type(text)

    def arrow(self, target: str, wanted: str) -> None:
        """Go to a group of radio buttons and take the one with that value."""
        self.to(target)
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.page.evaluate("() => document.activeElement.value") == wanted:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"no radio button {wanted} in {target}")

    def enter(self, target: str) -> None:
        """Go to a link or a button and press Enter."""
        self.to(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_keyboard_alone(visit: Visit, scripts: bool) -> None:
    """Signing in and logging a case without a mouse; also in a browser that runs no script at all."""
    newcomer = visit(java_script_enabled=scripts)
    newcomer.open("/sign-in")
    keys = Keys(newcomer.page)
    keys.write("#email", newcomer.site.world.people["referrer"].email)
    keys.write("#password", "quiet orchard lantern")
    keys.enter("button[type=submit]")
    keys.enter('a[href$="/cases/log"]')
    newcomer.page.keyboard.press("Tab")
    expect(newcomer.page.locator(".govuk-skip-link")).to_be_focused()
    newcomer.page.keyboard.press("Enter")
    keys.arrow('[name="subject_kind"]', "person")
    keys.arrow('[name="role"]', "harmed")
    keys.write("#first", "Maureen")
    keys.enter('main button[type="submit"]')
    keys.write("#title", "Noise and threats at a block of flats")
    keys.write("#narrative", STORY)
    keys.to('[name="themes"]')
    newcomer.page.keyboard.press("Space")
    keys.arrow('[name="at_risk_now"]', "no")
    keys.enter('main button[type="submit"]')
    keys.write("#why_agencies", "The landlord holds the doors")
    keys.to('[name="lawful_basis"]')
    newcomer.page.keyboard.press("Space")
    keys.to('[name="purpose"]')
    newcomer.page.keyboard.press("Space")
    keys.enter('main button[type="submit"]')
    keys.to('[name="group"]')
    newcomer.page.keyboard.press("Space")
    keys.enter('main button[type="submit"]')
    expect(newcomer.page.get_by_role("heading", level=1)).to_contain_text(re.compile("Case EC-.* sent"))
