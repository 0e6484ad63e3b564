"""One database for all cells, with a browser for everybody."""

from collections.abc import Iterator

import pytest

from tests.canary import planting


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory):
    """A folder for each kind of database."""
    return lambda kind: tmp_path_factory.mktemp(f"planted-{kind}")


@pytest.fixture(scope="session", autouse=True)
def _drop_planted() -> Iterator[None]:
    yield
    planting.drop_all()
