"""The folder of published timelines, and the story told with them once for all tests that look at it."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import SUPERUSER
from tests.real_data.site import installed
from tests.real_data.story import Story
from tests.real_data.told import START
from tests.reminders.servers import RedisServer
from tests.required import left_out

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder reads the published timelines."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real_data)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder named by PSG_REAL_DATA, or the one beside the checkout."""
    folder = Path(os.environ.get("PSG_REAL_DATA") or HERE.parents[2] / "shared" / "data")
    if not (folder / "scenarios").is_dir():
        left_out("the published timelines are not here: name their folder in PSG_REAL_DATA")
    return folder


@pytest.fixture(scope="module")
def story(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The whole story, with real PostgreSQL, Redis, mail server, worker and scheduler."""
    if RedisServer.program() is None and "PSG_TEST_REDIS" not in os.environ:
        left_out("there is no redis-server, and PSG_TEST_REDIS names none")
    try:
        psycopg.connect(SUPERUSER, connect_timeout=3).close()
    except psycopg.OperationalError:
        left_out("PostgreSQL cannot be reached")
    with installed(tmp_path_factory.mktemp("east-cambs"), START) as site:
        told = Story(site, data)
        told.tell()
        yield told
