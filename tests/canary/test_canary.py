"""Plant a word of its own in every sensitive field, then look for it everywhere, as everybody."""

import io
import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from psg.crypto import datakeys
from psg.crypto.sealed import Sealed
from psg.db import Model, db
from psg.reminders.draining import drain
from psg.reminders.sweeping import sweep
from tests.access.records import records
from tests.access.table import EVERYBODY
from tests.browsing import Browser
from tests.canary import allowed, planting, words
from tests.canary.crawling import Found, crawl, tokens_in
from tests.conftest import _postgres_or_skip


class Crawled:
    """A planted installation, read through by everybody."""

    def __init__(self, kind: str, folder: Path, people: tuple[str, ...]) -> None:
        self.made = planting.planted(kind, folder)
        self.made.fresh()
        self.kind, self.app, self.scene = kind, self.made.app, self.made.scene
        if kind == "postgresql":
            self.made._sql(f'alter database "{self.made.name}_copy" set synchronous_commit = off')
        self.log = io.StringIO()
        self.handler = logging.StreamHandler(self.log)
        root = logging.getLogger()
        ours = [
            h.formatter
            for h in root.handlers
            if h.formatter is not None and "structlog" in type(h.formatter).__module__
        ]
        self.handler.setFormatter(ours[0] if ours else None)
        root.addHandler(self.handler)
        before, _ = root.level, root.setLevel(logging.DEBUG)
        try:
            self.found = {name: self._crawl(name) for name in people}
            self.posted = {name: self._look_up(name) for name in people}
            self._mails()
        finally:
            root.setLevel(before)
            root.removeHandler(self.handler)

    def browser(self, name: str) -> Browser:
        """A browser in which a person is signed in."""
        browser = Browser(self.app)
        if name != "anonymous":
            browser.sign_in(self.made.world.people[name].user_id)
        return browser

    def _crawl(self, name: str) -> Found:
        seeds = ["/", "/my-work", "/settings", "/help", "/no-such-page", "/readyz", "/healthz", "/status"]
        seeds += ["/east-test/", "/city-test/", "/east-test/audit", "/east-test/deliveries", "/east-test/figures"]
        seeds += [f"/find?reference={reference}" for reference in self.scene.references.values()]
        for case, reference in self.scene.references.items():
            place = "city-test" if case.startswith("city") else "east-test"
            seeds.append(f"/{place}/cases/{reference}")
        with self.app.app_context():
            known = records(self.made.world, self.scene)
        for meeting in ("preparing", "published", "agreed", "youngmeeting", "citymeeting"):
            at = known[meeting]
            base = f"/{at['partnership']}/meetings/{at['meeting_id']}"
            seeds += [
                base,
                f"{base}/agenda.pdf",
                f"{base}/minutes.pdf",
                f"{base}/minutes",
                f"{base}/meeting.ics",
                f"{base}/print",
            ]
        for action in ("open", "closed", "young", "named", "city", "erased"):
            at = known[action]
            seeds += [f"/{at['partnership']}/actions/{at['action_id']}{page}" for page in ("", "/update")]
        return crawl(self.browser(name), seeds, self.scene.odd)

    def _look_up(self, name: str) -> dict[str, str]:
        """Look for every planted person by what the search page takes; gives token -> what was typed."""
        browser, found = self.browser(name), {}
        for place in ("east-test", "city-test"):
            for value, token in self.scene.odd.items():
                if token.endswith("PERSON-PHONE"):
                    answer = browser.post(f"/{place}/cases/find-person", {"phone": value})
                    # What was typed comes back in the form; everything else is a find.
                    for seen in tokens_in(answer.text.replace(value, ""), self.scene.odd):
                        found.setdefault(seen, f"find-person by {token}")
        return found

    def _mails(self) -> None:
        with self.app.app_context():
            sweep()
            drain()
            db.session.remove()

    def close(self) -> None:
        """Let go of the database."""
        self.made.release()


SMOKE = ("anonymous", "officer", "nurse", "citycoordinator")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """Everybody, on PostgreSQL."""
    _postgres_or_skip()
    made = Crawled("postgresql", tmp_path_factory.mktemp("planted"), EVERYBODY)
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """Some, on SQLite."""
    made = Crawled("sqlite", tmp_path_factory.mktemp("planted"), SMOKE)
    yield made
    made.close()


def leaks(crawled: Crawled) -> list[str]:
    """Every token that somebody found who may not."""
    return sorted(
        f"{name} found {token} at {where}"
        for name in crawled.found
        for token, where in (crawled.posted[name] | crawled.found[name].tokens).items()
        if name not in allowed.may_see(token)
    )


def test_nobody_finds_what_is_not_theirs(world: Crawled) -> None:
    assert leaks(world) == []


def test_nobody_finds_what_is_not_theirs_on_sqlite(small: Crawled) -> None:
    assert leaks(small) == []
    assert {token for found in small.found.values() for token in found.tokens}


def test_everybody_finds_what_is_theirs(world: Crawled) -> None:
    """An application that shows nothing would pass every other test here."""
    missing = []
    for token in sorted(words.PLANTED):
        part = next((p for p in allowed.READERS if token.startswith(f"CNRY-{p}-")), None)
        if part is None or token in allowed.NEVER_SHOWN:
            continue
        reader = allowed.READERS[part]
        if reader in allowed.may_see(token) and token not in world.found[reader].tokens:
            missing.append(f"{reader} does not find {token}")
    assert missing == []


def test_crawl_reached_enough_and_nothing_broke(world: Crawled) -> None:
    assert [page for found in world.found.values() for page in found.broken] == []
    assert world.found["coordinator"].pages > 200
    assert world.found["officer"].pages > 50


def test_no_token_stands_in_an_address_or_a_title(world: Crawled) -> None:
    assert [at for found in world.found.values() for at in found.in_addresses] == []
    titles = {token: at for found in world.found.values() for token, at in found.in_titles.items()}
    assert {token: at for token, at in titles.items() if not token.startswith(allowed.IN_TITLES)} == {}


# Where no page looks


def _plain_in(data: bytes, odd: dict[str, str]) -> set[str]:
    """Tokens that can be read in these bytes but should be sealed."""
    said = data.decode("latin-1")
    return {token for token in tokens_in(said, odd) if not allowed.may_be_plain(token)}


def _plain_url(crawled: Crawled) -> str:
    """The database as PostgreSQL's own tools take it."""
    url = make_url(crawled.made.copy.database_url).set(drivername="postgresql", query={})
    return url.render_as_string(hide_password=False)


def test_nothing_can_be_read_in_the_database_file(small: Crawled) -> None:
    data = b"".join(path.read_bytes() for path in small.made.folder.glob("copy.sqlite*"))
    assert b"CNRY-EAST-GROUP-PSG-TERMS" in data, "what is plain can be read, or this looks in the wrong place"
    assert _plain_in(data, small.scene.odd) == set()


def test_nothing_can_be_read_in_a_dump(world: Crawled) -> None:
    url = _plain_url(world)
    dump = subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=True, timeout=120).stdout
    assert b"CNRY-EAST-GROUP-PSG-TERMS" in dump
    assert _plain_in(dump, world.scene.odd) == set()
    hexed = re.findall(rb"\\x([0-9a-f]{8,})", dump)
    assert _plain_in(b"\n".join(bytes.fromhex(one.decode()) for one in hexed if len(one) % 2 == 0), {}) == set()


def test_nothing_can_be_read_in_a_copy_of_each_table(world: Crawled) -> None:
    url = _plain_url(world)
    readable = set()
    with psycopg.connect(url) as connection:
        for table in Model.metadata.sorted_tables:
            with connection.cursor().copy(f'copy "{table.name}" to stdout (format binary)') as copied:  # type: ignore[arg-type]
                readable |= {(table.name, token) for token in _plain_in(b"".join(copied), world.scene.odd)}
    assert readable == set()


def test_the_audit_holds_nothing_that_was_typed(world: Crawled) -> None:
    with world.app.app_context(), db.engine.connect() as connection:
        for table in ("audit_events", "audit_digests"):
            rows = connection.execute(text(f"select * from {table}")).all()
            assert rows
            assert tokens_in(repr(rows), world.scene.odd) == set()


def test_no_log_names_anybody_or_anything(world: Crawled) -> None:
    said = world.log.getvalue()
    assert said.count("\n") > 500, "the log was not captured"
    assert tokens_in(said, world.scene.odd) == set()
    assert not re.search(r"@test\.example|@nobody\.example", said)


def test_no_mail_names_anybody_or_anything(world: Crawled) -> None:
    mails = [path for path in (world.made.folder / "mail").rglob("*") if path.is_file()]
    assert mails, "no mail was sent"
    for path in mails:
        assert tokens_in(path.read_text(encoding="utf-8", errors="replace"), world.scene.odd) == set(), path
    with world.app.app_context(), db.engine.connect() as connection:
        kept = connection.execute(text("select kind, subject, body, details from deliveries")).all()
        assert kept
        assert tokens_in(repr(kept), world.scene.odd) == set()


def test_keys_and_anchors_hold_nothing(world: Crawled) -> None:
    kept = [p for p in world.made.folder.rglob("*") if p.is_file() and "mail" not in p.parts and "sqlite" not in p.name]
    assert kept
    for path in kept:
        assert tokens_in(path.read_bytes().decode("latin-1"), world.scene.odd) == set(), path


# Nothing sensitive was left out


FILLED_BY_PSG: dict[str, str] = {
    "cases.summary_sealed": "the score in words, written by the program",
    "involvements.role_sealed": "a code of a list",
    "case_events.at_time_sealed": "a time of day; planted as 03:47",
    "meetings.notes_sealed": "nothing writes it yet",
    "kept_posts.fields_sealed": "written by a form after a time-out: tests/hostile",
}
"""Sealed columns without a word planted in them, each with the reason."""


def test_every_sealed_column_holds_a_planted_word(small: Crawled) -> None:
    with small.app.app_context():
        planted = {name for name in planting.sealed_columns() if _holds_a_word(name, small.scene.odd)}
    assert sorted(planting.sealed_columns() - planted - set(FILLED_BY_PSG)) == [], "plant a word in these columns"
    assert sorted(set(FILLED_BY_PSG) & planted) == []


def _holds_a_word(name: str, odd: dict[str, str]) -> bool:
    table, column = name.split(".")
    model = next(m.class_ for m in Model.registry.mappers if m.local_table.name == table)
    if not issubclass(model, Sealed):
        return False
    for record in db.session.query(model):
        owner = getattr(record, model.__key_owner__)
        datakeys.load(record.partnership_id, [owner])
        try:
            value = getattr(record, column.removesuffix("_sealed"))
        except Exception:  # noqa: BLE001, S112 - an erased case's key is gone
            continue
        if tokens_in(repr(value), odd):
            return True
    return False
