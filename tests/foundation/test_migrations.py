"""Migrations go up, down and up again on both databases, keep data, and end where the models are."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from psg import paths, tables
from psg.db import migrate
from psg.db.model import Base
from tests.conftest import PREFIX, SUPERUSER

assert tables  # imports every model


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'migrating.sqlite'}"
        return
    name = f"{PREFIX}{uuid.uuid4().hex[:12]}_migrating"
    with psycopg.connect(SUPERUSER, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[arg-type]
    address = SUPERUSER.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1)
    yield f"{address}/{name}"
    with psycopg.connect(SUPERUSER, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')  # type: ignore[arg-type]


def test_one_head():
    assert len(ScriptDirectory(str(paths.MIGRATIONS)).get_heads()) == 1


def test_up_ends_where_the_models_are(url):
    migrate.upgrade(url)
    engine = migrate.owner_engine(url)
    with engine.connect() as connection:
        assert migrate.revision_of(connection) == migrate.head()
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_every_step_down_and_up_again(url):
    script = ScriptDirectory(str(paths.MIGRATIONS))
    steps = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    for step, before in zip(steps, ["base", *steps], strict=False):
        migrate.upgrade(url, to=step)
        migrate.downgrade(url, to=before)
        migrate.upgrade(url, to=step)
    migrate.downgrade(url, to="base")
    engine = migrate.owner_engine(url)
    with engine.connect() as connection:
        left = set(engine.dialect.get_table_names(connection)) - {"alembic_version"}
    engine.dispose()
    assert left == set()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_data_below_a_step_survives_its_going_and_coming(installation):
    """A filled database loses only what the newest step brought."""
    url = installation.copy.database_url
    before = _counts(url)
    assert before["users"] > 10
    script = ScriptDirectory(str(paths.MIGRATIONS))
    newest = script.get_revision(migrate.head())
    migrate.downgrade(url, to=str(newest.down_revision))
    kept = _counts(url)
    migrate.upgrade(url)
    assert {name: count for name, count in before.items() if name in kept} == kept
    with installation.app.app_context():
        from psg.audit.verify import verify

        report = verify()
    assert report.ok, report.sentences()


def _counts(url: str) -> dict[str, int]:
    engine = migrate.owner_engine(url)
    with engine.connect() as connection:
        names = set(engine.dialect.get_table_names(connection)) - {"alembic_version"}
        counts = {name: connection.execute(text(f'select count(*) from "{name}"')).scalar_one() for name in names}
    engine.dispose()
    return counts
