"""Slowing guessers down without locking anybody out.

Failed sign-ins are counted under keyed hashes in the database, so a restart or a missing Redis forgets nothing.
Three buckets: account and network; account from all unknown browsers; network. A browser that the account has signed in
from before is counted apart, so that a stranger's guesses never slow its owner. Delays grow; nothing ever locks.
"""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from psg import clock
from psg.accounts.models import SignInAttempt
from psg.crypto import keyring
from psg.db import db

_WINDOW = timedelta(hours=1)
_FREE_TRIES = 5
_FREE_TRIES_ANYWHERE = 20
_FREE_TRIES_NETWORK = 60
_LONGEST = 15 * 60


@dataclass(frozen=True)
class Source:
    """Where a sign-in comes from, as keyed hashes."""

    account: bytes
    network: bytes
    device: bytes | None


def source(email: str, address: str, device: bytes | None) -> Source:
    """Tags of an e-mail address, a network (/24 or /56) and a known browser."""
    key = keyring().app_secret("sign-in-attempts")
    return Source(_tag(key, b"account", email.casefold()), _tag(key, b"network", _network(address)), device)


def seconds_to_wait(at: Source) -> int:
    """How long this sign-in must wait; 0 when it may go ahead."""
    now = clock.now()
    counts = _counts(at, now)
    return max(0, *(_wait(count, last, free, now) for count, last, free in counts))


def failed(at: Source) -> None:
    """Count a failed sign-in. Inside `transaction()`."""
    db.session.add(SignInAttempt(at=clock.now(), account_tag=at.account, network_tag=at.network, device_tag=at.device))


def succeeded(at: Source) -> None:
    """Forget the failures of this account from this network or browser. Inside `transaction()`."""
    own = SignInAttempt.device_tag == at.device if at.device else SignInAttempt.network_tag == at.network
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.account_tag == at.account, own))


def forget_old() -> None:
    """Delete attempts that count no more. Inside `transaction()`."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < clock.now() - 2 * _WINDOW))


def _counts(at: Source, now: datetime) -> list[tuple[int, datetime | None, int]]:
    recent = SignInAttempt.at > now - _WINDOW
    account = SignInAttempt.account_tag == at.account
    if at.device:
        return [(*_count(recent, account, SignInAttempt.device_tag == at.device), _FREE_TRIES)]
    strangers = SignInAttempt.device_tag.is_(None)
    network = SignInAttempt.network_tag == at.network
    return [
        (*_count(recent, account, network, strangers), _FREE_TRIES),
        (*_count(recent, account, strangers), _FREE_TRIES_ANYWHERE),
        (*_count(recent, network), _FREE_TRIES_NETWORK),
    ]


def _count(*conditions: ColumnElement[bool]) -> tuple[int, datetime | None]:
    statement = select(func.count(SignInAttempt.id), func.max(SignInAttempt.at)).where(*conditions)
    count, last = db.session.execute(statement).one()
    return count, last


def _wait(count: int, last: datetime | None, free: int, now: datetime) -> int:
    if last is None or count < free:
        return 0
    delay = min(15 << min(count - free, 10), _LONGEST)
    return max(0, round(delay - (now - last).total_seconds()))


def _tag(key: bytes, kind: bytes, value: str) -> bytes:
    return hmac.digest(key, kind + b"\0" + value.encode("utf-8", "replace"), "sha256")[:16]


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))
