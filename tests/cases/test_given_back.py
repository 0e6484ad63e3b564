"""Error pages give back what was typed under the words of the form that asked for it."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.browsing import Browser
from tests.cases.test_log_journey import FIRST
from tests.conftest import on_both

Client = Callable[[str | None], Browser]


@on_both
def test_a_page_open_for_too_long_gives_the_answers_back_by_their_questions(app: Flask, client_for: Client) -> None:
    browser = client_for("officer")
    sent = {"subject_kind": "person", "first": "Ada", "last": "Ludlow", "then": "another", "csrf_token": "stale"}
    answer = browser.post("/east-test/cases/log", sent)
    assert answer.status_code == 400
    assert "What you typed is kept" in answer.text
    for words in (">Who or what is this case about?</label>", ">First name", "Ludlow</textarea>"):
        assert words in answer.text, words
    assert '<input type="hidden" name="then" value="another">' in answer.text


def test_a_fault_of_ours_gives_the_answers_back_by_their_questions(
    app: Flask, client_for: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken for a test")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("psg.cases.routes.referring._begin", broken)
    answer = client_for("officer").submit("/east-test/cases/log", FIRST)
    assert answer.status_code == 500
    assert ">Who or what is this case about?</label>" in answer.text
