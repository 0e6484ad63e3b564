"""Shared fixtures: a migrated database with a small world in it, on SQLite and on PostgreSQL, fresh for each test.

A template is migrated and filled once per process; each test gets a copy of it, so tests may commit, lock and use
several connections like the real thing. Mark a test `@on_both` to run it on both databases.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url
from xdist.scheduler import LoadScopeScheduling

from psg.app import create_app
from psg.crypto import keymaking
from psg.db import db, migrate
from psg.settings import Settings
from tests.browsing import Browser
from tests.required import REQUIRE_ALL, left_out
from tests.worlds import World, build

SUPERUSER = os.environ.get("PSG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
PREFIX = os.environ.get("PSG_TEST_DATABASE_PREFIX", "psg_test_")


LONGEST = (
    "tests/journeys/test_every_page.py",
    "tests/access/test_matrix.py",
    "tests/canary",
    "tests/real_data",
    "tests/demo",
    "tests/journeys",
    "tests/packaging",
    "tests/reminders/test_faults.py",
    "tests/audit/test_sealing.py",
)
"""What takes longest, first: begun last, one worker would be busy with it while the others wait."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest; the rest stays as it was found."""

    def rank(item: pytest.Item) -> int:
        return next((at for at, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=rank)


TOGETHER = ("tests/demo/",)
"""Folders whose modules share something that is dear to make: one process runs all of them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """A module's tests stay in one process, and so do those of the folders above."""

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((one for one in TOGETHER if nodeid.startswith(one)), super()._split_scope(nodeid))

    return ByModule(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Where everything is required, a test that leaves itself out fails."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"PSG_REQUIRE_ALL is set, and this was left out: {report.longrepr[-1]}"
    return report


on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


class Installation:
    """A template database with the world in it, the application that uses its copy, and how to copy it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
        template = self._url("template")
        self._create()
        self.settings = Settings(
            database_url=template,
            database_owner_url=template,
            broker_url="memory://",
            keys=folder / "keys",
            root_key_file=None,
            anchor_file=folder / "anchors.log",
            base_url="https://psg.test",
            mail_url=f"folder://{folder / 'mail'}",
            mail_from="psg@psg.test",
        )
        keymaking.init_root(self.settings)
        keymaking.init_installation(self.settings)
        migrate.upgrade(template)
        filler = create_app(self.settings)
        with filler.app_context():
            self.world: World = build(self.settings)
            db.session.remove()
            db.engine.dispose()
        self.copy = replace(self.settings, database_url=self._url("copy"), database_owner_url=self._url("copy"))
        self.app: Flask = create_app(self.copy)
        self.app.testing = True

    def fresh(self) -> None:
        """Put a new copy of the template in place."""
        self.release()
        self.copy.anchor_file.unlink(missing_ok=True)
        if self.kind == "sqlite":
            for suffix in ("", "-wal", "-shm"):
                (self.folder / f"copy.sqlite{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.folder / "template.sqlite", self.folder / "copy.sqlite")
        else:
            self._sql(f'drop database if exists "{self.name}_copy" with (force)')
            self._sql(f'create database "{self.name}_copy" template "{self.name}_template" strategy file_copy')

    def release(self) -> None:
        """Close the application's connections."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def drop(self) -> None:
        """Remove the databases."""
        self.release()
        if self.kind == "postgresql":
            for name in ("copy", "template"):
                self._sql(f'drop database if exists "{self.name}_{name}" with (force)')

    def _create(self) -> None:
        if self.kind == "postgresql":
            self._sql(f'create database "{self.name}_template"')

    def _url(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder / name}.sqlite"
        # Nobody pulls the plug on a test: not waiting for the disk at each commit changes nothing it can see.
        address = make_url(SUPERUSER).set(
            drivername="postgresql+psycopg",
            database=f"{self.name}_{name}",
            query={"options": "-c synchronous_commit=off"},
        )
        return address.render_as_string(hide_password=False)

    def _sql(self, statement: str) -> None:
        with psycopg.connect(SUPERUSER, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def installations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Installation]]:
    """Makes each kind of installation once per test process."""
    made: dict[str, Installation] = {}

    def get(kind: str) -> Installation:
        if kind not in made:
            made[kind] = Installation(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    yield get
    for installation in made.values():
        installation.drop()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on: sqlite unless it is marked `on_both`."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def installation(installations: Callable[[str], Installation], database: str) -> Iterator[Installation]:
    """A fresh copy of the world."""
    if database == "postgresql":
        _postgres_or_skip()
    made = installations(database)
    made.fresh()
    yield made
    made.release()


@pytest.fixture
def app(installation: Installation) -> Flask:
    """The application, without a context."""
    return installation.app


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """An application context, for tests of operations and queries."""
    with app.app_context():
        yield
        db.session.rollback()
        db.session.remove()


@pytest.fixture
def world(installation: Installation) -> World:
    """Who and what there is: two partnerships, agencies with and without a signature, one person per role."""
    return installation.world


@pytest.fixture
def client_for(app: Flask, world: World) -> Callable[[str | None], Browser]:
    """Makes a browser in which a person of the world (by name, such as 'officer') is signed in; None for nobody."""

    def make(name: str | None) -> Browser:
        browser = Browser(app)
        if name is not None:
            browser.sign_in(world.people[name].user_id)
        return browser

    return make


def _postgres_or_skip() -> None:
    try:
        psycopg.connect(SUPERUSER, connect_timeout=3).close()
    except psycopg.OperationalError:
        left_out("PostgreSQL cannot be reached")
