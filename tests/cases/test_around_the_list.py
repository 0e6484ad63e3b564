"""What is drawn once for many: each person still gets their own token, their own buttons, and the names of now."""

import re

import pytest
from markupsafe import escape

from psg.cases.listing import Filters, Sort
from psg.cases.routes.around import Around
from psg.db import db, transaction
from psg.partnerships import operations
from psg.partnerships.models import Group
from psg.web import nav
from psg.web.nav import Nav, NavItem, NavUser
from tests.conftest import on_both

LIST = "/east-test/cases"
HOSTILE = "<i>Verge & 'Sons'</i>"


def tokens(page):
    return set(re.findall(r'name="csrf_token" value="([^"]+)"', page)) | set(re.findall(r'data-csrf="([^"]+)"', page))


@on_both
def test_the_token_of_the_frame_is_that_of_ones_own_session(client_for):
    mine, theirs = client_for("landlord"), client_for("landlord")
    own, other = tokens(mine.get(LIST).text), tokens(theirs.get(LIST).text)
    assert len(own) == len(other) == 1
    assert own.isdisjoint(other)
    assert mine.post("/sign-out", {"csrf_token": other.pop()}).status_code == 400
    assert mine.get(LIST).status_code == 200
    assert mine.post("/sign-out", {"csrf_token": own.pop()}).status_code in (302, 303)
    assert mine.get(LIST).status_code != 200


def test_buttons_are_those_of_ones_own_rights_whoever_looked_first(client_for):
    for _ in range(2):
        coordinator, officer = client_for("coordinator").get(LIST).text, client_for("landlord").get(LIST).text
        assert "Cases that may be the same" in coordinator
        assert "Cases that may be the same" not in officer
        assert "Log a case" in officer
        assert escape(officer) != escape(coordinator)


def test_a_filter_offers_the_names_of_now(app, world, client_for):
    browser = client_for("landlord")
    before = browser.get(LIST).text
    with app.app_context():
        with transaction():
            group = db.session.get(Group, (world.east, world.groups["psg"]))
            operations.change_group(group, by=world.viewer("coordinator"), name=HOSTILE)
        db.session.remove()
    after = browser.get(LIST).text
    assert HOSTILE not in after
    assert "&lt;i&gt;Verge &amp;" in after
    assert "&lt;i&gt;Verge &amp;" not in before


@pytest.mark.parametrize("query", ["group=mine", "agency=mine", "theme=none", "band=nowhere", "group=none&agency=none"])
def test_a_filter_that_names_nothing_of_ours_is_not_in_use(client_for, query):
    browser = client_for("landlord")
    page = browser.get(f"{LIST}?{query}")
    assert page.status_code == 200
    assert ("Remove filter" in page.text) is (query == "agency=mine")


def test_a_request_under_another_root_is_refused_and_changes_nobodys_links(client_for):
    browser = client_for("landlord")
    wrong = browser.get(LIST, environ_overrides={"SCRIPT_NAME": "//evil.example"})
    assert wrong.status_code == 400
    assert "evil.example" not in browser.get(LIST).text


def test_words_that_differ_each_time_are_escaped_where_they_are_filled_in(app):
    around = Around(
        slug="east-test",
        may_log=False,
        may_settle=False,
        filters=Filters(sort=Sort.BAND),
        agencies=(("1", HOSTILE),),
        groups=(),
        themes=(),
        theme="",
        bands=(),
    )
    with app.test_request_context("/", base_url="https://psg.test"):
        above = around.above(HOSTILE)
    assert HOSTILE not in above
    assert above.count("&lt;i&gt;") == 2


@pytest.mark.parametrize("current", [True, False])
def test_names_in_the_frame_are_escaped(app, current):
    frame = Nav(items=(NavItem(text=HOSTILE, href="/x", current=current),), user=NavUser(name=HOSTILE, agency=HOSTILE))
    with app.test_request_context("/", base_url="https://psg.test"):
        drawn = nav.top(frame, HOSTILE)
    assert HOSTILE not in drawn
    assert drawn.count("&lt;i&gt;") == 4
    assert ("aria-current" in drawn) is current
