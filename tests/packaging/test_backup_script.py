"""The backup script as docs/operations.md prints it: it notes only a dump with our records in it."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from tests.conftest import PREFIX, SUPERUSER, Installation

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
ADDRESS = "postgresql://psg_owner@127.0.0.1:5432/psg"

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]


class Machine:
    """A machine with the script, whose `sudo` writes down what it was asked instead of doing it."""

    def __init__(self, folder: Path) -> None:
        self.backups, self.passwords, self.noted = folder / "backup", folder / "pgpass", folder / "noted"
        self.programs = folder / "bin"
        self.backups.mkdir()
        self.programs.mkdir()
        sudo = self.programs / "sudo"
        sudo.write_text(f'#!/bin/sh\necho "$@" >>{self.noted}\n', encoding="utf-8")
        sudo.chmod(0o755)

    def run(self, database: URL) -> subprocess.CompletedProcess[str]:
        """The printed script with this machine's places, and no more environment than cron gives."""
        script = printed()
        for there, here in (
            ("/backup/", f"{self.backups}/"),
            ("/root/.pgpass", str(self.passwords)),
            (ADDRESS, database._replace(password=None).render_as_string()),
        ):
            assert there in script
            script = script.replace(there, here)
        environment = {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": "/root"}
        return subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def remember(self, password: str | None) -> None:
        """Write the password down as the document says."""
        escaped = (password or "").replace("\\", "\\\\").replace(":", "\\:")
        self.passwords.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        self.passwords.chmod(0o600)

    def dumps(self) -> list[str]:
        """What would be taken for a backup."""
        return [file.name for file in self.backups.glob("*.dump")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def printed() -> str:
    """The script that begins with its own place."""
    blocks = DOCUMENT.read_text(encoding="utf-8").split("```sh\n")[1:]
    return next(block.partition("```")[0] for block in blocks if "# /etc/cron.daily/psg-database" in block)


def of(installation: Installation) -> URL:
    return make_url(installation.copy.database_url).set(drivername="postgresql", query={})


def test_a_dump_of_the_records_is_noted(machine: Machine, installation: Installation) -> None:
    database = of(installation)
    machine.remember(database.password)
    done = machine.run(database)
    assert done.returncode == 0, done.stderr
    assert len(machine.dumps()) == 1
    assert machine.noted.read_text().strip().endswith("psg backup noted database")


def test_an_empty_database_is_not_noted(machine: Machine, installation: Installation) -> None:
    empty = of(installation).set(database=f"{PREFIX}empty_{os.getpid()}")
    machine.remember(empty.password)
    with psycopg.connect(SUPERUSER, autocommit=True) as connection:
        connection.execute(f'create database "{empty.database}"')  # type: ignore[arg-type]
        try:
            done = machine.run(empty)
        finally:
            connection.execute(f'drop database "{empty.database}" with (force)')  # type: ignore[arg-type]
    assert (done.returncode != 0, machine.dumps(), machine.noted.exists()) == (True, [], False)


def test_a_database_that_cannot_be_reached_is_not_noted(machine: Machine, installation: Installation) -> None:
    database = of(installation)
    machine.remember(database.password)
    done = machine.run(database.set(database="psg_there_is_none"))
    assert (done.returncode != 0, machine.dumps(), machine.noted.exists()) == (True, [], False)
    assert "psg_there_is_none" in done.stderr
