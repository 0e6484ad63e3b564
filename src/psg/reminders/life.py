"""Signs of life: the scheduler and the worker write when they were last at work. Ten silent minutes are a fault."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from psg import clock
from psg.db import db, transaction
from psg.reminders.models import LastDone, SignOfLife
from psg.reminders.rules import SILENT_AFTER, Beat
from psg.reminders.storing import upsert


@dataclass(frozen=True)
class Life:
    """When one of them was last seen."""

    who: Beat
    at: datetime | None
    """None: never."""

    @property
    def silent(self) -> bool:
        """Whether it has been too long."""
        return self.at is None or clock.now() - self.at > SILENT_AFTER

    @property
    def minutes(self) -> int:
        """For how long it has been silent."""
        return int((clock.now() - self.at).total_seconds() // 60) if self.at else 0


def alive(who: Beat) -> None:
    """Note that it is at work, in a transaction of its own."""
    with transaction():
        upsert(SignOfLife, [{"who": who, "at": clock.now()}], key=("who",))


def last_seen(who: Beat) -> Life:
    """When it was last at work."""
    return Life(who, db.session.scalar(select(SignOfLife.at).where(SignOfLife.who == who)))


def seen() -> list[Life]:
    """When each of them was last at work."""
    moments = {row.who: row.at for row in db.session.execute(select(SignOfLife.who, SignOfLife.at))}
    return [Life(who, moments.get(who)) for who in Beat]


def note_done(what: str, count: int | None = None) -> None:
    """Note that something done now and then has been done, such as a backup. Inside `transaction()`."""
    upsert(LastDone, [{"what": what, "at": clock.now(), "count": count}], key=("what",))


def last_done(what: str) -> LastDone | None:
    """When it was last done; None when it never was."""
    return db.session.scalar(
        select(LastDone).where(LastDone.what == what), execution_options={"populate_existing": True}
    )
