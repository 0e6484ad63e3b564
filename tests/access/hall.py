"""The planted application with everybody signed in: cells of the table are asked here, over HTTP."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, create_engine, text
from werkzeug.test import TestResponse

from psg.db import Model
from tests.access.records import EAST, records
from tests.access.table import EVERYBODY, Page
from tests.browsing import Browser
from tests.canary import planting

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
