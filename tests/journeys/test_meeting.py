"""A meeting from its agenda to its minutes, and what it leaves for the next."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys import cases
from tests.journeys.site import Site
from tests.journeys.visitor import WIDE, Visitor

Visit = Callable[..., Visitor]


def test_building_and_publishing_the_agenda(site: Site, visit: Visit) -> None:
    first, _ = cases.open_case(site, "Noise at a block of flats")
    second, _ = cases.open_case(site, "A home taken over")
    meeting = cases.meeting(site, 7)
    chair = visit("chair")
    chair.open(f"/east-test/meetings/{meeting}/agenda")
    items = chair.page.locator("li[id^=item-]")
    expect(items).to_have_count(2)
    top = items.first.inner_text()
    moved, other = (first, second) if first in top else (second, first)
    chair.press_on(items.first.get_by_role("button", name=re.compile("^Down")))
    expect(items.first).to_contain_text(other)
    expect(items.nth(1).get_by_role("button", name=re.compile("^Down"))).to_be_focused()
    chair.press_on(items.nth(1).get_by_role("button", name=re.compile("^Up")))
    expect(items.first).to_contain_text(moved)
    expect(items.first.get_by_role("button", name=re.compile("^Up"))).to_be_focused()
    said, head = chair.page.get_by_text(re.compile("moved to")), items.first.locator(".app-items__head")
    for size in (WIDE, {"width": 390, "height": 640}):
        chair.page.set_viewport_size(size)
        chair.page.reload()
        chair.press_on(items.first.get_by_role("button", name=re.compile("^Down")))
        chair.press_on(items.nth(1).get_by_role("button", name=re.compile("^Up")))
        expect(items.first).to_contain_text(moved)
        for shown in (said, head):
            expect(shown).to_be_in_viewport(ratio=1)
        above, below = said.bounding_box(), head.bounding_box()
        assert above
        assert below
        assert above["y"] + above["height"] <= below["y"], size
    chair.page.set_viewport_size(WIDE)

    chair.press_on(items.nth(1).get_by_role("link", name=re.compile("^Take off")))
    chair.choose("Waits for a court")
    chair.press("Take it off")
    expect(items).to_have_count(1)
    chair.press(re.compile(f"^Put on {other}"))
    expect(items).to_have_count(2)

    chair.press("Publish")
    chair.sees_heading("Who gets a mail")
    chair.sees("Fen Health Trust")
    chair.press("Publish")
    chair.open(f"/east-test/meetings/{meeting}")
    chair.sees("Version 1")
    request = chair.context.request
    for name, kind in (("agenda.pdf", "application/pdf"), ("meeting.ics", "text/calendar")):
        answer = request.get(f"{site.address}/east-test/meetings/{meeting}/{name}")
        assert answer.status == 200, name
        assert answer.headers["content-type"].startswith(kind)
        assert answer.body().startswith(b"%PDF" if name.endswith("pdf") else b"BEGIN:VCALENDAR")
    reader = visit("officer")
    reader.open(f"/east-test/meetings/{meeting}")
    reader.sees(re.compile("^Yours"))


def test_running_the_meeting(site: Site, visit: Visit) -> None:
    reached, _ = cases.open_case(site, "Noise at a block of flats")
    carried, _ = cases.open_case(site, "A home taken over")
    meeting, following = cases.meeting(site, 0), cases.meeting(site, 28)
    chair = visit("chair")
    chair.open(f"/east-test/meetings/{meeting}/agenda/publish")
    chair.press("Publish")
    chair.open(f"/east-test/meetings/{meeting}/run")
    chair.choose("Here", nth=0)
    chair.press("Save attendance")
    chair.press("The statement has been read")
    chair.sees(re.compile("^Read at"))
    chair.press(re.compile(f"^[0-9.]+ {reached}"))
    chair.choose("Keep open")
    chair.fill("What was agreed and why", "Patrols stay until the lights work.")
    chair.choose("At the next meeting")
    chair.fill("What is to be done", "Mend the stairwell light")
    chair.pick("Owner", "Officer Tester")
    chair.press("Record and go to next")
    chair.open(f"/east-test/meetings/{meeting}/end")
    chair.sees(carried)
    chair.press("End the meeting")
    chair.open(f"/east-test/meetings/{meeting}/minutes")
    chair.sees("Patrols stay until the lights work.")
    chair.press("Mark as agreed")
    chair.press("Mark as agreed")
    chair.press("Add an addendum")
    chair.fill("What is to be added", "The fire service came late.")
    chair.press("Add the addendum")
    chair.sees("The fire service came late.")
    chair.open(f"/east-test/meetings/{following}/agenda")
    line = chair.page.locator("li[id^=item-]", has_text=carried)
    expect(line).to_contain_text(re.compile("carried over"))
    officer = visit("officer")
    officer.open(f"/east-test/cases/{reached}")
    officer.sees("Mend the stairwell light")


def test_what_is_typed_survives_the_way_to_the_open_action(site: Site, visit: Visit) -> None:
    reference, _ = cases.open_case(site)
    meeting = cases.meeting(site, 0)
    chair = visit("chair")
    chair.open(f"/east-test/meetings/{meeting}/agenda")
    chair.press("Publish")
    chair.press("Publish")
    chair.open(f"/east-test/meetings/{meeting}/run")
    chair.press(re.compile(reference))
    chair.fill("What was agreed", "Patrols until the lights work.")
    expect(chair.page.locator("[data-saved]")).to_have_text(re.compile("^Draft saved "))
    chair.fill("What was agreed", "Patrols until the lights work. Then we close.")
    chair.press("say first whether it was done")
    chair.choose("Done")
    chair.press("Save")
    chair.sees_banner("marked as done")
    expect(chair.page.get_by_label("What was agreed")).to_have_value("Patrols until the lights work. Then we close.")
    chair.sees(re.compile("^This is the record you began"))
