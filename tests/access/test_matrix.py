"""Every address, every method, every person, every kind of record: against `matrix.txt`, over HTTP."""

import contextlib
import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import bindparam, create_engine, text
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from psg.access import policy
from psg.access.permissions import SHOWS_CASES, Permission
from psg.db import Model
from tests.access.records import EAST, records
from tests.access.table import EVERYBODY, Page, choose, read
from tests.browsing import Browser
from tests.canary import planting
from tests.conftest import _postgres_or_skip

PAGES = read()
SMOKE = (
    "cases.add_note",
    "cases.decide",
    "cases.index",
    "cases.check",
    "meetings.show",
    "actions.show",
    "accounts.home",
)
UNWATCHED = frozenset({"sessions", "last_seen", "audit_events", "audit_digests", "audit_seals", "audit_members"})
"""Tables that looking may change: who is signed in, 'since you looked', and the audit."""


@dataclass
class Cell:
    """One question and its answer."""

    person: str
    method: str
    record: str
    url: str
    expected: str
    answer: TestResponse
    events: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.person} {self.method} {self.record} {self.url}: expected {self.expected}, got {self.answer.status}"
        )


class Hall:
    """The planted application, everybody signed in, and a look into its database."""

    def __init__(self, kind: str, folder: Any) -> None:
        self.made = planting.planted(kind, folder)
        self.made.fresh()
        self.app = self.made.app
        # The first thing of a request: its audit rows can then be found by its cell.
        self._mark = lambda: setattr(_g(), "request_id", _header("X-Cell") or uuid.uuid4().hex[:9])
        self.app.before_request_funcs[None].insert(0, self._mark)
        if kind == "postgresql":
            self.made._sql(f'alter database "{self.made.name}_copy" set synchronous_commit = off')
        self.browsers: dict[str, Browser] = {}
        self.sign_everybody_in()
        with self.app.app_context():
            self.records = records(self.made.world, self.made.scene)
        self.engine = create_engine(self.made.copy.database_url)
        self.before = self.state()
        self.asked: list[str] = []
        """Pages since the state was last compared, which costs as much as several cells."""
        self._twins: dict[str, Cell] = {}

    def sign_everybody_in(self) -> None:
        """Start a session for each person; needed again after the database was put back."""
        self.browsers |= {name: Browser(self.app) for name in EVERYBODY}
        for name, person in self.made.world.people.items():
            self.browsers[name].sign_in(person.user_id)

    def renew(self) -> None:
        """Put the database back as it was."""
        self.engine.dispose()
        self.made.fresh()
        self.sign_everybody_in()
        self.before = self.state()

    def close(self) -> None:
        """Let go of the database."""
        self.app.before_request_funcs[None].remove(self._mark)
        self.engine.dispose()
        self.made.release()

    def rule(self, page: Page) -> Any:
        """The url rule of a page."""
        rules = list(self.app.url_map.iter_rules(page.endpoint))
        assert len(rules) == 1, page.endpoint
        return rules[0]

    def url(self, page: Page, record: str) -> str:
        """The address of a page for a record."""
        rule, given = self.rule(page), self.records[record]
        built = rule.build({name: given.get(name, _WORDS.get(name)) for name in rule.arguments})
        assert built is not None, (page.endpoint, record)
        return str(built[1])

    def ask(self, page: Page, person: str, method: str, record: str) -> Cell:
        """One cell. What is sent carries no form token, so that an allowed change stops just behind the gate."""
        url, cell_id = self.url(page, record), uuid.uuid4().hex[:9]
        answer = self.browsers[person].client.open(
            url, method=method, base_url="https://psg.test", headers={"X-Cell": cell_id}
        )
        cell = Cell(person, method, record, url, page.expected(person, record), answer)
        cell.answer.cell_id = cell_id  # type: ignore[attr-defined]
        return cell

    def missing_twin(self, page: Page, cell: Cell) -> Cell | None:
        """The same person's answer for a record that does not exist, in the same part of the same partnership."""
        if "unknown" not in page.pattern.allowed or self.records[cell.record].get("partnership") != EAST:
            return None
        key = (cell.person, cell.method, cell.expected, cell.url.split("/")[2:3])
        if repr(key) not in self._twins:
            self._twins[repr(key)] = self.ask(page, cell.person, cell.method, "unknown")
        return self._twins[repr(key)]

    def find_events(self, cells: list[Cell]) -> None:
        """Give each cell the audit rows it caused."""
        by_id = {cell.answer.cell_id: cell for cell in cells}  # type: ignore[attr-defined]
        with self.engine.connect() as connection:
            asked = text("select request_id, event, why, category from audit_events where request_id in :ids")
            rows = connection.execute(asked.bindparams(bindparam("ids", expanding=True)), {"ids": list(by_id)}).all()
        for row in rows:
            if row.request_id in by_id:
                by_id[row.request_id].events.append(row)

    def state(self) -> dict[str, str]:
        """A digest of every table that a look must leave alone."""
        found = {}
        with self.engine.connect() as connection:
            for table in Model.metadata.sorted_tables:
                if table.name not in UNWATCHED:
                    rows = sorted(repr(tuple(row)) for row in connection.execute(text(f'select * from "{table.name}"')))
                    found[table.name] = f"{len(rows)} rows, {hashlib.sha256(repr(rows).encode()).hexdigest()[:12]}"
        return found


_WORDS = {"what": "move", "token": "no-such-token", "scheme": "example-person-harmed"}


def _g() -> Any:
    from flask import g

    return g


def _header(name: str) -> str | None:
    from flask import request

    return request.headers.get(name)


@pytest.fixture(scope="module")
def hall(folder_of: Any) -> Iterator[Hall]:
    """On PostgreSQL."""
    _postgres_or_skip()
    made = Hall("postgresql", folder_of("postgresql"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def small_hall(folder_of: Any) -> Iterator[Hall]:
    """On SQLite."""
    made = Hall("sqlite", folder_of("sqlite"))
    yield made
    made.close()


def test_every_address_stands_in_the_table(hall: Hall) -> None:
    there = {
        (rule.endpoint, method)
        for rule in hall.app.url_map.iter_rules()
        if rule.endpoint != "static" and not rule.endpoint.startswith("assets.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = [(page.endpoint, method) for page in PAGES for method in page.methods]
    assert sorted(there - set(written)) == [], "these addresses have no line in matrix.txt"
    assert sorted(set(written) - there) == [], "these lines of matrix.txt have no address"
    assert len(written) == len(set(written))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.endpoint)
def test_everybody_gets_what_the_table_says(hall: Hall, page: Page) -> None:
    _try_page(hall, page)


@pytest.mark.parametrize("page", [p for p in PAGES if p.endpoint in SMOKE], ids=lambda page: page.endpoint)
def test_the_same_on_sqlite(small_hall: Hall, page: Page) -> None:
    _try_page(small_hall, page)


def _try_page(hall: Hall, page: Page) -> None:
    cells = [hall.ask(page, person, method, record) for method, record, person in choose(page, PAGES)]
    hall.find_events(cells)
    hall.asked.append(page.endpoint)
    if len(hall.asked) == 4 or page is PAGES[-1]:
        asked, before = list(hall.asked), hall.before
        hall.asked.clear()
        hall.before = hall.state()
        assert hall.before == before, f"looking, or being refused, changed something on one of {asked}"
    wrong = [problem for cell in cells for problem in _problems(hall, page, cell)]
    assert wrong == [], "\n".join(["", *wrong])


def _problems(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    got = _outcome(cell)
    if cell.expected == "absent":
        if cell.method == "GET" and got != "404":
            yield str(cell)
    elif got != cell.expected:
        yield str(cell)
    elif cell.expected == "ok":
        yield from _problems_of_allowed(hall, page, cell)
    elif cell.expected == "sign-in":
        if cell.events:
            yield f"{cell}: a stranger caused audit rows"
    elif not page.is_public:
        yield from _problems_of_denied(hall, page, cell)


def _refusals(cell: Cell) -> list[Any]:
    return [row for row in cell.events if row.event == "access.refused"]


def _problems_of_denied(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    refusals = len(_refusals(cell))
    if len(cell.events) != 1 or refusals != 1:
        yield f"{cell}: {refusals} refusals among {len(cell.events)} audit rows, expected exactly one"
    twin = hall.missing_twin(page, cell)
    if twin is not None and _told(cell) != _told(twin):
        first = _first_difference(cell, twin)
        yield f"{cell}: differs from what is said of something that does not exist: {first}"


def _problems_of_allowed(hall: Hall, page: Page, cell: Cell) -> Iterator[str]:
    if _refusals(cell):
        yield f"{cell}: allowed, yet a refusal was recorded"
    if cell.method != "GET" or cell.answer.status_code != 200:
        return
    permission = hall.app.view_functions[page.endpoint].__access__.permission  # type: ignore[attr-defined]
    if permission in SHOWS_CASES and len(cell.events) != 1:
        yield f"{cell}: {len(cell.events)} audit rows for a look, expected exactly one"
    tenant = "city" if cell.record.startswith("city") else "east"
    for name in page.shows if cell.record != "erased" else ():
        if f"CNRY-{tenant}-{cell.record}-{name}".upper() not in cell.answer.text:
            yield f"{cell}: does not show {name}"


def _outcome(cell: Cell) -> str:
    answer = cell.answer
    if answer.status_code == 404:
        return "404"
    if answer.status_code == 403:
        return "agreement"
    if answer.location and answer.location.endswith("/sign-in") and cell.expected != "ok":
        return "sign-in"
    fine = (200, 302, 303, 422, 503) if cell.method == "GET" else (400, 422)
    return "ok" if answer.status_code in fine else answer.status


_NOISE = re.compile(r'(value|data-csrf)="[^"]{40,}"|Printed by [^<]*')


def _told(cell: Cell) -> tuple[Any, ...]:
    """Everything an answer says, but for its own address and reference."""
    headers = sorted((name, value) for name, value in cell.answer.headers if name not in ("Date", "Set-Cookie"))
    body = cell.answer.text.replace(cell.url, "URL").replace(cell.answer.cell_id, "CELL")  # type: ignore[attr-defined]
    length = [(name, value) for name, value in headers if name != "Content-Length"]
    return (cell.answer.status_code, length, _NOISE.sub("", body))


def _first_difference(cell: Cell, twin: Cell) -> str:
    one, other = (repr(_told(each)).split("\\n") for each in (cell, twin))
    return next((f"{a.strip()} / {b.strip()}" for a, b in zip(one, other, strict=False) if a != b), "length")[:300]


# Every rule of every line of the policy opens some page that nothing else opens


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
        if _outcome(hall.ask(page, person, method, record)) != "404":
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
    assert _outcome(hall.ask(page, "both", "GET", "named")) == "ok"
    permission = Permission.ACTION_UPDATE
    kept = tuple(rule for rule in policy.RULES[permission] if rule.__name__ != "owns_the_action")
    monkeypatch.setitem(policy.RULES, permission, kept)
    assert _outcome(hall.ask(page, "both", "GET", "named")) == "404"
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


# What the addresses themselves promise


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
