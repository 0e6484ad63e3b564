"""What stands in a mail's head: nothing typed can begin another header or another recipient."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from psg.db import db, transaction
from psg.reminders import mime
from psg.reminders.composing import UnusableAddress, one_line, usable_address
from psg.reminders.draining import drain
from tests.reminders import small
from tests.reminders.office import Office


@given(st.text(max_size=300))
def test_nothing_in_a_subject_can_begin_another_header(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 180
    message = EmailMessage()
    message["Subject"] = line
    assert len(str(message["Subject"]).splitlines()) <= 1
    sent = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert sent.keys() == ["Subject"]


@pytest.mark.parametrize(
    "sign", ["\r", "\n", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\u202e", "\ud800"]
)
def test_injected_line_ends_stay_in_the_subject_and_out_of_the_address(app: Flask, office: Office, sign: str) -> None:
    (priya,) = small.people(1)
    small.tell(priya, details={"subject": f"PSG{sign}Bcc: eve@example.org"} if sign != "\ud800" else {})
    drain()
    assert office.sent[0]["Bcc"] is None
    with pytest.raises(UnusableAddress):
        usable_address(f"priya@example.org{sign}Bcc: eve@example.org")
    with pytest.raises(UnusableAddress):
        usable_address(f"{sign}priya@example.org")


@pytest.mark.parametrize(
    "address", ["", "priya", "a@b, c@d", "Priya <a@b>", '"a b"@c', "a@b c", "(x)a@b", "pri\u0430@example.org"]
)
def test_only_plain_addresses_are_written_to(address: str) -> None:
    with pytest.raises(UnusableAddress):
        usable_address(address)


def test_an_unusable_address_fails_and_stops_nobody(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    with transaction():
        from psg.accounts.models import User

        db.session.execute(update(User).where(User.id == priya).values(email="a@b, c@d"))
    small.tell(priya)
    small.tell(sam)
    drained = drain()
    assert (drained.failed, drained.sent) == (1, 1)


@given(
    st.text(max_size=200), st.text(max_size=2_000), st.text(max_size=200), st.one_of(st.none(), st.binary(max_size=200))
)
@settings(deadline=None)  # the machine may be busy
def test_the_bytes_of_a_message_say_what_was_written(
    subject: str, text: str, name: str, calendar: bytes | None
) -> None:
    """Our own writer and the library's reader agree, whatever the words are."""
    safe, plain = one_line(subject), "\n".join(one_line(line) for line in text.split("\n"))
    html = f"<p>{one_line(name)}</p>\n"
    raw = mime.message(
        [mime.header("From", "PSG <psg@example.org>"), mime.header("Subject", safe)], "ab12", plain, html, calendar
    )
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert str(message["Subject"]) == safe
    for kind, words in (("plain", plain), ("html", html)):
        part = message.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n") == words
    attached = [part.get_payload(decode=True) for part in message.iter_attachments()]
    assert attached == ([] if calendar is None else [calendar])
