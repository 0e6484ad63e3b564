"""A mail server that takes nothing shows on the status page and in the log at once, and in red after ten minutes."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from psg import clock
from psg.oversight import checks
from psg.oversight.checks import Word
from psg.reminders import draining, mailing, undelivered
from psg.reminders.draining import drain
from psg.reminders.mailing import NotSent
from tests.reminders import small
from tests.reminders.office import Office, later

NOBODY = "smtp://127.0.0.1:1"


def tell(count: int, domain: str = "example.gov.uk") -> None:
    for user_id in small.people(count, domain):
        small.tell(user_id)


def down() -> NotSent:
    return NotSent("ConnectionRefusedError", unreachable=True)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "post_office", lambda _url: mailing.post_office(NOBODY))


@pytest.mark.usefixtures("dead")
def test_a_dead_mail_server_is_seen_at_the_first_refusal_and_red_after_ten_minutes(app: Flask) -> None:
    tell(1)
    assert checks.mail().word is Word.OK
    drain()
    first = clock.now()
    finding = checks.mail()
    assert finding.word is Word.WATCH
    assert finding.says == "1 message could not be sent and will be tried again (ConnectionRefusedError)"
    assert "PSG_MAIL_URL" in finding.do
    for _ in range(5):
        later(minutes=2)
        drain()
    assert checks.mail().word is Word.WATCH
    later(minutes=1)
    finding = checks.mail()
    assert (finding.word, finding.since) == (Word.RED, first)
    assert finding.says.startswith("Nothing goes: 1 message could not be sent")


@pytest.mark.usefixtures("dead")
def test_each_refusal_is_a_warning_that_names_nobody(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    tell(1)
    drain()
    later(minutes=2)
    drain()
    lines = [record for record in caplog.records if record.message == "message_not_taken"]
    assert [(line.levelname, line.__dict__["attempts"]) for line in lines] == [("WARNING", 1), ("WARNING", 2)]
    assert {line.__dict__["answer"] for line in lines} == {"ConnectionRefusedError"}
    (delivery,) = small.deliveries()
    assert {line.__dict__["delivery"] for line in lines} == {str(delivery.id)}
    assert "@" not in str([line.__dict__ for line in lines])


def test_once_others_go_again_it_is_no_longer_red(app: Flask, office: Office) -> None:
    tell(2)
    office.raises = [down(), down()]
    drain()
    drain()
    later(minutes=11)
    assert checks.mail().word is Word.RED
    small.tell(small.people(1, "others.example")[0], urgent=True)
    drain(urgent_only=True)
    found = undelivered.look()
    assert (found.refused, found.stuck_since) == (2, None)
    later(minutes=2)
    drain()
    assert undelivered.look().refused == 0
    assert checks.mail().word is Word.OK


def test_one_full_mailbox_among_many_is_to_be_looked_at_and_not_red(app: Flask, office: Office) -> None:
    tell(1)
    office.raises = [NotSent("SMTPRecipientsRefused 452")]
    drain()
    tell(1, "others.example")
    later(seconds=20)
    drain()
    assert len(office.sent) == 1
    office.raises = [NotSent("SMTPRecipientsRefused 452")]
    later(minutes=3)
    drain()
    found = undelivered.look()
    assert (found.refused, found.answer) == (1, "SMTPRecipientsRefused 452")
    later(minutes=1)
    assert checks.mail().word is Word.WATCH


def test_the_next_failure_after_a_success_counts_from_its_own_beginning(app: Flask, office: Office) -> None:
    tell(1)
    office.raises = [down()]
    drain()
    later(hours=1)
    drain()
    assert len(office.sent) == 1
    later(hours=1)
    tell(1, "others.example")
    office.raises = [down()]
    drain()
    assert undelivered.look().stuck_since == clock.now()
    assert checks.mail().word is Word.WATCH


def test_a_folder_that_is_gone_counts_too(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setattr(draining, "post_office", lambda _url: mailing.FolderPost(tmp_path / "taken"))
    tell(1)
    drain()
    later(seconds=int(timedelta(minutes=11).total_seconds()))
    finding = checks.mail()
    assert finding.word is Word.RED
    assert "FileExistsError 17" in finding.says
