"""Backups prove themselves: whatever makes one says so afterwards, and the status page says how long ago that was."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import literal, select, union_all

from psg import audit, clock
from psg.audit.events import Event
from psg.db import db, transaction
from psg.partnerships.models import Installation
from psg.reminders import life
from psg.reminders.models import LastDone
from psg.settings import current


class Kind(StrEnum):
    """What is backed up, each apart from the others."""

    DATABASE = "database"
    KEYS = "keys"
    ANCHOR = "anchor"


def note(kind: Kind) -> None:
    """Note that a backup of this kind has just succeeded."""
    with transaction():
        life.note_done(_name(kind))
        audit.security(Event.BACKUP_NOTED, user_id=None, why=kind.value)


def noted() -> tuple[dict[Kind, datetime | None], list[Kind]]:
    """When the last one of each kind was noted, and of which kinds one should have been made by now."""
    installed = select(literal("installed").label("what"), Installation.created_at.label("at"))
    done = select(LastDone.what, LastDone.at).where(LastDone.what.in_([_name(kind) for kind in Kind]))
    moments = {row.what: row.at for row in db.session.execute(union_all(installed, done))}
    at = {kind: moments.get(_name(kind)) for kind in Kind}
    return at, [kind for kind in Kind if _late(kind, at[kind], moments.get("installed"))]


def _late(kind: Kind, at: datetime | None, installed_at: datetime | None) -> bool:
    now, patience = clock.now(), timedelta(days=current().backup_days)
    if kind is Kind.KEYS:
        # Keys are copied when one was made, not every night.
        made = _newest_key()
        return made is not None and (at is None or at < made) and made < now - patience
    since = at or installed_at
    return since is not None and since < now - patience


def _name(kind: Kind) -> str:
    return f"backup-{kind.value}"


def _newest_key() -> datetime | None:
    """When the newest file came into the key folder."""
    try:
        times = [file.stat().st_mtime for file in _files(current().keys)]
    except OSError:
        return None
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")]
