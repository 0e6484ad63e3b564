"""Is the installation well? Each check gives one line: a word, since when, what to do; no case data in any of them."""

import os
import platform
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from flask import current_app
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from psg import __version__, clock
from psg.crypto import KeyProblem, keyring
from psg.db import db, migrate
from psg.oversight import backups, tidying, trail
from psg.partnerships.models import Partnership
from psg.reminders import embedded, life, undelivered
from psg.reminders.rules import SILENT_AFTER, Beat
from psg.settings import current
from psg.web.words import plural

_SMALL_DISK = 500_000_000
_BROKER_PATIENCE = 3
_TIDIED_WITHIN = timedelta(days=3)
_MAIL_SERVER = (
    "See that the mail server of PSG_MAIL_URL runs and takes messages from here (psg check tries it). "
    "What waits is tried for 48 hours and goes by itself."
)


class Word(StrEnum):
    """How it stands, in one word."""

    OK = "ok"
    WATCH = "watch"
    RED = "red"


@dataclass(frozen=True)
class Finding:
    """One line of the status page."""

    name: str
    word: Word
    says: str
    since: datetime | None = None
    do: str = ""
    never: bool = False
    """Whether there is no such moment yet; without a moment otherwise, it was looked at now."""
    asked: bool = True
    """Whether the question could be asked at all."""


Check = Callable[[], Finding]


def database() -> Finding:
    """Does it answer?"""
    try:
        db.session.execute(text("select 1"))
    except SQLAlchemyError as error:
        db.session.rollback()
        return Finding("Database", Word.RED, f"Does not answer ({type(error).__name__})", do="Start the database.")
    kind = db.engine.dialect.name
    if kind == "sqlite" and not current().demo:
        return Finding("Database", Word.WATCH, "SQLite", do="Use PostgreSQL for live records.")
    return Finding("Database", Word.OK, "PostgreSQL" if kind == "postgresql" else "SQLite")


def broker() -> Finding:
    """Can the scheduler reach the worker?"""
    if current().embedded:
        if embedded.running(current_app):
            return Finding("Broker", Word.OK, "Inside this process")
        return Finding(
            "Broker",
            Word.RED,
            "Inside this process, and not running",
            do="Start with: gunicorn -c python:worker.embedded wsgi:app",
        )
    import redis

    try:
        with redis.Redis.from_url(
            current().broker_url, socket_timeout=_BROKER_PATIENCE, socket_connect_timeout=_BROKER_PATIENCE
        ) as connection:
            connection.ping()
    except (redis.RedisError, OSError) as error:
        return Finding("Broker", Word.RED, f"Does not answer ({type(error).__name__})", do="Start Redis.")
    return Finding("Broker", Word.OK, "Redis")


def keys() -> Finding:
    """Is there a key for every partnership?"""
    try:
        known = db.session.execute(select(Partnership.id, Partnership.slug).order_by(Partnership.slug)).all()
        missing = [slug for partnership_id, slug in known if not keyring().has_partnership(partnership_id)]
    except KeyProblem:
        return Finding("Keys", Word.RED, "The key folder cannot be read", do="Run: psg keys check")
    if missing:
        count = f"{plural(len(missing), 'partnership')} without a key"
        return Finding("Keys", Word.RED, count, do=f"Run: psg keys add-partnership {missing[0]}")
    return Finding("Keys", Word.OK, "One for every partnership")


def migrations() -> Finding:
    """Does the database have the form that this program needs?"""
    found, needed = migrate.revision_of(db.session.connection()), migrate.head()
    if found != needed:
        return Finding("Migrations", Word.RED, f"At {found or 'none'}, needs {needed}", do="Run: psg upgrade")
    return Finding("Migrations", Word.OK, f"At {found}")


def scheduler() -> Finding:
    """Has it shown life lately?"""
    return _living(life.last_seen(Beat.SCHEDULER))


def worker() -> Finding:
    """Has it shown life lately?"""
    return _living(life.last_seen(Beat.WORKER))


def mail() -> Finding:
    """Do messages get out?"""
    post, now = undelivered.look(), clock.now()
    waiting = f"{_count(post.refused)} could not be sent and will be tried again ({post.answer})"
    if post.stuck_since is not None and now - post.stuck_since > SILENT_AFTER:
        return Finding("Mail", Word.RED, f"Nothing goes: {waiting}", post.stuck_since, _MAIL_SERVER)
    if post.overdue_since is not None and now - post.overdue_since > SILENT_AFTER:
        do = "Look at the mail server and the worker."
        return Finding("Mail", Word.RED, "A message should have gone", post.overdue_since, do)
    never = post.sent_at is None
    if post.refused:
        return Finding("Mail", Word.WATCH, waiting, post.sent_at, _MAIL_SERVER, never)
    if post.failed:
        says = f"{_count(post.failed)} failed since yesterday, the last with {post.last_failure or 'no answer'}"
        return Finding("Mail", Word.WATCH, says, post.sent_at, "Look at the deliveries of the partnerships.", never)
    return Finding("Mail", Word.OK, "Nothing is late", post.sent_at, never=never)


def _count(messages: int) -> str:
    most = undelivered.COUNT_TO
    return plural(messages, "message") if messages <= most else f"more than {most:,} messages"


def disk() -> Finding:
    """Is there room for audit anchors, and for the embedded database?"""
    folders = [current().anchor_file.parent]
    if current().sqlite:
        folders.append(Path(current().database_url.removeprefix("sqlite:///")).parent)
    try:
        free = min(shutil.disk_usage(folder).free for folder in folders)
    except OSError:
        do = "Make the folder of PSG_ANCHOR_FILE, and let PSG write to it."
        return Finding("Disk", Word.RED, "The folder of the audit anchors is missing", do=do)
    if not os.access(folders[0], os.W_OK):
        do = "Let PSG write to the folder of PSG_ANCHOR_FILE."
        return Finding("Disk", Word.RED, "The folder of the audit anchors cannot be written to", do=do)
    if free < _SMALL_DISK:
        return Finding("Disk", Word.RED, f"{free // 1_000_000:,} MB free", do="Make room: at 0 nothing can be saved.")
    return Finding("Disk", Word.OK, f"{free // 1_000_000_000:,} GB free")


def audit_chain() -> Finding:
    """Is the audit being sealed?"""
    seal = trail.seal()
    words = f"{plural(seal.unsealed, 'event')} not sealed yet"
    if not seal.genuine:
        return Finding("Audit", Word.RED, "The newest seal is not ours", seal.at, "Run: psg audit verify")
    if seal.oldest_unsealed is not None and clock.now() - seal.oldest_unsealed > SILENT_AFTER:
        return Finding(
            "Audit", Word.RED, words, seal.at, "The worker seals every two minutes: look at it first.", seal.at is None
        )
    return Finding("Audit", Word.OK, words, seal.at, never=seal.at is None)


def backup() -> Finding:
    """Was everything copied away lately?"""
    if current().demo:
        return Finding("Backup", Word.OK, "A demonstration needs none")
    noted, late = backups.noted()
    says = ", ".join(f"{kind.value}: {_ago(at)}" for kind, at in noted.items()).capitalize()
    oldest = min((at for at in noted.values() if at), default=None)
    if late:
        do = f"Back up the {' and the '.join(late)}, then run: psg backup noted {late[0]}"
        return Finding("Backup", Word.RED, says, oldest, do, never=oldest is None)
    if None in noted.values():
        missing = next(kind for kind, at in noted.items() if at is None)
        do = f"Let the backup script run: psg backup noted {missing}"
        return Finding("Backup", Word.WATCH, says, oldest, do, never=oldest is None)
    return Finding("Backup", Word.OK, says, oldest)


def _ago(at: datetime | None) -> str:
    if at is None:
        return "never noted"
    hours = int((clock.now() - at).total_seconds() // 3600)
    if hours < 1:
        return "within the hour"
    return f"{plural(hours, 'hour') if hours < 48 else plural(hours // 24, 'day')} ago"


def tidied() -> Finding:
    """Do old working rows go?"""
    last = life.last_done(tidying.TIDIED)
    if last is None:
        return Finding("Tidying", Word.OK, "Old messages and reminders are removed every night", never=True)
    if clock.now() - last.at > _TIDIED_WITHIN:
        return Finding("Tidying", Word.WATCH, "Has not been done for days", last.at, "Look at the worker.")
    return Finding("Tidying", Word.OK, f"{plural(last.count or 0, 'old row')} removed last time", last.at)


READY: dict[str, Check] = {
    "database": database,
    "broker": broker,
    "keys": keys,
    "migrations": migrations,
    "scheduler": scheduler,
    "worker": worker,
}
"""What /readyz answers for. A late backup is a matter for people, not a reason to take a site out of service."""

EVERYTHING: tuple[Check, ...] = (*READY.values(), backup, mail, disk, audit_chain, tidied)
"""What the status page shows, and `psg check` lists."""

AT_REST: tuple[Check, ...] = (database, keys, migrations, disk)
"""What is to be well even where nothing runs on purpose."""

WITHOUT_DATABASE: tuple[Check, ...] = (database, broker, disk)
"""What can be asked while the database is away."""


def ready() -> dict[str, bool]:
    """Each name, and whether it is well."""
    return {name: _asked(name, check).word is not Word.RED for name, check in READY.items()}


def findings(checks: Iterable[Check] = EVERYTHING) -> list[Finding]:
    """Every line of the status page, or some of them."""
    return [_asked(check.__name__, check) for check in checks]


def worst() -> Finding | None:
    """What an administrator is told on the way past, None when that is nothing; the status page knows more.

    In four statements, and from the database and this machine alone: no page is to wait for a broker that hangs.
    """
    try:
        found = [keys(), *map(_living, life.seen()), mail(), disk(), backup()]
    except SQLAlchemyError as error:
        db.session.rollback()
        return Finding("Database", Word.RED, f"Cannot be asked ({type(error).__name__})", do="Run: psg check")
    return next((one for word in (Word.RED, Word.WATCH) for one in found if one.word is word), None)


def _asked(name: str, check: Check) -> Finding:
    """The finding; a database that cannot answer the question is a finding too."""
    try:
        return check()
    except SQLAlchemyError as error:
        db.session.rollback()
        says = f"Cannot be asked ({type(error).__name__})"
        return Finding(name.capitalize(), Word.RED, says, do="Look at the database.", asked=False)


def versions() -> list[tuple[str, str]]:
    """What runs here."""
    server = db.session.scalar(text("select version()" if not current().sqlite else "select sqlite_version()"))
    return [
        ("PSG", __version__),
        ("Python", platform.python_version()),
        ("Flask", version("flask")),
        ("SQLAlchemy", version("sqlalchemy")),
        ("Celery", version("celery")),
        ("PostgreSQL" if not current().sqlite else "SQLite", str(server).removeprefix("PostgreSQL ").split(" on ")[0]),
    ]


def _living(seen: life.Life) -> Finding:
    name, command = ("Scheduler", "beat") if seen.who is Beat.SCHEDULER else ("Worker", "worker")
    if not seen.silent:
        return Finding(name, Word.OK, "At work", seen.at)
    words = f"Silent for {plural(seen.minutes, 'minute')}" if seen.at else "Has never been seen"
    do = f"Start it with: celery -A worker {command}"
    if current().embedded:
        do = "Start with: gunicorn -c python:worker.embedded wsgi:app"
    return Finding(name, Word.RED, words, seen.at, do, never=seen.at is None)
