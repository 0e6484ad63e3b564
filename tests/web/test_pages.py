"""Headers, assets, layout and error pages, as a browser gets them."""

from __future__ import annotations

import re

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from psg.web import headers
from psg.web.headers import CONTENT_SECURITY_POLICY

from .conftest import make_app
from .sample import GOOD, token


def get_token(client: FlaskClient) -> str:
    return token(client.get("/form").text)


def test_every_answer_has_the_headers(client: FlaskClient) -> None:
    for answer in (client.get("/form"), client.get("/nothing"), client.get("/boom"), client.post("/form")):
        sent = answer.headers
        assert sent["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert sent["Cache-Control"] == "no-store"
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert sent["Referrer-Policy"] == "no-referrer"
        assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
        assert sent["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in sent["Permissions-Policy"]
        assert "Strict-Transport-Security" not in sent


def test_hsts_over_tls_only() -> None:
    app = Flask("tls")
    headers.init_app(app, https=True)
    answer = app.test_client().get("/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_pages_have_nothing_inline(client: FlaskClient) -> None:
    for path in ("/form", "/nothing", "/boom"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
        html5lib.HTMLParser(strict=False).parse(page)


def test_static_files_are_kept_for_a_year_under_their_hash(client: FlaskClient) -> None:
    page = client.get("/form").text
    for path in re.findall(r'(?:href|src)="(/static/[^"#]+)', page):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
        answer.close()
    assert client.get("/static/000000000000/app.css").status_code == 404


def test_an_asset_that_does_not_exist_is_a_mistake_noticed(app: Flask) -> None:
    with pytest.raises(LookupError):
        app.jinja_env.globals["asset"]("app.scss")  # type: ignore[operator]


def test_the_frame(client: FlaskClient) -> None:
    page = client.get("/form").text
    assert "<title>Add a note - PSG</title>" in page
    assert 'aria-current="page">Cases' in page
    assert 'data-session-seconds="1800"' in page
    assert 'action="/sign-out"' in page
    assert page.count("<h1") == 1
    assert "app-marking" not in page
    signed_out = client.get("/form?signed-out").text
    assert "Sign out" not in signed_out
    assert "data-session-seconds" not in signed_out


def test_errors_are_named_in_title_and_summary(client: FlaskClient) -> None:
    answer = client.post("/form", data={"csrf_token": get_token(client), "title": "<b>" * 40})
    assert answer.status_code == 422
    assert "<title>Error: Add a note - PSG</title>" in answer.text
    assert 'href="#title"' in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text


def test_the_key_of_the_form_is_the_same_after_an_error(client: FlaskClient) -> None:
    page = client.get("/form").text
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once
    answer = client.post("/form", data={"csrf_token": token(page), "once": once.group(1)})
    assert f'name="once" value="{once.group(1)}"' in answer.text


def test_success_is_said_once(client: FlaskClient) -> None:
    answer = client.post("/form", data={**GOOD, "csrf_token": get_token(client)}, follow_redirects=True)
    assert "Note saved at 10:42am." in answer.text
    assert "Note saved" not in client.get("/form").text


def test_bytes_that_are_no_text_are_an_error_beside_the_field(client: FlaskClient) -> None:
    body = f"csrf_token={get_token(client)}&title=caf%e9&what=raw\xff".encode("latin-1")
    answer = client.post("/form", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert answer.text.count("has a character that cannot be read") == 4


class TestErrorPages:
    def test_family(self, client: FlaskClient) -> None:
        for answer, status, words in (
            (client.get("/nothing"), 404, "Page not found"),
            (client.post("/only-read", data={"csrf_token": get_token(client)}), 405, "needs a button"),
            (client.get("/boom"), 500, "Something went wrong on our side"),
        ):
            assert answer.status_code == status
            assert answer.mimetype == "text/html"
            assert words in answer.text
            assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}</span>", answer.text)
            assert "Traceback" not in answer.text
            assert "ZeroDivision" not in answer.text

    def test_they_draw_even_when_the_frame_cannot(self, client: FlaskClient) -> None:
        answer = client.get("/broken-nav")
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text

    @pytest.mark.parametrize("path", ["/boom", "/busy"])
    def test_what_was_typed_comes_back_after_a_failure(self, client: FlaskClient, path: str) -> None:
        kept = get_token(client)
        typed = {"csrf_token": kept, "what_happened": "<three> hours'\nwork", "password": "hush", "once": "k1"}
        answer = client.post(path, data=typed)
        assert answer.status_code in (500, 503)
        assert "&lt;three&gt; hours&#39;\nwork</textarea>" in answer.text
        assert ">What happened</label>" in answer.text
        assert "hush" not in answer.text
        assert 'name="once" value="k1"' in answer.text
        assert f'name="csrf_token" value="{kept}"' in answer.text
        assert f'action="{path}"' in answer.text

    @pytest.mark.parametrize(
        ("failure", "status"),
        [
            (InterfaceError("select 1", {}, Exception("the connection is closed")), 503),
            (NoConnectionFree("no connection was free"), 503),
            (DBAPIError("select 1", {}, Exception("ended by its administrator"), connection_invalidated=True), 503),
            (DBAPIError("select 1", {}, Exception("a number out of range")), 500),
            (IntegrityError("insert", {}, Exception("there already")), 500),
        ],
    )
    def test_only_a_database_that_is_away_is_called_so(self, app: Flask, failure: Exception, status: int) -> None:
        @app.get("/failing")
        def failing() -> str:
            raise failure

        assert app.test_client().get("/failing").status_code == status

    def test_a_dead_token_gives_the_text_back_with_a_fresh_one(self, client: FlaskClient) -> None:
        answer = client.post("/form", data={**GOOD, "csrf_token": "stale"})
        assert answer.status_code == 400
        assert "This page was open for too long" in answer.text
        assert "Noise at night" in answer.text
        again = client.post("/form", data={**GOOD, "csrf_token": token(answer.text)})
        assert again.status_code == 303

    def test_another_site_gets_nothing_done_and_nothing_back(self, client: FlaskClient) -> None:
        data = {**GOOD, "csrf_token": get_token(client)}
        for site in ("cross-site", "same-site"):
            answer = client.post("/form", data=data, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 400
            assert "Noise at night" not in answer.text

    def test_too_large_and_too_many(self, client: FlaskClient) -> None:
        assert client.post("/form", data={"what": "x" * 250_000}).status_code == 413
        assert client.post("/form", data={f"f{number}": "" for number in range(1001)}).status_code == 413
        many = {f"f{number}": "" for number in range(1100)}
        assert client.post("/form", data=many, content_type="multipart/form-data").status_code == 413

    def test_json_is_never_read(self, client: FlaskClient) -> None:
        answer = client.post("/form", json={"title": "x"})
        assert answer.status_code == 400
        assert answer.mimetype == "text/html"

    def test_posted_names_and_values_are_harmless(self, client: FlaskClient) -> None:
        answer = client.post(
            "/boom", data={'"><script>': "\x00\x1b</textarea><script>", "csrf_token": get_token(client)}
        )
        assert answer.status_code == 500
        assert "<script>" not in answer.text
        assert "\x00" not in answer.text


def test_request_references_differ() -> None:
    client = make_app().test_client()
    seen = {re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", client.get("/nothing").text).group() for _ in range(5)}  # type: ignore[union-attr]
    assert len(seen) == 5
