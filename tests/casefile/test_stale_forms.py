"""A form that changes a record is stale when its version is missing or cannot be read, as when it is an old one."""

import re

import pytest

from psg.db import db
from psg.partnerships.models import Group
from tests.cases.samples import opened

TERMS = "/east-test/groups/psg/set-up/terms"
BROKEN = (None, "", "0", "-1", "nonsense", "١", "9" * 30)


def _stale(fields, version):
    return fields if version is None else fields | {"version": version}


def _version(page):
    return re.search(r'name="version" value="(\d+)"', page)[1]


@pytest.fixture
def case_path(app, world):
    with app.app_context():
        case = opened(world)
        return f"/east-test/cases/{case.reference}"


@pytest.mark.parametrize("version", BROKEN)
def test_the_now_line_of_a_case(case_path, client_for, version):
    browser, path = client_for("officer"), f"{case_path}/now"
    assert browser.submit(path, {"text": "Quiet this week"}).status_code == 303
    answer = client_for("landlord").post(path, _stale({"text": "Worse again"}, version))
    assert answer.status_code == 409
    for words in ("Officer Tester saved this at", "Quiet this week", "Worse again"):
        assert words in answer.text
    again = client_for("landlord").post(path, {"text": "Worse again", "version": _version(answer.text)})
    assert again.status_code == 303


@pytest.mark.parametrize("version", BROKEN)
def test_the_terms_of_a_group(app, world, client_for, version):
    browser = client_for("coordinator")
    assert browser.submit(TERMS, {"name": "Group", "terms": "Saved words"}).status_code == 303
    answer = browser.post(TERMS, _stale({"name": "Group", "terms": "Other words"}, version))
    assert answer.status_code == 409
    for words in ("You saved this at", "Saved words", "Other words"):
        assert words in answer.text
    with app.app_context():
        assert db.session.get_one(Group, (world.east, world.groups["psg"])).terms == "Saved words"
    fields = {"name": "Group", "terms": "Other words", "version": _version(answer.text)}
    assert browser.post(TERMS, fields).status_code == 303
