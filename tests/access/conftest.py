"""One database for all cells, with a browser for everybody."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.hall import Hall
from tests.canary import planting
from tests.conftest import _postgres_or_skip


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory):
    """A folder for each kind of database."""
    return lambda kind: tmp_path_factory.mktemp(f"planted-{kind}")


@pytest.fixture(scope="session", autouse=True)
def _drop_planted() -> Iterator[None]:
    yield
    planting.drop_all()


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
