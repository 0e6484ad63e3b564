"""Every page of a case opens for somebody who may see it, and is the same 404 for everybody else."""

import pytest

from psg.db import db
from tests.cases.samples import opened, sent
from tests.conftest import on_both

PAGES = (
    "",
    "/timeline",
    "/timeline?order=oldest&kind=visit",
    "/people",
    "/meetings",
    "/sharing",
    "/print",
    "/print?what=page",
    "/print?what=whole",
    "/notes/add",
    "/people/add",
    "/places/add",
    "/numbers/add",
    "/now",
    "/propose-closure",
)
FOR_CHAIRS = ("/decide", "/lead", "/close", "/reopen")


@pytest.fixture
def open_case(app, world):
    with app.app_context():
        case = opened(world)
        db.session.remove()
        return f"/east-test/cases/{case.reference}"


@on_both
def test_every_page_opens(open_case, client_for):
    browser = client_for("landlord")
    for page in PAGES:
        answer = browser.get(open_case + page)
        assert answer.status_code == 200, f"{page}: {answer.status_code}"
        assert "OFFICIAL-SENSITIVE" in answer.text
        assert "Tebbitt" not in answer.text.split("</title>")[0]
    chair = client_for("chair")
    for page in FOR_CHAIRS:
        assert chair.get(open_case + page).status_code == 200, page


STRANGERS = ("youth", "youthchair", "referrer", "figures", "governance", "cityofficer", "roleless")


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_get_the_same_404(open_case, client_for, name):
    browser = client_for(name)
    there, missing = browser.get(open_case), browser.get("/east-test/cases/EC-2222-2A")
    assert there.status_code == missing.status_code == 404
    for page in (*PAGES, *FOR_CHAIRS):
        assert browser.get(open_case + page).status_code == 404, page


def test_an_agency_without_a_signature_is_told_so_whether_the_case_exists_or_not(open_case, client_for):
    nurse = client_for("nurse")
    assert nurse.get(open_case).status_code == 403
    assert nurse.get("/east-test/cases/EC-2222-2A").status_code == 403


def test_members_cannot_decide_lead_or_close(open_case, client_for):
    for page in FOR_CHAIRS:
        assert client_for("landlord").get(open_case + page).status_code == 404, page


def test_a_sent_referral_is_seen_by_its_deciders_and_its_referrer_only(app, world, client_for):
    with app.app_context():
        case = sent(world, by="referrer")
        address = f"/east-test/cases/{case.reference}"
        db.session.remove()
    for name in ("referrer", "chair", "coordinator"):
        assert client_for(name).get(address).status_code == 200, name
    for name in ("officer", "landlord", "youthchair"):
        assert client_for(name).get(address).status_code == 404, name


def test_the_list_opens_for_everybody_who_works_cases(open_case, client_for):
    for name in ("landlord", "chair", "coordinator", "referrer"):
        assert client_for(name).get("/east-test/cases").status_code == 200, name
    for state in ("waiting", "closed", "declined", "mine", "nonsense"):
        assert client_for("chair").get(f"/east-test/cases?state={state}").status_code == 200
    narrow = "/east-test/cases?agency=mine&band=none&review=overdue&theme=asb&sort=band&after=xyz"
    assert "No case matches" in client_for("chair").get(narrow).text
    assert client_for("figures").get("/east-test/cases").status_code == 404
