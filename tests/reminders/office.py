"""A post office that remembers, and what the tests of the drain ask again and again."""

import email
import email.policy
import threading
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import select

from psg import clock
from psg.db import db
from psg.reminders.composing import Mail
from psg.reminders.models import Attempt
from psg.reminders.rules import DeliveryState
from tests.reminders import small


class Office:
    """A post office that remembers, and can be told to misbehave."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.raises: list[BaseException] = []
        self.lock = threading.Lock()

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, message: Mail) -> str:
        with self.lock:
            if self.raises:
                raise self.raises.pop(0)
            received = email.message_from_bytes(message.raw.replace(b"\r\n", b"\n"), policy=email.policy.default)
            assert isinstance(received, EmailMessage)
            self.sent.append(received)
        return "250"


def attempts() -> list[tuple[DeliveryState, str]]:
    found = db.session.execute(select(Attempt.outcome, Attempt.answer).order_by(Attempt.id)).all()
    db.session.commit()
    return [(outcome, answer) for outcome, answer in found]


def later(**span: int) -> None:
    moment = clock.now() + timedelta(**span)
    small.set_clock(moment)
