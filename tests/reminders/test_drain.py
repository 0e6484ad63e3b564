"""The drain: each message goes out, once, or somebody is shown why not."""

import email
import email.policy
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from psg import clock
from psg.db import db, quick_changes, transaction
from psg.ids import new_id
from psg.reminders import draining, kinds, mime, operations
from psg.reminders.composing import Mail, UnusableAddress, one_line, usable_address
from psg.reminders.deciding import learn
from psg.reminders.draining import LEASE, drain
from psg.reminders.mailing import NotSent
from psg.reminders.models import Attempt, Delivery, DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import sweep
from tests.reminders import small

FRIDAY = date(2026, 11, 27)


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


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office()
    monkeypatch.setattr(draining, "post_office", lambda _url: made)
    return made


def attempts() -> list[tuple[DeliveryState, str]]:
    found = db.session.execute(select(Attempt.outcome, Attempt.answer).order_by(Attempt.id)).all()
    db.session.commit()
    return [(outcome, answer) for outcome, answer in found]


def later(**span: int) -> None:
    moment = clock.now() + timedelta(**span)
    small.set_clock(moment)


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


def test_two_drains_at_once_send_each_once(app: Flask, office: Office) -> None:
    for user_id in small.people(120):
        small.tell(user_id)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context():
                drain()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Counter(str(message["To"]) for message in office.sent).most_common(1)[0][1] == 1
    assert len(office.sent) == 120
    assert {delivery.state for delivery in small.deliveries()} == {DeliveryState.SENT}


def test_killed_between_the_servers_yes_and_the_mark_it_goes_again_with_the_same_message_id(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.tell(small.people(1)[0])
    with monkeypatch.context() as killed:
        killed.setattr(draining, "mark", _die)
        killed.setattr(draining, "_give_back", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            drain()
    assert drain().sent == 0  # the lease still holds
    later(minutes=6)
    assert drain().sent == 1
    assert len(office.sent) == 2
    assert office.sent[0]["Message-ID"] == office.sent[1]["Message-ID"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_drain_that_lost_its_lease_does_not_mark(
    app: Flask, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    small.tell(small.people(1)[0])
    claim, another = clock_id(), clock_id()
    (delivery,) = draining._claim(claim, 1, urgent_only=False)
    with transaction():
        db.session.execute(update(Delivery).values(claim=another))
    with quick_changes() as quick:
        draining.mark(delivery, claim, draining.Result(DeliveryState.SENT, "250"), quick)
    assert small.deliveries()[0].state is DeliveryState.SENDING
    assert "delivery_taken_over" in caplog.text


def clock_id() -> object:
    from psg.ids import new_id

    return new_id()


def test_a_drain_that_was_held_up_gives_back_what_it_may_lose(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user_id in small.people(3):
        small.tell(user_id)
    original = office.send

    def slow(message: Mail) -> str:
        later(seconds=int(LEASE.total_seconds()) - 60)
        return original(message)

    monkeypatch.setattr(office, "send", slow)
    drain()
    assert len(office.sent) == 1
    assert sorted((delivery.state, delivery.attempts) for delivery in small.deliveries()) == [
        (DeliveryState.SENT, 1),
        (DeliveryState.WAITING, 0),
        (DeliveryState.WAITING, 0),
    ]


def test_a_permanent_no_stops_and_a_temporary_one_is_tried_again(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    small.tell(priya)
    small.tell(sam)
    office.raises = [NotSent("SMTPRecipientsRefused 550", permanent=True), NotSent("SMTPRecipientsRefused 451")]
    drained = drain()
    assert (drained.failed, drained.later) == (1, 1)
    first, second = sorted(small.deliveries(), key=lambda delivery: delivery.state)
    assert (first.state, first.answer) == (DeliveryState.FAILED, "SMTPRecipientsRefused 550")
    assert second.state is DeliveryState.WAITING
    assert timedelta(seconds=45) <= second.next_try_at - clock.now() <= timedelta(seconds=75)
    later(minutes=2)
    assert drain().sent == 1


def test_an_unreachable_server_costs_one_try_and_the_rest_is_given_back(app: Flask, office: Office) -> None:
    for user_id in small.people(5):
        small.tell(user_id)
    office.raises = [NotSent("ConnectionRefusedError", unreachable=True)]
    assert drain().later == 1
    assert Counter(delivery.attempts for delivery in small.deliveries()) == {1: 1, 0: 4}
    assert {delivery.state for delivery in small.deliveries()} == {DeliveryState.WAITING}
    later(minutes=2)
    assert drain().sent == 5


def test_given_up_after_48_hours_and_sent_again_by_a_person(app: Flask, office: Office) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.tell(priya, partnership_id=place)
    started = clock.now()
    while small.deliveries()[0].state is DeliveryState.WAITING:
        office.raises = [NotSent("SMTPDataError 451")]
        drain()
        later(hours=5)
    assert clock.now() - started < timedelta(hours=110)
    (delivery,) = small.deliveries()
    assert delivery.state is DeliveryState.FAILED
    viewer = small._viewer_of(priya)
    with transaction(hold=(delivery,)):
        operations.try_again(delivery, partnership_id=place, by=viewer)
    assert drain().sent == 1
    with pytest.raises(operations.NothingToRetry), transaction():
        operations.try_again(small.deliveries()[0], partnership_id=place, by=viewer)


def test_a_fault_in_one_kinds_words_holds_up_nobody_else(app: Flask, office: Office) -> None:
    priya, sam = small.people(2)
    small.tell(priya, "broken")
    small.tell(sam)
    with pytest.raises(KeyError):
        drain()
    drain()
    states = {delivery.user_id: delivery for delivery in small.deliveries()}
    assert states[sam].state is DeliveryState.SENT
    assert (states[priya].state, states[priya].answer) == (DeliveryState.WAITING, "could not be written")
    assert states[priya].next_try_at > clock.now()


def test_a_digest_line_in_the_summer_keeps_its_date(app: Flask, office: Office) -> None:
    small.set_clock(datetime(2026, 3, 30, 6, 31, tzinfo=UTC))  # the first working morning of summer time
    small.owe(small.partnership(), date(2026, 3, 30), user_id=small.people(1)[0])
    sweep()
    drain()
    assert office.sent[0]["Subject"] == "PSG: 1 due today"


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


def test_a_decision_that_has_grown_old_is_made_again(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow mail server does not have people written to about what was settled meanwhile."""
    moment = [100.0]
    monkeypatch.setattr("psg.reminders.deciding.time", SimpleNamespace(monotonic=lambda: moment[0]))
    place, people = small.partnership(), small.people(3)
    owed = {user_id: small.owe(place, FRIDAY, user_id=user_id) for user_id in people}
    sweep()
    original = office.send

    def slow(message: Mail) -> str:
        first = not office.sent
        answer = original(message)
        if first:
            moment[0] += 6
            told = str(message.to)
            for number, user_id in enumerate(people):
                if told != f"person{number}@example.gov.uk":
                    with transaction():
                        operations.settle(partnership_id=place, record_id=owed[user_id].record_id)
        return answer

    monkeypatch.setattr(office, "send", slow)
    drained = drain()
    assert (drained.sent, drained.dropped) == (1, 2)


def test_a_fault_in_reading_one_digest_holds_up_nobody_else(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, (priya, sam) = small.partnership(), small.people(2)
    broken = small.owe(place, FRIDAY, user_id=priya)
    small.owe(place, FRIDAY, user_id=sam)
    sweep()

    def records(owed: list[Obligation]) -> object:
        if broken.id in {one.id for one in owed}:
            raise LookupError("no such record")
        return kinds.themselves(owed)

    kind = replace(small.ACTION, records=records)
    monkeypatch.setitem(kinds._registry.obligations, "action-due", kind)
    for _ in range(2):
        with suppress(LookupError):
            drain()
    states = {delivery.user_id: delivery for delivery in small.deliveries()}
    assert states[sam].state is DeliveryState.SENT
    assert (states[priya].state, states[priya].answer) == (DeliveryState.WAITING, "could not be written")


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


@given(
    st.text(max_size=200), st.text(max_size=2_000), st.text(max_size=200), st.one_of(st.none(), st.binary(max_size=200))
)
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
