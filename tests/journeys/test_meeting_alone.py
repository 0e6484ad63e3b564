"""A whole meeting, from building its agenda to its record: by keyboard alone, and in a browser that runs no script."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.journeys import cases
from tests.journeys.keyboard import Keyboard
from tests.journeys.site import Site
from tests.journeys.visitor import PHONE, WIDE, Visitor

Visit = Callable[..., Visitor]


def test_a_meeting_by_keyboard_alone(site: Site, visit: Visit) -> None:
    first, _ = cases.open_case(site, "Noise at a block of flats")
    second, _ = cases.open_case(site, "A home taken over")
    cases.meeting(site, 0)
    cases.meeting(site, 28)
    chair = visit("chair")
    keys = Keyboard(chair)
    page = chair.page
    chair.open("/east-test/meetings")

    # The agenda: one case moved, one taken off and put on again.
    keys.go(keys.button(re.compile("^Build the agenda of ")))
    items = page.locator("li[id^=item-]")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text(first)
    keys.go(items.first.get_by_role("button", name=re.compile("^Down")))
    expect(items.nth(1).get_by_role("button", name=re.compile("^Down"))).to_be_focused()
    keys.check_stop()
    expect(items.first).to_contain_text(second)
    keys.go(items.nth(1).get_by_role("link", name=re.compile("^Take off")))
    keys.tab_to(page.get_by_role("radio").first)
    keys.press("Space")
    keys.press("ArrowDown")
    keys.go(keys.button("Take it off"))
    expect(items).to_have_count(1)
    keys.go(keys.button(re.compile(f"^Put on {first}")), "Space")
    expect(items).to_have_count(2)
    expect(page.locator("li[id^=item-]", has_text=first)).to_be_focused()
    keys.go(keys.button("Publish"))
    keys.go(keys.button("Publish"))

    # Who is here: everybody, but for one who sent apologies.
    keys.go(keys.button("Run the meeting"))
    keys.go(keys.button("Everybody invited is here"))
    officer = page.get_by_role("group", name="How Officer Tester came")
    expect(officer.get_by_role("radio", name="Here")).to_be_checked()
    keys.tab_to(officer.get_by_role("radio", name="Here"))
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(officer.get_by_role("radio", name="Apologies")).to_be_checked()
    keys.check_stop()
    keys.go(keys.button("Save attendance"))
    keys.go(keys.button("The statement has been read"), "Space")
    chair.sees(re.compile("^Read at"))

    # The items in their order: the first with an action, the second without.
    keys.go(keys.button(re.compile("^1 Welcome")))
    keys.tab_to(page.get_by_label("Minutes"))
    keys.type("Everybody was welcomed.")
    keys.go(keys.button("Record and go to next"))
    chair.sees_heading(re.compile("A home taken over|Noise at a block"))
    _decide(keys, "Patrols stay until the lights work.", what="Mend the stairwell light", owner="Officer")
    _decide(keys, "The landlord reports in a month.")
    keys.go(keys.button("End the meeting"))
    keys.go(keys.button("End the meeting"))
    for words in (
        "Everybody was welcomed.",
        "Patrols stay until the lights work.",
        "The landlord reports in a month.",
        re.compile("Mend the stairwell light. Officer Tester"),
        re.compile("^Kept open. Next review"),
    ):
        chair.sees(words)
    apologies = page.get_by_role("row").filter(has_text="Officer Tester")
    expect(apologies).to_contain_text("Apologies")
    assert keys.stops < 400


def _decide(keys: Keyboard, agreed: str, *, what: str = "", owner: str = "") -> None:
    """Keep the case open until the date that is chosen already; perhaps with one action, due when it is offered."""
    page = keys.page
    decision = page.get_by_role("group", name="Decision")
    keys.tab_to(decision.get_by_role("radio").first)
    keys.press("Space")
    expect(decision.get_by_role("radio", name="Keep open")).to_be_checked()
    keys.tab_to(page.get_by_label("What was agreed and why"))
    keys.type(agreed)
    review = page.get_by_role("group", name="Next review")
    keys.tab_to(_checked(review))
    expect(_checked(review)).to_have_accessible_name(re.compile("^At the next meeting: "))
    if what:
        keys.tab_to(page.get_by_label("What is to be done").first)
        keys.type(what)
        keys.tab_to(page.get_by_label("Owner").first)
        keys.type(owner)
        expect(page.get_by_label("Owner").first.locator("option:checked")).to_have_text(re.compile(f"^{owner}"))
        due = page.get_by_role("group", name="Due date").first
        keys.tab_to(_checked(due))
        expect(_checked(due)).to_have_accessible_name(re.compile("^Before the next meeting: "))
        keys.press("ArrowDown")
        keys.press("ArrowUp")
        expect(_checked(due)).to_have_accessible_name(re.compile("^Before the next meeting: "))
    keys.go(keys.button("Record and go to next"))


def _checked(group: Locator) -> Locator:
    return group.locator("input[type=radio]:checked")


def test_a_meeting_without_scripts(site: Site, visit: Visit) -> None:
    _meeting_without_scripts(site, visit, WIDE)


def test_a_meeting_without_scripts_on_a_phone(site: Site, visit: Visit) -> None:
    _meeting_without_scripts(site, visit, PHONE)


def _meeting_without_scripts(site: Site, visit: Visit, size: dict[str, int]) -> None:
    reference, _ = cases.open_case(site, "Noise at a block of flats")
    referral = cases.sent_case(site, "Shouting across a garden")
    cases.meeting(site, 0)
    cases.meeting(site, 28)
    chair = visit("chair", java_script_enabled=False, size=size)
    assert not chair.script
    page = chair.page
    chair.open("/east-test/meetings")
    chair.press(re.compile("^Build the agenda of "))
    expect(page.locator("li[id^=item-]")).to_have_count(2)
    chair.press(re.compile(f"^Park .*{reference}"))
    chair.choose("Meeting: ")
    chair.press("Park it")
    chair.press(re.compile(f"^Put on {reference}"))
    chair.press("Publish")
    chair.press("Publish")
    chair.press("Run the meeting")
    chair.press("Everybody invited is here")
    chair.sees_banner("marked as here")
    officer = page.get_by_role("group", name="How Officer Tester came")
    chair.choose("Deputy came", within=officer)
    chair.fill("Deputy for Officer Tester", "P Reeve")
    chair.press("The statement has been read")
    chair.sees(re.compile("^Read at"))
    chair.press(re.compile(f"^[0-9.]+ {referral}"))
    chair.sees("Groups gather in the stairwell.")
    chair.choose("Accept")
    chair.press("Record and go to next")
    chair.sees_problem("Enter what was agreed and why")
    chair.fill("What was agreed and why", "Several agencies hold a part of it.")
    chair.pick("Lead agency", "Test Constabulary")
    chair.press("Record and go to next")
    chair.sees_banner(f"{referral}: accepted, recorded")
    chair.sees_heading("Noise at a block of flats")
    chair.choose("Keep open")
    chair.fill("What was agreed and why", "Patrols stay until the lights work.")
    chair.fill("What is to be done", "Mend the stairwell light")
    chair.pick("Owner", "Landlord Tester")
    chair.choose("In 2 weeks", within=page.get_by_role("group", name="Due date").first)
    chair.press("Record and go to next")
    chair.press("End the meeting")
    chair.press("End the meeting")
    for words in (
        "Several agencies hold a part of it.",
        "Patrols stay until the lights work.",
        re.compile("Mend the stairwell light. Landlord Tester"),
        "Deputy came: P Reeve",
    ):
        chair.sees(words)
