"""Log a case in the browser without scripts: five forms, from nothing to a decided case."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.audit.models import AuditEvent
from psg.cases.models import Case, PossibleDuplicate
from psg.cases.rules import CaseState
from psg.db import db
from psg.reminders.models import Delivery, Obligation
from tests.cases.samples import opened
from tests.conftest import on_both

FIRST = {
    "subject_kind": "both",
    "role": "harmed",
    "first": "Raymond",
    "last": "Tebbitt",
    "safe_contact": "Ring the outreach worker",
    "born-day": "2",
    "born-month": "nov",
    "born-year": "1967",
    "place_address": "Sedgemarsh Court",
    "place_postcode": "CB7 4ZZ",
}
WHAT = {
    "title": "Home taken over at a block",
    "narrative": "People who are not guests come after dark.",
    "since-month": "3",
    "since-year": "2026",
    "themes": ["cuckooing", "asb"],
    "at_risk_now": "yes",
}
WHY = {
    "why_agencies": "Police and landlord each hold a part.",
    "tried": "The lock was changed.",
    "lawful_basis": ["cda-115", "public-task"],
    "purpose": ["safeguard"],
    "handling": ["not-told", "safe-contact"],
}


def begin(browser, **changes):
    """Send page 1; gives the draft's address."""
    answer = browser.submit("/east-test/cases/log", FIRST | changes)
    assert answer.status_code == 303, answer.text
    return re.match(r"(/east-test/cases/EC-[A-Z0-9]{4}-[A-Z0-9]{2})/log/", answer.location).group(1)


def case_at(world, address) -> Case:
    reference = address.rsplit("/", 1)[-1]
    return db.session.scalars(select(Case).where(Case.reference == reference)).one()


@on_both
def test_from_nothing_to_a_decided_case(app, world, client_for):
    referrer = client_for("referrer")
    draft = begin(referrer)
    assert referrer.get(f"{draft}/log/alike").location == f"{draft}/log/what"
    assert draft.rsplit("/", 1)[-1] in referrer.get(f"{draft}/log/what").text
    assert referrer.submit(f"{draft}/log/what", WHAT).location == f"{draft}/log/why"
    assert referrer.submit(f"{draft}/log/why", WHY).location == f"{draft}/log/check"
    check = referrer.get(f"{draft}/log/check").text
    assert "Raymond Tebbitt" in check
    assert "March 2026, day not known" in check
    done = referrer.submit(f"{draft}/log/check", {"group": str(world.groups["psg"])}, follow=True)
    assert done.status_code == 200
    assert f"Case {draft.rsplit('/', 1)[-1]} sent" in done.text

    chair = client_for("chair")
    decision = {
        "decision": "accept",
        "lead_agency": str(world.agencies["housing"]),
        "lead_officer": str(world.people["landlord"].user_id),
        "review_on-choice": "another",
        "reason": "Several agencies are needed.",
    }
    day = clock.today() + timedelta(days=20)
    decision |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
    decided = chair.submit(f"{draft}/decide", decision, follow=True)
    assert "Referral accepted." in decided.text
    assert referrer.get(draft).status_code == 404, "a referrer outside the group does not see the accepted case"
    assert client_for("landlord").get(draft).status_code == 200

    with app.app_context():
        case = case_at(world, draft)
        assert case.state is CaseState.OPEN
        assert case.handling == "not-told safe-contact"
        events = set(db.session.scalars(select(AuditEvent.event).where(AuditEvent.case_id == case.id)))
        assert {"case.logged", "person.added", "place.added", "case.edited", "case.sent", "case.accepted"} <= events
        told = {row.kind: row for row in db.session.scalars(select(Delivery))}
        assert {"new-referral", "referral-decided", "made-lead"} <= set(told)
        owed = {row.kind: row for row in db.session.scalars(select(Obligation).where(Obligation.record_id == case.id))}
        assert owed["case-review"].user_id == world.people["landlord"].user_id
        assert owed["referral-waiting"].settled_at is not None


def test_nobody_else_sees_a_draft(world, client_for):
    draft = begin(client_for("officer"))
    for name in ("coordinator", "chair", "landlord"):
        browser = client_for(name)
        for page in ("", "/log/who", "/log/what", "/log/check", "/decide"):
            assert browser.get(draft + page).status_code == 404
    assert client_for("officer").get(draft).status_code == 404, "a draft has no case page"
    mine = client_for("officer").get("/east-test/cases?state=mine").text
    assert f'href="{draft}/log"' in mine


def test_errors_keep_what_was_typed(client_for):
    browser = client_for("officer")
    wrong = {"first": "Raymond", "born-day": "31", "born-month": "2", "born-year": "1990"}
    answer = browser.submit("/east-test/cases/log", wrong)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "Select who or what this case is about" in answer.text
    assert "must be a real date" in answer.text
    assert 'value="Raymond"' in answer.text
    draft = begin(browser)
    long = "x" * 20_412
    answer = browser.submit(f"{draft}/log/what", WHAT | {"narrative": long, "title": "Trouble with Tebbitt"})
    assert answer.status_code == 422
    assert "You have 20,412" in answer.text
    assert long in answer.text
    answer = browser.submit(f"{draft}/log/what", WHAT | {"title": "Trouble with Tebbitt"})
    assert "without a person&#39;s name" in answer.text


def test_the_same_first_page_twice_makes_one_draft(app, world, client_for):
    browser = client_for("officer")
    once = {"once": str(uuid.uuid4())}
    first = browser.post("/east-test/cases/log", FIRST | once)
    second = browser.post("/east-test/cases/log", FIRST | once)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with app.app_context():
        assert len(db.session.scalars(select(Case)).all()) == 1


def test_possible_duplicates_are_shown_only_to_whom_may_see_them(app, world, client_for):
    with app.app_context():
        known = opened(world).reference
        db.session.remove()
    member, outsider = client_for("officer"), client_for("youth")
    draft = begin(member)
    assert known in member.get(f"{draft}/log/alike").text
    other = begin(outsider)
    assert outsider.get(f"{other}/log/alike").status_code == 303, "nothing changes for those who may not see it"
    outsider.submit(f"{other}/log/what", WHAT)
    outsider.submit(f"{other}/log/why", WHY)
    outsider.submit(f"{other}/log/check", {"group": str(world.groups["young"])})
    with app.app_context():
        pair = db.session.scalars(select(PossibleDuplicate)).one()
        assert "name-born" in pair.matched_by
        db.session.remove()
    coordinator = client_for("coordinator")
    assert known in coordinator.get("/east-test/duplicates").text
    assert client_for("chair").get("/east-test/duplicates").status_code == 404
    settled = coordinator.submit(f"/east-test/duplicates/{pair.id}", {"same": "yes"}, follow=True)
    assert "Nothing is waiting to be compared" in settled.text


def test_not_sure_goes_to_the_coordinator_who_chooses_the_group(app, world, client_for):
    browser = client_for("referrer")
    draft = begin(browser)
    browser.submit(f"{draft}/log/what", WHAT)
    browser.submit(f"{draft}/log/why", WHY)
    assert browser.submit(f"{draft}/log/check", {"group": "not-sure"}).status_code == 303
    assert client_for("chair").get(draft).status_code == 404
    coordinator = client_for("coordinator")
    answer = coordinator.submit(f"{draft}/decide", {"decision": "accept", "reason": "Yes"})
    assert answer.status_code == 422
    assert "Select the group this case is to belong to" in answer.text
    passed = {"decision": "pass-on", "group": str(world.groups["young"]), "reason": "Young people"}
    assert coordinator.submit(f"{draft}/decide", passed).status_code == 303
    assert client_for("youthchair").get(draft).status_code == 200


@pytest.mark.parametrize("missing", ["lawful_basis", "purpose", "why_agencies"])
def test_a_referral_without_its_basis_is_not_sent(client_for, missing):
    browser = client_for("officer")
    draft = begin(browser)
    browser.submit(f"{draft}/log/what", WHAT)
    answer = browser.submit(f"{draft}/log/why", {name: value for name, value in WHY.items() if name != missing})
    assert answer.status_code == 422
    assert "It cannot be sent yet" in browser.get(f"{draft}/log/check").text
    assert browser.submit(f"{draft}/log/check", {"group": "not-sure"}).status_code == 409


def test_a_draft_is_deleted_with_its_people(app, world, client_for):
    browser = client_for("officer")
    draft = begin(browser)
    assert browser.submit(f"{draft}/log/delete", follow=True).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Case)).all() == []
    assert browser.get(f"{draft}/log/check").status_code == 404


def test_people_and_places_can_be_added_changed_and_removed_on_a_draft(world, client_for):
    browser = client_for("officer")
    draft = begin(browser)
    young_man = {"role": "concern", "not_known": "yes", "aliases": "Smiler"}
    assert browser.submit(f"{draft}/log/people/add", young_man).status_code == 303
    browser.submit(f"{draft}/log/places/add", {"description": "Garages"})
    number = {"number": "35/12345/26", "meaning": "Crime number", "agency": str(world.agencies["police"])}
    browser.submit(f"{draft}/log/numbers/add", number)
    page = browser.get(f"{draft}/log/who").text
    assert "Smiler" in page
    assert "Garages" in page
    assert "35/12345/26" in page
    link = re.search(rf"{draft}/log/people/([0-9a-f-]{{36}})/remove", page)
    assert browser.submit(link.group(0)).status_code == 303
    left = browser.get(f"{draft}/log/who").text
    assert ("Raymond" in left) != ("Smiler" in left)
