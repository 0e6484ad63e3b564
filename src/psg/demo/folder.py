"""The demonstration's own folder: keys, database, mail and log. Nothing in any other folder is touched."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psg.settings import Settings

_MARK = ".psg-demo.json"
_LOCK = ".psg-demo.lock"
_OWN = ("psg.sqlite", "psg.sqlite-wal", "psg.sqlite-shm", "anchors.log", "psg.log", _MARK)
_OWN_FOLDERS = ("keys", "mail")
_LOADING, _READY = "loading", "ready"


class NotOurs(Exception):
    """The folder, or the database in it, is not the demonstration's: nothing in it is touched."""


class InUse(Exception):
    """The demonstration runs already from this folder; the text says where."""


@dataclass(frozen=True)
class DemoFolder:
    """A folder that belongs to the demonstration, or may become so."""

    path: Path

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.path / "psg.sqlite"

    @property
    def mail(self) -> Path:
        """Where mail lands."""
        return self.path / "mail"

    @property
    def log(self) -> Path:
        """What the web server, worker and scheduler have to say."""
        return self.path / "psg.log"

    def settings(self, port: int) -> Settings:
        """Settings for a demonstration at a port of this machine."""
        database = f"sqlite:///{self.database}"
        return Settings(
            database_url=database,
            database_owner_url=database,
            broker_url="memory://",
            keys=self.path / "keys",
            root_key_file=None,
            anchor_file=self.path / "anchors.log",
            base_url=f"http://localhost:{port}",
            mail_url=f"folder://{self.mail}",
            mail_from="psg@localhost",
            demo=True,
        )

    @contextmanager
    def held(self, address: str = "") -> Iterator[None]:
        """Nobody else starts from this folder meanwhile; raises InUse when somebody has."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK).open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.seek(0)
                raise InUse(handle.read().strip()) from None
            handle.truncate(0)
            handle.write(address)
            handle.flush()
            yield

    def check(self) -> None:
        """Raise NotOurs unless the folder is new, empty, or the demonstration's own with its own database."""
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise NotOurs(f"{self.path} is not a folder.")
        if self._mark() is None and any(entry.name != _LOCK for entry in self.path.iterdir()):
            raise NotOurs(f"{self.path} holds files that are not the demonstration's.")
        kind = self._kind()
        if kind not in ("", "demo"):
            raise NotOurs(f"The database in {self.path} says that it is {kind}, not the demonstration's.")

    @property
    def is_ready(self) -> bool:
        """Whether the demonstration was loaded here to the end."""
        return self._mark() == _READY and self._kind() == "demo"

    @property
    def was_interrupted(self) -> bool:
        """Whether a first load began here and did not come to its end."""
        return self._mark() is not None and not self.is_ready

    def begin(self) -> None:
        """The folder is the demonstration's from now on, and not ready."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        self._put_mark(_LOADING)

    def finish(self) -> None:
        """Loaded to the end."""
        self._put_mark(_READY)

    def clear(self) -> None:
        """Take away what the demonstration has made here; anything else stays."""
        self.check()
        for name in _OWN_FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for name in _OWN:
            (self.path / name).unlink(missing_ok=True)

    def _mark(self) -> str | None:
        try:
            mark: Any = json.loads((self.path / _MARK).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return _LOADING  # cut off while it was written
        return str(mark.get("state")) if isinstance(mark, dict) else _LOADING

    def _put_mark(self, state: str) -> None:
        unfinished = self.path / f"{_MARK}.new"
        unfinished.write_text(json.dumps({"what": "the demonstration of PSG", "state": state}), encoding="utf-8")
        unfinished.replace(self.path / _MARK)

    def _kind(self) -> str:
        """What the database says of itself; "" for none, or for one that does not say yet."""
        if not self.database.exists():
            return ""
        try:
            with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
                if not connection.execute("select 1 from sqlite_master where name = 'installation'").fetchone():
                    return "" if self._mark() == _LOADING else "not known"
                row = connection.execute("select kind from installation where id = 1").fetchone()
        except sqlite3.Error:
            return "not readable"
        if row is None:
            return "" if self._mark() == _LOADING else "not known"
        return str(row[0])


def usual_folder() -> Path:
    """`demo` where the command is called; a folder of the person's own where nothing can be written there."""
    here = Path.cwd()
    if os.access(here, os.W_OK):
        return here / "demo"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "psg-demo"
