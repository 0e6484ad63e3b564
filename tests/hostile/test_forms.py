"""Bad input against every form: an answer in words, what was typed still there, nothing half saved."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.access.hall import Hall
from tests.access.table import Page, read
from tests.conftest import _postgres_or_skip
from tests.hostile.forms import MARK, FoundForm, parse, posting_forms

POSTED = [page for page in read() if "POST" in page.methods]
LEFT_OUT = {
    "accounts.sign_out": "ends the session that the test works with",
    "accounts.extend": "no form",
    "accounts.end_sessions": "ends the sessions that the test works with",
    "cases.keep_note": "sent by a script; see test_odd_requests",
    "cases.keep_now": "sent by a script, like keep_note",
    "cases.keep_what": "sent by a script, like keep_note",
    "cases.keep_why": "sent by a script, like keep_note",
    "risk.keep": "sent by a script, like keep_note",
    "meetings.keep_item": "sent by a script, like keep_note",
    "accounts.invitation": "needs a link; see tests/accounts",
    "accounts.reset": "needs a link; see tests/accounts",
}
"""Endpoints without a form that can be filled here, each with the reason."""


@pytest.fixture(scope="module")
def hall(folder_of: Callable[[str], Path]) -> Iterator[Hall]:
    """Everybody signed in, on PostgreSQL, which is the stricter one about lengths and characters."""
    _postgres_or_skip()
    made = Hall("postgresql", folder_of("postgresql"))
    yield made
    made.close()


LONG = MARK + "x" * 60_000
ATTACKS = {
    "too long": quote_plus(LONG),
    "NUL": MARK + "a%00b",
    "control character": MARK + "a%1Bb",
    "lone surrogate": MARK + "a%ED%A0%80b",
    "not UTF-8": MARK + "a%FF%FEb",
    "noncharacter": MARK + "a%EF%BF%BFb",
}
"""What stands in every box at once. All of it must be refused."""


def _allowed(page: Page) -> Iterator[tuple[str, str]]:
    """People and records that get the form."""
    for record, people in page.pattern.allowed.items():
        if record not in page.pattern.not_there:
            for person in sorted(people - {"anonymous"}):
                yield person, record


def _form_of(hall: Hall, page: Page) -> tuple[str, str, FoundForm] | None:
    """A person, an address and the form that they get there."""
    for person, record in _allowed(page):
        url = hall.url(page, record)
        if page.endpoint in ("accounts.sign_in", "accounts.forgotten"):
            person = "anonymous"
        shown = hall.browsers[person].get(url)
        if shown.status_code != 200 or "html" not in shown.content_type:
            continue
        forms = [f for f in posting_forms(parse(shown.text)) if f.action in ("", url)]
        forms = [f for f in forms if f.boxes or f.choices] or forms
        if forms:
            return person, url, forms[0]
    return None


def _send(hall: Hall, person: str, url: str, fields: list[tuple[str, str]], **headers: str) -> TestResponse:
    """A form with its values already quoted."""
    body = "&".join(f"{quote_plus(name)}={value}" for name, value in fields)
    return hall.browsers[person].client.post(
        url, data=body, content_type="application/x-www-form-urlencoded", base_url="https://psg.test", headers=headers
    )


def _fields(form: FoundForm, attack: str) -> list[tuple[str, str]]:
    plain = form.hidden() | form.chosen()
    given = [(name, quote_plus(value)) for name, value in plain.items()]
    return given + [(name, attack) for name in form.boxes]


def _check(hall: Hall, page: Page, said: str, answer: TestResponse, problems: list[str], *, typed: bool) -> None:
    where = f"{page.endpoint}, {said}: {answer.status}"
    if answer.status_code >= 500:
        problems.append(where)
    elif answer.status_code not in (400, 409, 413, 422, 429):
        problems.append(f"{where}: not refused")
    elif typed and answer.status_code != 413 and MARK not in answer.text:
        problems.append(f"{where}: what was typed is lost")


@pytest.fixture
def on_its_day(hall: Hall, page: Page) -> Iterator[None]:
    """Decisions have a form only once the meeting's day has come."""
    if page.endpoint != "meetings.run_item":
        yield
        return
    _move(hall, -20)
    yield
    _move(hall, 20)


def _move(hall: Hall, days: int) -> None:
    moved = text("update meetings set held_on = held_on + :days where id = :id")
    with hall.engine.begin() as connection:
        connection.execute(moved, {"days": days, "id": hall.records["published"]["meeting_id"]})


@pytest.mark.parametrize("page", [p for p in POSTED if p.endpoint not in LEFT_OUT], ids=lambda page: page.endpoint)
@pytest.mark.usefixtures("on_its_day")
def test_form_survives_bad_input(hall: Hall, page: Page) -> None:
    found = _form_of(hall, page)
    if found is None:
        assert page.endpoint in WITHOUT_A_FORM, f"no form was found for {page.endpoint}"
        return
    person, url, form = found
    problems: list[str] = []
    if not form.has_token:
        problems.append(f"{page.endpoint}: the form has no token")
    before = hall.state()
    if form.boxes:
        for said, attack in ATTACKS.items():
            _check(hall, page, said, _send(hall, person, url, _fields(form, attack)), problems, typed=True)
    _other_attacks(hall, page, person, url, form, problems)
    after = hall.state()
    changed = [name for name, was in before.items() if after[name] != was]
    if changed:
        hall.renew()
    if page.endpoint in KEEPS_WHAT_WAS_REFUSED:
        changed = [name for name in changed if name not in DRAFTS]
    if changed:
        problems.append(f"{page.endpoint}: something was saved: {changed}")
    assert problems == []


KEEPS_WHAT_WAS_REFUSED = {
    "cases.add_note",
    "cases.update_now",
    "cases.what",
    "cases.why",
    "risk.assess",
    "meetings.run_item",
}
"""Pages with a draft, in which what was refused stands for its writer alone."""
DRAFTS = ("note_drafts", "item_drafts")

WITHOUT_A_FORM: dict[str, str] = {
    "accounts.forget_kept": "there is nothing kept",
    "cases.aftercare": "only a closed case that owes a check has it; see tests/cases/test_aftercare",
    "actions.chase": "sent from the list, with actions chosen there",
    "actions.done": "a button of another page",
    "meetings.invited_answer": "a button of another page",
    "meetings.withdraw_guest": "a button of another page",
    "actions.undo": "a button of another page",
    "oversight.send_again": "a button of another page",
}
"""Endpoints whose button stands on another page."""


def _other_attacks(hall: Hall, page: Page, person: str, url: str, form: FoundForm, problems: list[str]) -> None:
    sent = [(name, quote_plus(value)) for name, value in (form.hidden() | form.chosen()).items()]
    boxes = [(name, MARK) for name in form.boxes]
    dated = [name for name in form.boxes if name.endswith(("-day", "-month", "-year"))]
    if form.boxes:
        twice = _send(hall, person, url, [*sent, *boxes, *boxes])
        _check(hall, page, "every answer twice", twice, problems, typed=True)
    if dated:
        parts = {"-day": "31", "-month": "2", "-year": "2026"}
        impossible = [(name, next((v for end, v in parts.items() if name.endswith(end)), "")) for name in form.boxes]
        _check(hall, page, "31 February", _send(hall, person, url, [*sent, *impossible]), problems, typed=False)
    if form.choices and page.endpoint not in NO_ID_CHOSEN:
        foreign = [(name, quote_plus(value)) for name, value in form.hidden().items()]
        foreign += [(name, str(hall.records["city"]["case_id"])) for name in form.choices]
        answer = _send(hall, person, url, [*foreign, *boxes])
        _check(hall, page, "another partnership's id", answer, problems, typed=False)
    without = [(name, value) for name, value in [*sent, *boxes] if name != "csrf_token"]
    _check(hall, page, "no token", _send(hall, person, url, without), problems, typed=bool(boxes))
    many = [*sent, *((f"f{n}", "1") for n in range(5_000))]
    _check(hall, page, "5,000 fields", _send(hall, person, url, many), problems, typed=False)
    foreign_page = _send(hall, person, url, [*sent, *boxes], **{"Sec-Fetch-Site": "cross-site"})
    _check(hall, page, "from another site", foreign_page, problems, typed=False)


NO_ID_CHOSEN: dict[str, str] = {}
"""Forms in which any choice is right."""


def test_a_body_of_eleven_megabytes_is_refused(hall: Hall) -> None:
    page = next(p for p in POSTED if p.endpoint == "cases.add_note")
    answer = _send(hall, "officer", hall.url(page, "open"), [("what", "x" * 11_000_000)])
    assert answer.status_code == 413


@pytest.mark.parametrize("version", ["0", "-5", "abc", "9" * 40, "1.5", "%00", "%ED%A0%80"])
@pytest.mark.parametrize("once", ["", "abc", "%00", str(uuid.UUID(int=7)) + "x"])
def test_odd_hidden_fields_are_no_crash(hall: Hall, version: str, once: str) -> None:
    page = next(p for p in POSTED if p.endpoint == "cases.update_now")
    url = hall.url(page, "open")
    token = hall.browsers["officer"].token
    fields = [("csrf_token", token), ("version", version), ("once", once), ("text", MARK)]
    answer = _send(hall, "officer", url, fields)
    assert answer.status_code in (409, 422)
    assert MARK in answer.text


def test_bidi_marks_are_shown_as_marks(hall: Hall) -> None:
    """Text that would turn its line round is refused or made visible, never passed through to the page's title."""
    browser = hall.browsers["officer"]
    url = hall.url(next(p for p in POSTED if p.endpoint == "cases.add_note"), "open")
    saved = browser.post(url, {"what": f"{MARK} ‮evil‬", "day": "today", "kind": "incident", "agency": _agency(hall)})
    assert saved.status_code in (303, 422)
    shown = browser.get(hall.url(next(p for p in read() if p.endpoint == "casefile.timeline"), "open"))
    assert shown.status_code == 200
    title = parse(shown.text).find(".//title")
    assert title is not None
    assert "‮" not in (title.text or "")


def _agency(hall: Hall) -> str:
    return str(hall.made.world.agencies["police"])


def test_any_returned_field_is_a_known_one() -> None:
    assert set(LEFT_OUT) | set(WITHOUT_A_FORM) <= {page.endpoint for page in POSTED}
