"""Talking to mail servers: real SMTP, and addresses of servers as people write them."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from psg.reminders.composing import Mail
from psg.reminders.mailing import NotSent, SmtpAddress, UnusableMailUrl, post_office, read_smtp_url
from tests.reminders.servers import MailServer, free_port


def letter(number: int = 1) -> Mail:
    message = EmailMessage()
    message["From"] = "PSG <psg@example.gov.uk>"
    message["To"] = f"person{number}@example.gov.uk"
    message["Message-ID"] = f"<{number}@example.gov.uk>"
    message["Subject"] = "PSG: 1 due today"
    message.set_content("Grüße\n.\nFrom here\n")
    return Mail("psg@example.gov.uk", message["To"], message["Message-ID"], message["Subject"], "", bytes(message))


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


def test_a_batch_goes_over_one_connection(mail: MailServer) -> None:
    with post_office(mail.url) as post:
        assert [post.send(letter(number)) for number in range(3)] == ["250"] * 3
    assert [message["To"] for message in mail.received] == [f"person{number}@example.gov.uk" for number in range(3)]
    assert len({id(session) for session in mail.sessions}) == 1


@pytest.mark.parametrize(
    ("answer", "permanent", "unreachable"),
    [
        ("550 5.1.1 nobody here", True, False),
        ("451 4.3.0 later", False, False),
        ("450 4.2.0 greylisted", False, False),
        ("421 4.3.2 closing down", False, True),
    ],
)
def test_answers_about_one_message(mail: MailServer, answer: str, permanent: bool, unreachable: bool) -> None:
    with post_office(mail.url) as post:
        mail.refuse = answer
        with pytest.raises(NotSent) as refused:
            post.send(letter())
        assert (refused.value.permanent, refused.value.unreachable) == (permanent, unreachable)
        assert refused.value.answer == f"SMTPRecipientsRefused {answer[:3]}"
        mail.refuse = ""
        if not unreachable:
            assert post.send(letter()) == "250"  # the same connection goes on


def test_a_server_that_is_not_there() -> None:
    with post_office(f"smtp://127.0.0.1:{free_port()}") as post, pytest.raises(NotSent) as refused:
        post.send(letter())
    assert (refused.value.answer, refused.value.unreachable) == ("ConnectionRefusedError", True)


def test_a_server_that_hangs_up_between_two_messages_is_called_again(mail: MailServer) -> None:
    with post_office(mail.url) as post:
        post.send(letter(1))
        mail.hang_up_next = True
        assert post.send(letter(2)) == "250"
    assert [message["To"] for message in mail.received] == ["person1@example.gov.uk", "person2@example.gov.uk"]


def test_a_greeting_that_refuses_blames_no_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        import threading

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"554 5.7.1 not you\r\n")
                connection.recv(100)

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        with post_office(url) as post, pytest.raises(NotSent) as refused:
            post.send(letter())
        thread.join()
    assert (refused.value.permanent, refused.value.unreachable) == (False, True)
    assert refused.value.answer == "SMTPConnectError 554"


def test_required_tls_is_never_done_without(mail: MailServer) -> None:
    with post_office(mail.url.replace("off", "required")) as post, pytest.raises(NotSent) as refused:
        post.send(letter())
    assert (refused.value.answer, refused.value.unreachable) == ("SMTPNotSupportedError", True)
    assert mail.received == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with post_office(f"folder://{tmp_path}/mail") as post, pytest.raises(NotSent) as refused:
        post.send(letter())
    assert refused.value.unreachable


def test_a_repeat_replaces_the_file(tmp_path: Path) -> None:
    with post_office(f"folder://{tmp_path}/new%20mail") as post:
        post.send(letter())
        post.send(letter())
    assert [file.name for file in (tmp_path / "new mail").iterdir()] == ["1.eml"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", SmtpAddress("mail.example.org", 25)),
        ("smtp://mail.example.org:2525?tls=required", SmtpAddress("mail.example.org", 2525, tls="required")),
        ("smtp://u%40x:p%3Aw@mail.example.org:587", SmtpAddress("mail.example.org", 587, "u@x", "p:w", "required")),
        ("smtps://u:p@mail.example.org", SmtpAddress("mail.example.org", 465, "u", "p", "wrapped")),
        ("smtp://u:p@localhost?tls=off", SmtpAddress("localhost", 25, "u", "p", "off")),
    ],
)
def test_addresses_of_servers(url: str, expected: SmtpAddress) -> None:
    assert read_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url",
    ["smtp://", "smtp://mail:port", "smtp://mail?tls=maybe", "smtp://mail?starttls=1", "smtp://u:p@mail?tls=off"],
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(UnusableMailUrl):
        read_smtp_url(url)
