"""Agreements, invitations, passwords, sessions that end, and two people at one case."""

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select, update

from psg import clock
from psg.accounts import operations as accounts
from psg.accounts import queries
from psg.accounts.models import PasswordLink, UserSession
from psg.accounts.rules import LinkKind
from psg.db import db, transaction
from tests.journeys import cases
from tests.journeys.site import Site
from tests.journeys.visitor import PHONE, Visitor
from tests.worlds import PASSWORD

Visit = Callable[..., Visitor]


def test_an_agency_signs_and_its_people_see_cases(site: Site, visit: Visit) -> None:
    reference, _ = cases.open_case(site)
    nurse = visit("nurse")
    assert nurse.open("/east-test/cases").status == 403
    lead = visit("healthlead")
    lead.open("/my-work")
    lead.press(re.compile("^Read and sign"))
    lead.press(re.compile("^(Go on|Read|Continue|Sign)"), within=lead.page.locator("main"))
    while "/sign/confirm" not in lead.path:
        lead.press(re.compile("^(Go on|Read the|Continue|Read and sign|Start)"), within=lead.page.locator("main"))
    lead.fill("Your full name", "H Lead")
    lead.fill("Your post", "Director")
    lead.choose(re.compile("authorised"))
    lead.fill("Your PSG password", PASSWORD)
    lead.press(re.compile("^Sign"), within=lead.page.locator("main"))
    expect(lead.page.locator(".app-panel")).to_be_visible()
    assert nurse.open("/east-test/cases").status == 200
    nurse.sees(reference)


def _link(site: Site, email: str, kind: LinkKind) -> str:
    def find() -> str:
        user = queries.by_email(email)
        assert user is not None
        link = db.session.scalars(
            select(PasswordLink).where(PasswordLink.user_id == user.id, PasswordLink.kind == kind)
        ).one()
        return accounts.token_of(link.id)

    return str(site.do(find))


def test_invitation_and_forgotten_password(site: Site, visit: Visit) -> None:
    coordinator = visit("coordinator")
    coordinator.open("/east-test/people/invite")
    coordinator.fill("First name", "Nadia")
    coordinator.fill("Last name", "Newcomer")
    coordinator.fill("Work e-mail", "nadia@test.example")
    coordinator.pick("Agency", "Reed Homes")
    coordinator.fill(re.compile("^Post"), "Warden")
    coordinator.pick("First role", re.compile("[Pp]ractitioner"))
    coordinator.pick("Group", "Problem Solving Group")
    coordinator.press(re.compile("^(Invite|Send)"), within=coordinator.page.locator("main"))
    coordinator.sees("nadia@test.example")  # the name is shown once it is accepted

    newcomer = visit()
    newcomer.open(f"/invitations/{_link(site, 'nadia@test.example', LinkKind.INVITATION)}")
    newcomer.fill("Password", "short")
    newcomer.press("Create account")
    newcomer.sees_problem("15 characters")
    newcomer.fill("Password", "seven copper kettles")
    newcomer.press("Create account")
    expect(newcomer.page).to_have_url(f"{site.address}/my-work")
    newcomer.sees("Your first days")

    forgetful = visit()
    forgetful.open("/sign-in")
    forgetful.press("Forgotten your password?")
    forgetful.fill("E-mail", "officer@test.example")
    forgetful.press("Send the link")
    forgetful.sees_heading("Look for our e-mail")
    forgetful.open(f"/reset/{_link(site, 'officer@test.example', LinkKind.RESET)}")
    forgetful.fill(re.compile("[Pp]assword"), "nine velvet umbrellas")
    forgetful.press("Set password and sign in")
    expect(forgetful.page).to_have_url(f"{site.address}/my-work")


def test_a_session_that_ends_in_the_middle_of_a_note(site: Site, visit: Visit) -> None:
    reference, _ = cases.open_case(site)
    officer = visit("officer")
    officer.open(f"/east-test/cases/{reference}/notes/add")
    long_note = "Called at nine; music in the stairwell. " * 60
    officer.fill("What happened", long_note)
    officer.choose("Visit")

    def let_time_pass() -> None:
        with transaction():
            earlier = clock.now() - timedelta(minutes=40)
            db.session.execute(update(UserSession).values(seen_at=earlier))

    site.do(let_time_pass)
    officer.press("Save note")
    officer.sees("Your work is kept")
    officer.sign_in("officer")
    officer.sees_heading("Add a note")
    officer.sees("Your work is kept")
    expect(officer.page.get_by_label("What happened")).to_have_value(long_note)
    officer.press("Save note")
    officer.open(f"/east-test/cases/{reference}/timeline")
    officer.sees(re.compile("music in the stairwell"))


def test_two_people_write_what_is_going_on(site: Site, visit: Visit) -> None:
    reference, _ = cases.open_case(site)
    one, other = visit("officer"), visit("coordinator")
    for someone in (one, other):
        someone.open(f"/east-test/cases/{reference}/now")
    one.fill("What is going on now", "Quiet since Monday.")
    one.press("Save")
    other.fill("What is going on now", "Loud since Tuesday.")
    other.press("Save")
    expect(other.page.locator(".app-theirs")).to_contain_text("Quiet since Monday.")
    expect(other.page.get_by_label("What is going on now")).to_have_value("Loud since Tuesday.")
    other.press("Save")
    other.sees("Loud since Tuesday.")


def test_hiding_the_screen(site: Site, visit: Visit) -> None:
    reference, _ = cases.open_case(site)
    officer = visit("officer")
    officer.open(f"/east-test/cases/{reference}")
    officer.page.keyboard.press("Escape")
    expect(officer.page).to_have_title("PSG")
    expect(officer.page.get_by_role("heading", name="Noise at a block", include_hidden=True)).to_be_hidden()
    officer.page.keyboard.press("Escape")
    expect(officer.page).to_have_title(re.compile(reference))
    without = visit("officer", script=False)
    without.open(f"/east-test/cases/{reference}")
    without.press("Hide screen")
    expect(without.page).to_have_url(re.compile("/blank"))


def test_an_action_is_done_and_undone(site: Site, visit: Visit) -> None:
    _, _ = cases.open_case(site)
    officer = visit("officer")
    officer.open("/my-work")
    officer.press(re.compile("^Done"))
    officer.sees_banner("done")
    officer.sees_not("Ask for the door log")
    officer.press(re.compile("^Undo"))
    officer.open("/my-work")
    officer.sees("Ask for the door log")


def test_on_a_phone(site: Site, visit: Visit) -> None:
    """Read a case, add a note, finish an action: nothing sideways at 320 pixels."""
    reference, _ = cases.open_case(site)
    officer = visit("officer", size=PHONE)
    officer.open("/my-work")
    officer.open(f"/east-test/cases/{reference}")
    officer.press("Add note")
    officer.fill("What happened", "Quiet tonight.")
    officer.choose("Visit")
    officer.press("Save note")
    officer.sees("Quiet tonight.")
    officer.open("/my-work")
    officer.press(re.compile("^Done"))
    officer.sees_banner("done")


def test_those_who_watch(site: Site, visit: Visit) -> None:
    """The audit reads as sentences; deliveries, status and settings open and work."""
    reference, _ = cases.open_case(site)
    officer = visit("officer")
    officer.open(f"/east-test/cases/{reference}")
    governance = visit("governance")
    governance.open("/east-test/audit")
    governance.sees(re.compile(f"looked at case {reference}"))
    coordinator = visit("coordinator")
    coordinator.open("/east-test/deliveries")
    admin = visit("admin")
    admin.open("/status")
    admin.press("Check again")
    admin.open("/settings")
    admin.press("Save settings")
    admin.sees_banner("Settings saved")
