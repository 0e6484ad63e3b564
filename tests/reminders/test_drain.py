"""The drain: each message goes out, once, with what was owed on that day."""

import email
import email.policy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import event, select

from psg.db import db, transaction
from psg.ids import new_id
from psg.reminders import draining, kinds, operations
from psg.reminders.deciding import learn
from psg.reminders.draining import drain
from psg.reminders.mailing import NotSent
from psg.reminders.models import DeliveryLine
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import sweep
from tests.reminders import small
from tests.reminders.office import Office, attempts, later

FRIDAY = date(2026, 11, 27)


def test_a_message_lands_in_the_folder_with_its_headers(app: Flask, mail_folder: Path) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.tell(priya, partnership_id=place)
    assert drain().sent == 1
    (delivery,) = small.deliveries()
    (file,) = mail_folder.glob("*.eml")
    assert file.stem == str(delivery.id)
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["From"] == "PSG <psg@example.gov.uk>"
    assert message["To"] == "person0@example.gov.uk"
    assert message["Reply-To"] == "coordinator@example.gov.uk"
    assert message["Message-ID"] == f"<{delivery.id}@example.gov.uk>" == delivery.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Fri, 27 Nov 2026 09:00:00 +0000"
    text, html = (message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    assert text == delivery.body
    assert text.startswith("Hello Priya\n\nSomething is new.\n\n- one\n- two\n\nhttps://psg.example.gov.uk/my-work\n")
    assert "This mail holds no case information. Do not send any in a reply." in text
    assert '<a href="https://psg.example.gov.uk/my-work">' in html
    assert "<img" not in html
    assert (delivery.state, delivery.subject, delivery.answer) == (DeliveryState.SENT, "PSG: a note", "written")
    assert attempts() == [(DeliveryState.SENT, "written")]


def test_a_calendar_file_goes_with_it(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.owe(place, date(2026, 11, 30), next_on=FRIDAY, user_id=priya, kind="meeting-tomorrow")
    sweep()
    drain()
    (part,) = office.sent[0].iter_attachments()
    assert part.get_content_type() == "text/calendar"


def test_the_body_of_a_message_with_a_token_is_not_kept(app: Flask, office: Office) -> None:
    small.tell(small.people(1)[0], "token", urgent=True)
    drain(urgent_only=True)
    text, html = (office.sent[0].get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Secret token.\n\nHere: https://psg.example.gov.uk/reset/a_b-c. It works once.\n" in text
    assert '<a href="https://psg.example.gov.uk/reset/a_b-c">' in html
    assert "/settings" not in text + html
    (delivery,) = small.deliveries()
    assert (delivery.state, delivery.body) == (DeliveryState.SENT, "")


def test_urgent_only_leaves_the_rest(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    small.tell(priya, urgent=True)
    small.tell(sam)
    assert drain(urgent_only=True).sent == 1
    assert drain().sent == 1


def test_telling_the_same_twice_is_one_message(app: Flask, office: Office) -> None:
    (priya,) = small.people(1)
    small.tell(priya)
    small.tell(priya)
    drain()
    small.tell(priya)
    drain()
    assert len(office.sent) == 1


def test_the_digest_lists_ten_lines_and_counts_the_rest(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    for number in range(1, 15):
        due = FRIDAY - timedelta(days=4) if number < 3 else FRIDAY
        small.owe(place, due, next_on=FRIDAY, user_id=priya, reference=f"action {number:02} of EC-7QK4-M2")
    sweep()
    drain()
    (message,) = office.sent
    assert message["Subject"] == "PSG: 2 overdue, 12 due today"
    text = message.get_body(("plain",)).get_content()
    assert "Overdue:\n\n- action 01 of EC-7QK4-M2, due Monday 23 November\n- action 02" in text
    assert text.count("\n- ") == 10
    assert "and 4 more\n\nSee them:\n\nhttps://psg.example.gov.uk/my-work\n" in text


def test_a_retry_only_drops_lines(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    done = small.owe(place, FRIDAY, user_id=priya, reference="action 1 of EC-7QK4-M2")
    small.owe(place, FRIDAY, user_id=priya, reference="action 2 of EC-7QK4-M2")
    sweep()
    office.raises = [NotSent("SMTPDataError 451")]
    drain()
    with transaction():
        operations.settle(partnership_id=place, record_id=done.record_id)
    small.owe(place, FRIDAY, user_id=priya, reference="action 3 of EC-7QK4-M2")
    sweep()
    later(minutes=2)
    drain()
    text = office.sent[0].get_body(("plain",)).get_content()
    assert "action 2" in text
    assert "action 1" not in text
    assert "action 3" not in text
    assert "See it:\n\nhttps://psg.example.gov.uk/east-cambs/cases/EC-7QK4-M2" in text
    dropped = db.session.scalars(select(DeliveryLine.obligation_id).where(DeliveryLine.dropped)).all()
    assert dropped == [done.id]


def test_a_digest_with_nothing_left_is_dropped(app: Flask, office: Office) -> None:
    place, (priya, sam) = small.partnership(), small.people(2)
    small.owe(place, FRIDAY, user_id=priya, stage=small.GONE)
    small.owe(place, FRIDAY, user_id=sam)
    sweep()
    small.ABSENT.add(sam)
    assert drain().dropped == 2
    assert office.sent == []


def test_a_muted_digest_still_brings_escalations(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.MUTED.add(priya)
    small.owe(place, FRIDAY, user_id=priya)
    for number in range(2):
        small.owe(
            place,
            FRIDAY - timedelta(days=14),
            next_on=FRIDAY,
            user_id=priya,
            kind="action-escalated",
            reference=f"action {number}",
        )
    sweep()
    drain()
    (message,) = office.sent
    assert message["Subject"] == "PSG: 2 actions of your agency are overdue"
    text = message.get_body(("plain",)).get_content()
    assert "Overdue in your agency:" in text
    assert "EC-7QK4-M2" not in text


def test_no_longer_a_member_or_no_longer_wanted(app: Flask, office: Office) -> None:
    place, (priya, sam) = small.partnership(), small.people(2)
    small.tell(priya, partnership_id=place)
    small.tell(sam, partnership_id=place, details={"gone": True})
    small.ABSENT.add(priya)
    assert drain().dropped == 2
    assert sorted(answer for _, answer in attempts()) == ["no longer a member", "no longer wanted"]


def test_a_digest_line_in_the_summer_keeps_its_date(app: Flask, office: Office) -> None:
    small.set_clock(datetime(2026, 3, 30, 6, 31, tzinfo=UTC))  # the first working morning of summer time
    small.owe(small.partnership(), date(2026, 3, 30), user_id=small.people(1)[0])
    sweep()
    drain()
    assert office.sent[0]["Subject"] == "PSG: 1 due today"


def test_reading_for_a_batch_takes_no_more_statements_than_for_one(app: Flask, office: Office) -> None:
    place, today = small.partnership(), FRIDAY

    def statements(count: int) -> int:
        people = small.people(count, f"many{count}.example")
        for user_id in people:
            small.owe(place, today, user_id=user_id)
        sweep()
        seen: list[str] = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731 - removed below
        event.listen(db.engine, "before_cursor_execute", listener)
        batch = draining._claim(new_id(), 50, urgent_only=False)
        seen.clear()
        learn([delivery for delivery in batch if delivery.kind == kinds.DIGEST])
        event.remove(db.engine, "before_cursor_execute", listener)
        db.session.commit()
        return len([words for words in seen if "delivery_lines" in words])

    assert statements(1) == statements(20) == 1
