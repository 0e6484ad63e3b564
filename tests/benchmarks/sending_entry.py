"""Entry module of the worker that `test_sending.py` measures: the product's own application, four tasks beside it.

The post office takes everything and does nothing: the mail server's time is not the subject.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace

from psg.app import create_app
from psg.reminders import draining
from psg.reminders.clockwork import build
from psg.reminders.composing import Mail
from psg.settings import current
from tests.benchmarks.floor import connect
from worker.schedule import TIMETABLE


class NullPost:
    """Takes every message."""

    def __enter__(self) -> "NullPost":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, message: Mail) -> str:
        """Say yes."""
        return "250"


def install() -> None:
    """Let the drain of this process hand its messages to nobody."""
    draining.post_office = lambda _url: NullPost()  # type: ignore[assignment]


@contextmanager
def only_marking() -> Iterator[None]:
    """Leave out deciding and writing: claim, hand over and mark."""
    names = ("learn", "letter_for", "compose")
    usual = {name: getattr(draining, name) for name in names}
    known = SimpleNamespace(good_for=lambda _delivery: True)
    letter = SimpleNamespace(message=SimpleNamespace(keep_body=True), dropped=())
    draining.learn = lambda _rest: known  # type: ignore[assignment,return-value]
    draining.letter_for = lambda _delivery, _known: letter  # type: ignore[assignment,return-value]
    draining.compose = lambda delivery, _letter: Mail("", "", str(delivery.id), "PSG", "text", b"")
    try:
        yield
    finally:
        for name, function in usual.items():
            setattr(draining, name, function)


def nothing() -> None:
    """The broker's own cost."""


_CLAIM = """update deliveries set state = 'sending', claimed_until = now() + interval '5 minutes' where id in
    (select id from deliveries where state = 'waiting' order by id limit 50 for update skip locked) returning id"""
_MARK = "update deliveries set state = 'sent', sent_at = now(), attempts = attempts + 1 where id = %s"


_driver = cache(connect)


def mark_bare(url: str) -> None:
    """What claiming fifty and marking each in a transaction of its own costs with nothing but the driver."""
    connection = _driver(url)
    with connection.transaction():
        claimed = connection.execute(_CLAIM).fetchall()
    for row in claimed:
        with connection.transaction():
            connection.execute(_MARK, row)


def __getattr__(name: str) -> object:
    if name != "celery":
        raise AttributeError(name)
    install()
    built = globals()["celery"] = build(create_app(), TIMETABLE)

    def drain_fifty() -> None:
        with built.web.app_context():
            draining.drain(50)

    built.task(nothing, name="bench.nothing", shared=False)

    def mark_fifty() -> None:
        with built.web.app_context(), only_marking():
            draining.drain(50)

    def bare_fifty() -> None:
        with built.web.app_context():
            mark_bare(current().database_url)

    built.task(bare_fifty, name="bench.bare", shared=False)
    built.task(drain_fifty, name="bench.drain", shared=False)
    built.task(mark_fifty, name="bench.mark", shared=False)
    return built
