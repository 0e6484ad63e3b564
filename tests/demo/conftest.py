"""One demonstration, loaded once by the real command and used by every test here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from psg.demo.folder import DemoFolder
from tests.demo.processes import Demo, port_not_taken, taken_port


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """`psg demo` on an empty folder with an empty home: loaded, served and stopped with Ctrl-C."""
    place = tmp_path_factory.mktemp("demo")
    demo = Demo(place / "data", port=port_not_taken())
    demo.start()
    try:
        demo.wait_for("Ctrl-C stops it", seconds=240)
        demo.seen_children = demo.children()
    finally:
        demo.interrupt()
    return demo


@pytest.fixture
def loaded(first_start: Demo, tmp_path: Path) -> DemoFolder:
    """A copy of the loaded folder."""
    shutil.copytree(first_start.folder, tmp_path / "copy")
    return DemoFolder(tmp_path / "copy")


@pytest.fixture(scope="module")
def served(first_start: Demo) -> Iterator[Demo]:
    """The same folder, started again at a port that is taken."""
    with taken_port() as taken:
        demo = Demo(first_start.folder, port=taken)
        demo.start()
        try:
            demo.wait_for("Ctrl-C stops it", seconds=60)
            yield demo
        finally:
            demo.interrupt()
