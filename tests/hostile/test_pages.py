"""What every page promises to a browser: headers, markup, no inline code, a token in every form."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from html5lib.html5parser import ParseError
from werkzeug.test import TestResponse

from tests.access.hall import Hall
from tests.access.table import Page, read
from tests.conftest import _postgres_or_skip
from tests.hostile.forms import parse, posting_forms

LOOKED_AT = [page for page in read() if "GET" in page.methods]
NOTHING = "accelerometer autoplay camera display-capture geolocation gyroscope magnetometer microphone midi payment usb"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
OWN_PAGES = ("accounts.", "agreements.sign")
"""Pages about the person in front of the screen, where a browser may help to fill in."""


@pytest.fixture(scope="module")
def hall(folder_of: Callable[[str], Path]) -> Iterator[Hall]:
    """Everybody signed in, on PostgreSQL."""
    _postgres_or_skip()
    made = Hall("postgresql", folder_of("postgresql"))
    yield made
    made.close()


def check_headers(answer: TestResponse) -> None:
    """The whole set, whatever the answer."""
    sent = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert sent == POLICY
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    refused = {part.split("=")[0].strip() for part in answer.headers["Permissions-Policy"].split(",")}
    assert set(NOTHING.split()) <= refused
    assert not {"Server", "X-Powered-By"} & set(answer.headers.keys())
    if answer.data:
        assert "charset" in answer.content_type or not answer.content_type.startswith("text/")


def test_headers_stand_on_every_kind_of_answer(hall: Hall) -> None:
    note = hall.url(next(p for p in LOOKED_AT if p.endpoint == "cases.add_note"), "open")
    officer, stranger = hall.browsers["officer"], hall.browsers["anonymous"]
    answers = {
        200: officer.get(note),
        303: stranger.get(note),
        400: officer.client.post(note, data={"what": "x"}, base_url="https://psg.test"),
        403: hall.browsers["nurse"].get(note),
        404: officer.get("/no/such/page"),
        405: officer.client.put(note, base_url="https://psg.test"),
        413: officer.client.post(
            note, data="x" * 11_000_000, base_url="https://psg.test", content_type="application/x-www-form-urlencoded"
        ),
        422: officer.post(note, {}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        check_headers(answer)
    evil = officer.client.get("/", base_url="https://psg.test", headers={"Host": "evil.example"})
    assert evil.status_code == 400
    check_headers(evil)


@pytest.mark.parametrize("page", LOOKED_AT, ids=lambda page: page.endpoint)
def test_page_is_well_made(hall: Hall, page: Page) -> None:
    seen = 0
    for record, people in page.pattern.allowed.items():
        person = next(iter(sorted(people)), None)
        if person is None or record in page.pattern.not_there:
            continue
        answer = hall.browsers[person].get(hall.url(page, record))
        check_headers(answer)
        assert answer.status_code < 500 or page.endpoint == "oversight.ready", (page.endpoint, record, answer.status)
        if "html" in answer.content_type and answer.status_code in (200, 422):
            _check_markup(page, answer.text)
            seen += 1
    denied = hall.browsers["anonymous"].get(hall.url(page, next(iter(page.pattern.allowed))))
    check_headers(denied)


def _check_markup(page: Page, text: str) -> None:
    try:
        tree = parse(text, strict=True)
    except ParseError as problem:
        raise AssertionError(f"{page.endpoint}: {problem}") from None
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        names = set(element.attrib)
        assert "style" not in names, (page.endpoint, element.tag, element.attrib)
        assert not [name for name in names if name.startswith("on")], (page.endpoint, element.tag)
        assert element.tag != "style", page.endpoint
        assert element.tag != "script" or not (element.text or "").strip(), page.endpoint
        assert not str(element.get("href") or "").lower().startswith(("javascript:", "data:")), page.endpoint
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == [], page.endpoint
    assert len(list(tree.iter("h1"))) == 1, page.endpoint
    for form in posting_forms(tree):
        assert form.has_token, (page.endpoint, form.action)
    if not page.endpoint.startswith(OWN_PAGES):
        loose = [
            box.get("name")
            for box in tree.iter("input")
            if box.get("type", "text") in ("text", "email", "tel", "number") and box.get("autocomplete") != "off"
        ]
        assert loose == [], f"{page.endpoint}: a browser may remember {loose}"
