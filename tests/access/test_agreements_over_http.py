"""What a signature opens and its end closes, from the next request of sessions that are open already."""

import contextlib
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from psg import clock
from psg.agreements import operations as agreements
from psg.agreements.models import Agreement, AgreementVersion, Signature
from psg.db import db, transaction
from psg.partnerships import operations as partnerships
from psg.partnerships import places
from psg.partnerships.models import Membership, PartnerAgency
from tests.browsing import Browser
from tests.canary import planting
from tests.conftest import _postgres_or_skip

CASE_PAGES = ("/cases/{open}", "/cases/{open}/notes/add", "/cases", "/cases/{open}/print", "/actions", "/meetings")
OTHERS = ("/agreements", "/groups/psg")


@pytest.fixture(params=["sqlite", "postgresql"])
def east(request, folder_of):
    """The planted world, fresh."""
    if request.param == "postgresql":
        _postgres_or_skip()
    made = planting.planted(request.param, folder_of(request.param))
    made.fresh()
    yield made
    made.release()


@pytest.fixture
def browser(east) -> Browser:
    """The officer, signed in before anything changes."""
    made = Browser(east.app)
    made.sign_in(east.world.people["officer"].user_id)
    return made


def statuses(east, browser: Browser, pages: tuple[str, ...]) -> set[int]:
    return {browser.get("/east-test" + page.format(open=east.scene.references["open"])).status_code for page in pages}


def change(east, act: Callable[[], object], *, by_rules: bool = True) -> None:
    with east.app.app_context():
        with transaction() if by_rules else contextlib.nullcontext():
            act()
        db.session.remove()


def _version(east) -> AgreementVersion:
    return db.session.query(AgreementVersion).filter_by(partnership_id=east.world.east, number=1).order_by("id").first()


def _signature(east) -> Signature:
    version = _version(east)
    agency_id = east.world.agencies["police"]
    return db.session.query(Signature).filter_by(version_id=version.id, agency_id=agency_id).one()


def _dates(east, **values) -> None:
    """As if the version had been made with other dates: past the rules, so past the session too."""
    version_id = _version(east).id
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(update(AgreementVersion).where(AgreementVersion.id == version_id).values(**values))


def _new_version(east, sign_by: int) -> None:
    """A version to be signed in so many days; one whose day is over was published before that."""
    today, by = clock.today(), east.world.viewer("coordinator")
    old = _version(east)

    agreement = db.session.get(Agreement, (old.partnership_id, old.agreement_id))
    version = agreements.draft_version(
        agreement,
        text="Newer words.",
        purposes="Prevent crime",
        in_force_from=today - timedelta(days=10),
        ends_on=today + timedelta(days=400),
        review_on=today + timedelta(days=200),
        sign_by=today + timedelta(days=sign_by),
        by=by,
    )
    real = clock.source
    clock.source = lambda: real() + timedelta(days=min(sign_by, 0))
    agreements.publish_version(version, parties={east.world.agencies["police"]: None}, by=by)
    clock.source = real


CLOSING = {
    "ended by its own date": lambda east: _dates(east, ends_on=clock.today() - timedelta(days=1)),
    "not in force yet": lambda east: _dates(east, in_force_from=clock.today() + timedelta(days=2)),
    "withdrawn": lambda east: agreements.withdraw_version(_version(east), by=east.world.viewer("governance")),
    "signature ended": lambda east: agreements.end_signature(
        _signature(east), reason="x", by=east.world.viewer("policelead")
    ),
    "newer version not signed by its date": lambda east: _new_version(east, -1),
}
KEEPING = {
    "ends today": lambda east: _dates(east, ends_on=clock.today()),
    "newer version may be signed until today": lambda east: _new_version(east, 0),
}
PAST_THE_RULES = ("ended by its own date", "not in force yet", "ends today")


@pytest.mark.parametrize("how", CLOSING)
def test_without_a_version_in_date_every_case_page_says_why(east, browser, how):
    assert statuses(east, browser, CASE_PAGES) == {200}
    change(east, lambda: CLOSING[how](east), by_rules=how not in PAST_THE_RULES)
    assert statuses(east, browser, CASE_PAGES) == {403}
    assert statuses(east, browser, OTHERS) == {200}
    said = browser.get(f"/east-test/cases/{east.scene.references['open']}").text
    assert "CNRY-EAST-OPEN" not in said
    assert east.scene.references["open"] not in said.replace(f"/cases/{east.scene.references['open']}", "")


@pytest.mark.parametrize("how", KEEPING)
def test_a_version_counts_until_the_end_of_its_last_day(east, browser, how):
    change(east, lambda: KEEPING[how](east), by_rules=how not in PAST_THE_RULES)
    assert statuses(east, browser, CASE_PAGES) == {200}


def test_signing_opens_from_the_next_request(east):
    nurse = Browser(east.app)
    nurse.sign_in(east.world.people["nurse"].user_id)
    assert statuses(east, nurse, CASE_PAGES) == {403}

    def sign() -> None:
        by, agency_id = east.world.viewer("healthlead"), east.world.agencies["health"]
        agreements.sign(_version(east), agency_id=agency_id, name="N", post="P", authority="A", by=by)

    change(east, sign)
    assert statuses(east, nurse, CASE_PAGES) == {200}


@pytest.mark.parametrize("who", ["suspended", "agency left"])
def test_leaving_closes_everything_from_the_next_request(east, browser, who):
    def suspend() -> None:
        by = east.world.viewer("coordinator")
        if who == "suspended":
            user_id = east.world.people["officer"].user_id
            member = db.session.query(Membership).filter_by(partnership_id=east.world.east, user_id=user_id).one()
            places.suspend(member, by=by)
        else:
            agency_id = east.world.agencies["police"]
            place = db.session.query(PartnerAgency).filter_by(partnership_id=east.world.east, agency_id=agency_id).one()
            partnerships.leave_agency(place, by=by)

    change(east, suspend)
    assert statuses(east, browser, (*CASE_PAGES, *OTHERS)) <= {303, 404}


def test_the_page_that_says_so_is_the_same_for_what_exists_and_what_does_not(east):
    nurse = Browser(east.app)
    nurse.sign_in(east.world.people["nurse"].user_id)
    there = nurse.get(f"/east-test/cases/{east.scene.references['open']}")
    missing = nurse.get(f"/east-test/actions/{uuid.UUID(int=5)}")
    assert there.status_code == missing.status_code == 403
