"""The planted world, once a session and database."""

from collections.abc import Iterator

import pytest

from tests.canary import planting


@pytest.fixture(scope="session", autouse=True)
def _drop_planted() -> Iterator[None]:
    yield
    planting.drop_all()
