"""What the addresses themselves promise: what changes something is guarded as that, and no address says anything."""

import re

import pytest

from tests.access.hall import Hall
from tests.access.table import read

PAGES = read()


def test_no_address_that_changes_something_is_guarded_by_a_permission_to_look(hall: Hall) -> None:
    loose = []
    for rule in hall.app.url_map.iter_rules():
        access = getattr(hall.app.view_functions[rule.endpoint], "__access__", None)
        permission = access.permission if access else None
        if "POST" in (rule.methods or ()) and permission and permission.value.endswith((":read", ":list")):
            loose.append(rule.endpoint)
    assert set(loose) <= set(POSTED_LOOKS)


POSTED_LOOKS = {
    "actions.listed": "each ticked action is asked about action:update by itself",
    "actions.chase": "each ticked action is asked about action:update by itself",
    "cases.find_person": "looks only; a post keeps names out of addresses",
}
"""Lists that take a post, and why that is right."""


@pytest.mark.parametrize("endpoint", ["actions.listed", "actions.chase"])
def test_a_list_of_actions_changes_only_those_that_one_may_change(hall: Hall, endpoint: str) -> None:
    page = next(page for page in PAGES if page.endpoint == endpoint)
    before = hall.state()
    for person, record in (("landlord", "open"), ("youth", "open"), ("officer", "young"), ("officer", "city")):
        action = str(hall.records[record]["action_id"])
        for fields in ({"done": action}, {"chosen": action}, {"chosen": "x"}, {"done": "x"}):
            answer = hall.browsers[person].post(hall.url(page, "east"), fields)
            assert answer.status_code in (404, 422), (person, record, fields, answer.status)
    assert hall.state() == before


def test_addresses_are_kebab_case_with_typed_ids(hall: Hall) -> None:
    wrong = []
    for rule in hall.app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.endpoint.startswith("assets."):
            continue
        for part in re.sub(r"<[^>]+>", "", rule.rule).split("/"):
            if not re.fullmatch(r"[a-z0-9-]*(\.[a-z]+)?", part):
                wrong.append((rule.rule, part))
        for converter, name in re.findall(r"<(?:([^:>]+):)?([a-z_]+)>", rule.rule):
            if name.endswith("_id") and converter != "uuid":
                wrong.append((rule.rule, name))
            if name in ("names", "theme", "title", "query", "search"):
                wrong.append((rule.rule, name))
    assert wrong == []
