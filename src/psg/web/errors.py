"""One family of error pages: what happened, whether what you typed is kept, what to do, a reference to quote."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, InternalServerError

from psg import text
from psg.web.kept import FIELD
from psg.web.labels import labels_for
from psg.web.nav import SIGNED_OUT, Nav, current
from psg.web.requests import from_our_pages, request_id


@dataclass(frozen=True, slots=True)
class Words:
    """One error page's text. `again` offers the form with a button to send it again."""

    title: str
    happened: str
    do: str
    again: bool = False


PAGES: dict[int, Words] = {
    400: Words(
        "We could not read that",
        "What your browser sent was not complete, or this page had been open for too long.",
        "Check what you typed, and send it again from a page opened anew.",
        again=True,
    ),
    404: Words(
        "Page not found",
        "There is no such page, or it is not one you can see.",
        "Check the link, or ask your coordinator.",
    ),
    405: Words("That page needs a button, not a link", "This address only takes what a form sends.", "Go back."),
    409: Words(
        "Somebody else changed this first",
        "What you were working on was changed while your page was open, so nothing of yours was saved yet.",
        "Open the page again in another tab, compare, and send yours again if it still holds.",
        again=True,
    ),
    413: Words(
        "Too large",
        "What you sent is larger than we take: {max_mb} MB at most, and 1,000 answers in one form.",
        "Send less text, or a smaller file.",
    ),
    429: Words(
        "Too many tries",
        "This was tried too often in a short time.",
        "Wait a few minutes, then try again.",
        again=True,
    ),
    500: Words(
        "Something went wrong on our side",
        "The fault is ours, and it has been noted. Nothing was half saved.",
        "Try again in a few minutes. If it happens again, give the reference below to your administrator.",
        again=True,
    ),
    503: Words(
        "PSG cannot do this just now",
        "The service is busy, being updated, or cannot reach its database.",
        "Try again in a few minutes.",
        again=True,
    ),
}
_CSRF_WORDS = Words(
    "This page was open for too long",
    "You had been signed out, or signed in again, since this page was opened. Nothing was saved yet.",
    "Check your text and send it again.",
    again=True,
)
_SAME_AS = {401: 404, 403: 404, 410: 404, 411: 400, 412: 409, 414: 400, 415: 400, 422: 400, 431: 400, 502: 503}
_NEVER_SHOWN = ("csrf_token", "password", "current")
_UNASKED = frozenset({"once", "version", FIELD, "then", "step", "do", "back"})
"""What a form or a button says by itself: sent again, but no answer."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One answer given back: its name, what the form called the question, and the text."""

    name: str
    label: str
    value: str
    hidden: bool = False


def typed_back() -> list[Typed]:
    """Everything the person posted, in order, except passwords, tokens and files. Reads the request only."""
    if request.method != "POST" or not from_our_pages():
        return []
    try:
        form: MultiDict[str, str] = request.form
    except HTTPException:  # the failure came before anybody had read the form, and it cannot be read
        return []
    labels = labels_for(form.keys())
    return [
        Typed(
            text.showable(name),
            labels.get(name) or _words_of(name),
            text.showable(value),
            hidden=name in _UNASKED,
        )
        for name, value in form.items(multi=True)
        if not any(word in name.lower() for word in _NEVER_SHOWN)
    ]


def _words_of(name: str) -> str:
    """What stands for a label where no form is known that has one."""
    return text.showable(name).replace("_", " ").replace("-", ", ").strip().capitalize() or "Answer"


def render(status: int, *, words: Words | None = None, retry_at: str = "", frame: bool = True) -> Response:
    """An error page.

    retry_at: a time of day for 429 and 503. frame: False draws it without navigation, and so without the database.
    """
    status = status if status in PAGES else _SAME_AS.get(status, 500 if status >= 500 else 400)
    words = words or PAGES[status]
    # A body over the cap must not be read again: reading it is what failed.
    typed = typed_back() if status not in (405, 413) else []
    questions = [answer for answer in typed if not answer.hidden]
    token = ""
    if questions and words.again:
        # After a failure on our side the posted token still fits; making a new one could need what has failed.
        token = request.form.get("csrf_token", "") if status >= 500 else generate_csrf()
    nav: Nav = current() if frame else SIGNED_OUT
    template = "errors/typed.html" if questions else "errors/error.html"
    body = current_app.jinja_env.get_template(template).render(
        nav=nav,
        marking=None,
        request_id=request_id(),
        words=words,
        happened=words.happened.format(max_mb=current_app.config["MAX_CONTENT_LENGTH"] // 1_000_000),
        retry_at=retry_at,
        typed=typed if questions else [],
        path="/" + request.full_path.lstrip("/").rstrip("?"),
        token=text.showable(token),
        signed_out=nav.user is None,
        get_flashed_messages=_no_messages,
    )
    response = current_app.response_class(body, status=status)
    if status in (429, 503):
        response.headers["Retry-After"] = "120"
    return response


def _no_messages(**_: object) -> list[tuple[str, str]]:
    return []


def _csrf(_: CSRFError) -> Response:
    return render(400, words=_CSRF_WORDS)


def _http(error: HTTPException) -> Response:
    if (error.code is not None and error.code < 400) or error.response is not None:
        return current_app.make_response(error.get_response())
    response = render(error.code or 500)
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _ours(error: InternalServerError) -> Response:
    return render(503 if _of_the_database(error.original_exception) else 500, frame=False)


def _of_the_database(failure: BaseException | None) -> bool:
    """Whether the database could not be reached, was lost on the way, or had no connection or lock left for us."""
    lost = isinstance(failure, DBAPIError) and failure.connection_invalidated
    return lost or isinstance(failure, OperationalError | InterfaceError | NoConnectionFree)


def init_app(app: Flask) -> None:
    """Answer every failure with a page of the family. Features may add handlers that call `render`."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(InternalServerError, _ours)
