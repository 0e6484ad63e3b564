"""Every rule of every line of the policy opens some page that nothing else opens."""

import contextlib
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from psg.access import policy
from psg.access.permissions import Permission
from tests.access.hall import Hall
from tests.access.judging import outcome
from tests.access.table import Page, read

PAGES = read()


def test_each_rule_is_witnessed_over_http(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop one rule of one permission at a time; a page that it alone opens must close."""
    found = _witnesses(hall, monkeypatch)
    wanted = {(permission, rule.__name__) for permission, rules in policy.RULES.items() for rule in rules}
    unwitnessed = {(p.value, r) for p, r in wanted - set(found)}
    assert unwitnessed - TESTED_APART == set(), "no cell of matrix.txt needs these rules"
    open_still = []
    for (permission, name), (page, person, method, record) in found.items():
        kept = tuple(rule for rule in policy.RULES[permission] if rule.__name__ != name)
        monkeypatch.setitem(policy.RULES, permission, kept)
        if outcome(hall.ask(page, person, method, record)) != "404":
            open_still.append((permission.value, name, person, record))
        monkeypatch.undo()
    assert open_still == []


TESTED_APART = {("action:update", "owns_the_action")}
"""Rules whose witness needs something to have changed first."""


def test_an_owner_who_has_changed_agency_still_says_how_the_action_went(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever owns an action acts for its agency too, and the rule about owners would never be needed."""
    page = next(page for page in PAGES if page.endpoint == "actions.update")
    world = hall.made.world
    moved = text("update memberships set agency_id = :agency where user_id = :user and partnership_id = :place")
    at = {"user": world.people["both"].user_id, "place": world.east}
    with hall.engine.begin() as connection:
        connection.execute(moved, at | {"agency": world.agencies["council"]})
    assert outcome(hall.ask(page, "both", "GET", "named")) == "ok"
    permission = Permission.ACTION_UPDATE
    kept = tuple(rule for rule in policy.RULES[permission] if rule.__name__ != "owns_the_action")
    monkeypatch.setitem(policy.RULES, permission, kept)
    assert outcome(hall.ask(page, "both", "GET", "named")) == "404"
    with hall.engine.begin() as connection:
        connection.execute(moved, at | {"agency": world.agencies["police"]})


def _witnesses(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[Permission, str], tuple[Page, str, str, str]]:
    asked: list[tuple[Any, Any, Any]] = []
    real = policy.granted_by

    def listening(viewer: Any, permission: Any, facts: Any) -> str | None:
        asked.append((viewer, permission, facts))
        return real(viewer, permission, facts)

    found: dict[tuple[Permission, str], tuple[Page, str, str, str]] = {}
    for page in PAGES:
        view = hall.app.view_functions.get(page.endpoint)
        permission = getattr(getattr(view, "__access__", None), "permission", None)
        if permission is None or all((permission, rule.__name__) in found for rule in policy.RULES[permission]):
            continue
        for record, people in page.pattern.allowed.items():
            for person in sorted(people):
                asked.clear()
                with monkeypatch.context() as patch:
                    patch.setattr(policy, "granted_by", listening)
                    _only_the_gate(hall, page, person, record)
                if not asked:
                    continue
                viewer, _, facts = asked[0]
                granting = [rule for rule in policy.RULES[permission] if rule(viewer, facts)]
                if len(granting) == 1:
                    key = (permission, granting[0].__name__)
                    found.setdefault(key, (page, person, page.methods[0], record))
    return found


def _only_the_gate(hall: Hall, page: Page, person: str, record: str) -> None:
    client = hall.browsers[person].client
    cookies = "; ".join(f"{c.key}={c.value}" for c in client._cookies.values())
    with (
        hall.app.test_request_context(
            hall.url(page, record), method=page.methods[0], base_url="https://psg.test", headers={"Cookie": cookies}
        ),
        contextlib.suppress(HTTPException),
    ):
        hall.app.preprocess_request()
