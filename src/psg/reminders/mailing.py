"""Handing a message over: to a mail server, or into a folder for trials. One connection serves a whole batch.

smtp://[user:password@]host[:port]   STARTTLS when the server offers it; always when there is a password
    ?tls=required                    never without STARTTLS
    ?tls=off                         without: for a relay on the same machine only
smtps://[user:password@]host[:port]  TLS from the first byte
folder:///path                       one .eml file per message, for trials
"""

import os
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from psg.reminders.composing import Mail

TIMEOUT_SECONDS = 10
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NotSent(Exception):
    """The message was not taken.

    answer: class and code of what was said, never its text, which may quote an address.
    permanent: asking again would not help. unreachable: nothing else can be sent just now either.
    """

    def __init__(self, answer: str, *, permanent: bool = False, unreachable: bool = False) -> None:
        super().__init__(answer)
        self.answer = answer
        self.permanent = permanent
        self.unreachable = unreachable


class UnusableMailUrl(ValueError):
    """PSG_MAIL_URL cannot be used; the text says why."""


class Post(Protocol):
    """Somewhere to hand messages over, used as a context manager."""

    def __enter__(self) -> "Post":
        """Ready; a connection is made with the first message."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""

    def send(self, message: Mail) -> str:
        """Hand one message over; gives the answer's code. Raises NotSent."""


@dataclass(frozen=True)
class SmtpAddress:
    """A mail server, as PSG_MAIL_URL names it."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "offered"
    """offered, required, off or wrapped (from the first byte)"""


def post_office(url: str) -> Post:
    """The way messages leave, by PSG_MAIL_URL. Connects to nothing yet."""
    if url.startswith("folder:"):
        return FolderPost(Path(unquote(urlsplit(url).path)))
    return SmtpPost(read_smtp_url(url))


def read_smtp_url(url: str) -> SmtpAddress:
    """The mail server named by an address; raises UnusableMailUrl."""
    parts = urlsplit(url)
    wrapped = parts.scheme == "smtps"
    options = parse_qs(parts.query)
    tls = "wrapped" if wrapped else options.pop("tls", ["required" if parts.password else "offered"])[-1]
    try:
        port = parts.port or (465 if wrapped else 25)
    except ValueError:
        raise UnusableMailUrl("PSG_MAIL_URL: the port is not a number") from None
    if not parts.hostname:
        raise UnusableMailUrl("PSG_MAIL_URL: the mail server's name is missing")
    if options or tls not in ("offered", "required", "off", "wrapped"):
        raise UnusableMailUrl("PSG_MAIL_URL: the only option is tls=required or tls=off")
    if parts.password and tls == "off" and parts.hostname not in _LOOPBACK:
        raise UnusableMailUrl("PSG_MAIL_URL: a password is never sent without TLS")
    return SmtpAddress(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


class FolderPost:
    """Messages as files. The name comes from the Message-ID, so a repeat replaces the first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> "FolderPost":
        """Nothing to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def send(self, message: Mail) -> str:
        """Write the file beside its place first: a reader never sees half a message."""
        name = message.message_id.strip("<>").partition("@")[0]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / f".{name}.{os.getpid()}"
            unfinished.write_bytes(message.raw)
            unfinished.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise NotSent(f"{type(error).__name__} {error.errno or ''}".strip(), unreachable=True) from error
        return "written"


class SmtpPost:
    """A mail server. Connects with the first message, and once more when the server has hung up in between."""

    def __init__(self, address: SmtpAddress, seconds: float = TIMEOUT_SECONDS) -> None:
        self._address, self._seconds = address, seconds
        self._server: smtplib.SMTP | None = None
        self._used = False

    def __enter__(self) -> "SmtpPost":
        """Nothing to open yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye; a server that does not listen any more is no trouble."""
        self._hang_up()

    def connect(self) -> smtplib.SMTP:
        """Connect and sign in, if that has not been done; raises NotSent."""
        if self._server is None:
            self._server = _reached(self._connect)
        return self._server

    def send(self, message: Mail) -> str:
        """Hand one message over."""
        try:
            return self._send(message)
        except smtplib.SMTPServerDisconnected as error:
            self._server = None
            if not self._used:
                raise NotSent("SMTPServerDisconnected", unreachable=True) from error
        # Servers limit the messages of one connection, or its idle time: that is no failure of this message.
        self._used = False
        try:
            return self._send(message)
        except smtplib.SMTPServerDisconnected as error:
            self._server = None
            raise NotSent("SMTPServerDisconnected", unreachable=True) from error

    def _send(self, message: Mail) -> str:
        server = self.connect()
        try:
            server.sendmail(message.sender, [message.to], message.raw)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _refused(error, code) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error, error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise NotSent(type(error).__name__, unreachable=True) from error
        self._used = True
        return "250"

    def _connect(self) -> smtplib.SMTP:
        address, context = self._address, ssl.create_default_context()
        if address.tls == "wrapped":
            server: smtplib.SMTP = smtplib.SMTP_SSL(address.host, address.port, timeout=self._seconds, context=context)
        else:
            server = smtplib.SMTP(address.host, address.port, timeout=self._seconds)
        try:
            server.ehlo()
            if address.tls == "required" or (address.tls == "offered" and server.has_extn("starttls")):
                server.starttls(context=context)
                server.ehlo()
            if address.user:
                server.login(address.user, address.password)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _hang_up(self) -> None:
        if self._server is None:
            return
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._server.close()
        self._server = None
        self._used = False


def _reached(connect: Callable[[], smtplib.SMTP]) -> smtplib.SMTP:
    # A refused sign-in or greeting is a fault of the installation, whatever its code: no message is to blame.
    try:
        return connect()
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"{type(error).__name__} {error.smtp_code}", unreachable=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__, unreachable=True) from error


def _refused(error: Exception, code: int) -> NotSent:
    # 421: the server is closing down, so the rest of the batch would fare no better.
    return NotSent(f"{type(error).__name__} {code}", permanent=code >= 500, unreachable=code == 421)
