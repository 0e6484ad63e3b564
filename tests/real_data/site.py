"""A real installation for the story: PostgreSQL with two roles, Redis, a mail server, worker and scheduler, a clock."""

import email
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from flask import Flask
from psycopg import sql
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from psg import clock, settings
from psg.app import create_app
from psg.cli.installation import first_administrator, migrate_and_grant
from psg.crypto import keymaking
from psg.db import db, reading_done
from psg.reminders.models import Delivery, Obligation
from psg.reminders.rules import DeliveryState, covers_until
from tests.conftest import PREFIX, SUPERUSER
from tests.reminders.servers import ROOT, MailServer, RedisServer, until

BASE = "https://psg.test"
ADMINISTRATOR = "administrator@psg.test"


@dataclass(frozen=True)
class Letter:
    """One e-mail as its reader gets it."""

    to: str
    subject: str
    plain: str
    html: str
    calendar: str
    message_id: str

    @property
    def links(self) -> list[str]:
        """Every address in it, each once."""
        found = re.findall(r"https?://[^\s\"<>]+", f"{self.plain}\n{unescape(self.html)}\n{self.calendar}")
        return list(dict.fromkeys(found))

    @property
    def said(self) -> str:
        """Every word of it but its addresses."""
        html = unescape(re.sub(r"<[^>]+>", " ", self.html))
        return re.sub(r"https?://\S+", " ", f"{self.subject}\n{self.plain}\n{html}\n{self.calendar}")


def open_letter(content: bytes) -> Letter:
    """An e-mail taken apart."""
    message = email.message_from_bytes(content, policy=policy.default)
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    attached = [part.get_content() for part in message.iter_attachments()]
    texts = [part.decode() if isinstance(part, bytes) else str(part) for part in attached]
    calendar = re.sub(r"\r?\n[ \t]", "", "\n".join(texts))  # its long lines are folded
    return Letter(
        str(message["To"]),
        str(message["Subject"]),
        plain.get_content(),
        html.get_content(),
        calendar,
        str(message["Message-ID"]),
    )


class Clock:
    """The time of every process of the installation, this one too."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._ahead = 0.0

    def set(self, moment: datetime) -> None:
        """Make it that moment now; it goes on from there."""
        self._ahead = (moment - datetime.now(UTC)).total_seconds()
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(str(self._ahead))
        unfinished.replace(self.file)
        clock.source = lambda: datetime.now(UTC) + timedelta(seconds=self._ahead)


class Site:
    """The installation: made in three steps, `Site()`, `install()` and `start()`."""

    def __init__(self, folder: Path, redis_url: str, mail: MailServer, start: datetime) -> None:
        self.folder, self.mail = folder, mail
        self.clock = Clock(folder / "ahead")
        self.clock.set(start)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._read = 0
        run = secrets.token_hex(4)
        self._database, self._roles = f"{PREFIX}real_{run}", [f"{PREFIX}real_{role}_{run}" for role in ("owner", "app")]
        owner, application = self._make_database()
        self.environment = {
            "PSG_DATABASE_URL": application,
            "PSG_DATABASE_OWNER_URL": owner,
            "PSG_BROKER_URL": redis_url,
            "PSG_KEYS": str(folder / "keys"),
            "PSG_ANCHOR_FILE": str(folder / "anchors.log"),
            "PSG_BASE_URL": BASE,
            "PSG_MAIL_URL": mail.url,
            "PSG_MAIL_FROM": "PSG <psg@psg.test>",
            "PSG_TEST_AHEAD": str(self.clock.file),
        }
        self.settings = settings.load(self.environment)
        self._app: Flask | None = None

    @property
    def app(self) -> Flask:
        """The web application."""
        assert self._app is not None
        return self._app

    def install(self) -> None:
        """Make keys, tables and the first administrator, and the web application."""
        keymaking.init_root(self.settings)
        keymaking.init_installation(self.settings)
        migrate_and_grant(self.settings)
        self._app = create_app(self.settings)
        self._app.testing = True
        with self.app.app_context():
            first_administrator(ADMINISTRATOR, "Alma Administrator")

    def start(self) -> None:
        """Start worker and scheduler."""
        self._start("worker", "--concurrency", "1", "--loglevel", "WARNING")
        self._start("beat", "--loglevel", "WARNING", "--pidfile", "")

    def letters(self, what: str) -> list[Letter]:
        """Let everything that is due now go out; the mails since the last time."""
        with self.app.app_context():
            until(f"all mails have gone out: {what}", self._quiet, seconds=90)
            failed = select(func.count()).where(Delivery.state == DeliveryState.FAILED)
            assert db.session.scalar(failed) == 0
            reading_done()
        received = self.mail.received[self._read :]
        self._read += len(received)
        return [open_letter(message.as_bytes()) for message in received]

    def logs(self) -> str:
        """Everything that worker and scheduler said."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.output"))

    def stop(self) -> None:
        """End what was started and remove the database."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if self._app is not None:
            with self._app.app_context():
                db.session.remove()
                db.engine.dispose()
        self._drop()

    def _quiet(self) -> bool:
        now, today = clock.now(), clock.today()
        owed = select(func.count()).where(Obligation.next_on.is_not(None), Obligation.next_on < covers_until(today))
        waiting = select(func.count()).where(
            Delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING)), Delivery.next_try_at <= now
        )
        left = [db.session.scalar(count) for count in (owed, waiting)]
        reading_done()
        return left == [0, 0]

    def _start(self, *arguments: str) -> None:
        with (self.folder / f"{arguments[0]}.output").open("wb") as output:
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "celery", "-A", "tests.real_data.clock_entry", *arguments],
                    cwd=self.folder,
                    env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )

    def _make_database(self) -> list[str]:
        """A database with an owner and a role for the application; their addresses."""
        addresses = []
        with psycopg.connect(SUPERUSER, autocommit=True) as connection:
            for role in self._roles:
                password = secrets.token_urlsafe(18)
                create = sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
                connection.execute(create)
                address = make_url(SUPERUSER).set(
                    drivername="postgresql+psycopg",
                    username=role,
                    password=password,
                    database=self._database,
                    query={"options": "-c synchronous_commit=off"},
                )
                addresses.append(address.render_as_string(hide_password=False))
            create = sql.SQL("create database {} owner {}").format(
                sql.Identifier(self._database), sql.Identifier(self._roles[0])
            )
            connection.execute(create)
        return addresses

    def _drop(self) -> None:
        with psycopg.connect(SUPERUSER, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(self._database))
            )
            for role in self._roles:
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


_NUMBER = 11
"""Of a Redis that others may use too: the database of these tests."""


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """The address of an empty Redis: one of our own where the program is installed, else the one that was named."""
    if RedisServer.program() is not None:
        server = RedisServer(folder)
        try:
            server.start()
            yield server.url
        finally:
            server.kill()
        return
    address = urlsplit(os.environ["PSG_TEST_REDIS"])._replace(path=f"/{_NUMBER}").geturl()
    with redis.Redis.from_url(address) as connection:
        connection.flushdb()
        yield address
        connection.flushdb()


@contextmanager
def installed(folder: Path, start: datetime) -> Iterator[Site]:
    """An installation that begins at a moment, with everything it needs around it."""
    before, mail = clock.source, MailServer()
    mail.start()
    try:
        with broker(folder) as address:
            site = Site(folder, address, mail, start)
            try:
                site.install()
                yield site
            finally:
                site.stop()
    finally:
        clock.source = before
        mail.stop()
