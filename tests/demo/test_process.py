"""`psg demo` as somebody at a terminal meets it."""

import html
import re
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from psg.app import create_app
from psg.db import db
from psg.demo import cast, folder, serving
from psg.demo.command import demo as command
from psg.demo.folder import DemoFolder, NotOurs
from psg.demo.routes import bp
from psg.demo.setting import PASSWORD
from tests.demo.processes import Demo, port_not_taken, taken_port


def test_the_first_start_says_what_a_visitor_needs(first_start: Demo) -> None:
    told = first_start.output
    assert f"http://localhost:{first_start.port}" in told
    assert "Loading the demonstration: 100 %" in told
    assert "60 cases" in told
    for person in cast.people():
        assert person["email"] in told
    assert 'Password: "three invented partnerships"' in told
    assert f"http://localhost:{first_start.port}/demo/mail" in told
    assert str(first_start.folder / "mail") in told
    assert '{"event"' not in told
    assert "Warning" not in told
    assert (first_start.folder / "psg.log").read_text().count("ready") >= 2


def test_ctrl_c_leaves_nothing_behind(first_start: Demo) -> None:
    assert first_start.process.returncode == 0
    assert first_start.stopped_in < 10
    assert first_start.seen_children
    assert not any(child.is_running() for child in first_start.seen_children)
    assert first_start.output.rstrip().endswith("--reset starts over.")


def test_the_second_start_is_quick_keeps_the_data_and_finds_a_free_port(first_start: Demo, served: Demo) -> None:
    assert served.seconds < 10
    assert "Loading" not in served.output
    assert f"Port {served.port} is taken" in served.output
    assert served.address != f"http://localhost:{served.port}"


def test_only_this_machine_can_reach_it(served: Demo) -> None:
    every = [psutil.Process(served.process.pid), *served.children()]
    listening = {
        connection.laddr.ip
        for process in every
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("email", "sees_cases"),
    [
        ("chris.amadi@psg-support.example", 404),
        ("imran.sadler@constabulary.example", 200),
        ("ruth.kingsnorth@constabulary.example", 200),
        ("priya.nolan@east-cambs.example", 200),
        ("colin.thrale@fenmere.example", 404),
        ("lewis.pardoe@ouse-reach.example", 403),
        ("frances.oduya@county.example", 404),
        ("peter.lindsell@commissioner.example", 404),
    ],
)
def test_each_role_signs_in(served: Demo, email: str, sees_cases: int) -> None:
    browser = served.browser(email)
    assert browser.open("/my-work").status == 200
    assert browser.open("/east-cambs/cases").status == sees_cases


def test_a_coordinator_reads_cases_and_the_agenda_of_tomorrow(served: Demo) -> None:
    browser = served.browser("priya.nolan@east-cambs.example")
    case = re.search(r'href="(/east-cambs/cases/EC-[^"/]+)"', browser.open("/east-cambs/cases").page)
    assert case
    assert browser.open(case.group(1)).status == 200
    meetings = re.findall(r'href="(/east-cambs/meetings/[0-9a-f-]{36})"', browser.open("/east-cambs/meetings").page)
    assert meetings
    assert browser.open(f"{meetings[0]}/agenda").status == 200
    assert re.search(r"EC-[2-9A-Z]{4}-[2-9A-Z]{2}", browser.page)


def test_every_mail_can_be_opened(served: Demo) -> None:
    browser = served.browser()
    mails = re.findall(r'href="(/demo/mail/[0-9a-f-]{36})"', browser.open("/demo/mail").page)
    assert len(mails) == 50
    assert browser.open(mails[0]).status == 200
    assert "This mail holds no case information" in browser.page
    assert browser.open("/demo/mail?page=2").status == 200
    assert browser.open("/demo/mail?page=x").status == 200
    assert browser.open("/demo/mail/00000000-0000-7000-8000-000000000000").status == 404


def test_the_digest_comes_when_it_is_asked_for(served: Demo) -> None:
    browser = served.browser()
    for _ in range(2):
        browser.open("/demo/mail").submit()
        assert browser.status == 200
        sent = re.search(r"The digest was sent to (\d+) people", browser.page)
        assert sent
        assert 10 < int(sent.group(1)) <= len(cast.people())


def test_the_sign_in_page_says_who_there_is(served: Demo) -> None:
    page = served.browser().open("/sign-in").page
    for person in cast.people():
        assert person["email"] in page
    assert f"Password: “<code>{PASSWORD}</code>”" in page


def test_selecting_somebody_fills_their_address_in(served: Demo) -> None:
    address = cast.people()[3]["email"]
    link = re.search(rf'href="([^"]+)">{re.escape(address)}</a>', served.browser().open("/sign-in").page)
    assert link
    browser = served.browser().open(html.unescape(link.group(1)))
    assert f'value="{address}"' in browser.page
    browser.submit(password=PASSWORD)
    assert "Sign out" in browser.page


def test_a_second_one_from_the_same_folder_says_where_the_first_runs(served: Demo) -> None:
    with taken_port() as port:
        refused = CliRunner().invoke(command, ["--folder", str(served.folder), "--port", str(port)])
    assert refused.exit_code == 1
    assert served.address in refused.output
    assert "is taken" not in refused.output, "another port is nothing to one that does not start"


def test_starting_over_and_an_interrupted_load(loaded: DemoFolder) -> None:
    again = Demo(loaded.path, port_not_taken(), "--reset")
    again.start()
    again.wait_for("starts over", seconds=20)
    again.wait_for("Loading 18 months", seconds=90)
    assert again.interrupt() == 1
    assert "The next start begins anew" in again.output
    assert loaded.was_interrupted
    third = Demo(loaded.path, port_not_taken())
    third.start()
    third.wait_for("was interrupted, so it starts over", seconds=20)
    third.interrupt(signal.SIGTERM)
    assert loaded.was_interrupted


@pytest.mark.parametrize("options", [[], ["--reset"]])
def test_it_leaves_other_folders_alone(tmp_path: Path, options: list[str]) -> None:
    foreign = tmp_path / "ours"
    foreign.mkdir()
    (foreign / "accounts.txt").write_text("not yours")
    refused = CliRunner().invoke(command, ["--folder", str(foreign), *options])
    assert refused.exit_code == 1
    assert "Nothing in it was touched" in refused.output
    assert (foreign / "accounts.txt").read_text() == "not yours"
    assert {entry.name for entry in foreign.iterdir()} == {"accounts.txt"}


@pytest.mark.parametrize("options", [[], ["--reset"]])
@pytest.mark.parametrize("kind", ["live", None])
def test_it_leaves_other_databases_alone(loaded: DemoFolder, options: list[str], kind: str | None) -> None:
    with closing(sqlite3.connect(loaded.database)) as connection, connection:
        if kind is None:
            connection.execute("delete from installation")
        else:
            connection.execute("update installation set kind = ?", (kind,))
    before = loaded.database.stat().st_size
    refused = CliRunner().invoke(command, ["--folder", str(loaded.path), *options])
    assert refused.exit_code == 1
    assert "Nothing in it was touched" in refused.output
    assert loaded.database.stat().st_size == before
    with pytest.raises(NotOurs):
        loaded.clear()


def test_what_is_not_the_demonstrations_survives_starting_over(loaded: DemoFolder) -> None:
    (loaded.path / "notes.txt").write_text("mine")
    loaded.clear()
    assert {entry.name for entry in loaded.path.iterdir()} <= {"notes.txt", ".psg-demo.lock"}
    shutil.rmtree(loaded.path)


def test_its_pages_answer_only_for_its_own_database(loaded: DemoFolder) -> None:
    with closing(sqlite3.connect(loaded.database)) as connection, connection:
        connection.execute("update installation set kind = 'live'")
    app = create_app(loaded.settings(8000), more=[bp])
    client = app.test_client()
    for path in ("/demo/mail", "/demo/mail/00000000-0000-7000-8000-000000000000"):
        assert client.get(path, base_url="http://localhost:8000").status_code == 404
    assert client.post("/demo/mail/digest", base_url="http://localhost:8000").status_code in (400, 404)
    page = client.get("/sign-in", base_url="http://localhost:8000").text
    assert PASSWORD not in page
    chosen = client.get("/sign-in?person=imran@demo.example", base_url="http://localhost:8000").text
    assert "imran@demo.example" not in chosen
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_where_nothing_can_be_written_it_keeps_its_data_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder.usual_folder() == tmp_path / "demo"
    monkeypatch.setattr(folder.os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert folder.usual_folder() == tmp_path / "data" / "psg-demo"


def test_the_next_free_port() -> None:
    with taken_port() as taken:
        assert taken < serving.free_port(taken) < taken + 50
