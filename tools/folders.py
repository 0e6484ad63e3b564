"""The folder of one run of the tests: in memory where there is enough of it, and gone afterwards.

A run that was killed leaves its folder behind. The next one removes it: whoever lives holds a lock on a file in theirs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
ENOUGH_MEMORY = 4 * 1024**3  # a whole run leaves about one gigabyte of files
_PREFIX = "psg-test-"


class RunFolder:
    """A folder of this run's own."""

    def __init__(self, above: Path | None = None) -> None:
        above = above or _in_memory() or Path(tempfile.gettempdir())
        remove_abandoned(above)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
        # The unprivileged servers of a run must be able to walk through to their own folders.
        self.path.chmod(0o711)
        self._lock = (self.path / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def remove_abandoned(above: Path) -> None:
    """Remove the folders of one's own runs that ended without doing so."""
    for folder in above.glob(f"{_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # somebody's who lives, or who has not put a lock into it yet


def _in_memory() -> Path | None:
    """A folder kept in memory, for what nobody needs tomorrow; None where none is large enough and runs programs."""
    try:
        there = os.statvfs(IN_MEMORY)
    except OSError:
        return None
    fits = there.f_bavail * there.f_frsize > ENOUGH_MEMORY and os.access(IN_MEMORY, os.W_OK)
    return IN_MEMORY if fits and not there.f_flag & os.ST_NOEXEC else None
