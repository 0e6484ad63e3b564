"""The planted world, and how the table of addresses leads to every form."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.canary import planting


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder for each kind of database."""
    return lambda kind: tmp_path_factory.mktemp(f"hostile-{kind}")


@pytest.fixture(scope="session", autouse=True)
def _drop_planted() -> Iterator[None]:
    yield
    planting.drop_all()
