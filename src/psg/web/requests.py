"""What we accept from a browser: bounded bodies, bounded numbers of fields, posts from our own pages only."""

from __future__ import annotations

import codecs
import secrets
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import parse_qsl

from flask import Flask, Request, g, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from psg.ids import SYMBOLS

MAX_FIELDS = 1_000
MAX_BODY = 10_000_000
_OURS = frozenset({"same-origin", "none"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def _as_noncharacter(error: UnicodeError) -> tuple[str, int]:
    # Bytes that are not UTF-8 become a noncharacter: fields refuse it beside the box, and unlike a lone surrogate
    # it can be encoded again, so nothing on the way there falls over.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffe" * (error.end - error.start), error.end


codecs.register_error("psg.noncharacter", _as_noncharacter)


class _BoundedParser(FormDataParser):
    """Werkzeug bounds multipart forms only; this bounds urlencoded ones alike, before they are cut up."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        if mimetype != "application/x-www-form-urlencoded":
            return super().parse(stream, mimetype, content_length, options)
        body = stream.read()
        if body.count(b"&") >= MAX_FIELDS:
            raise RequestEntityTooLarge
        text = body.decode("utf-8", "psg.noncharacter")
        return stream, self.cls(parse_qsl(text, keep_blank_values=True, errors="psg.noncharacter")), self.cls()


class BoundedRequest(Request):
    """A request whose body and number of fields have a hard cap, whatever its kind."""

    form_data_parser_class = _BoundedParser
    max_form_parts = MAX_FIELDS

    def get_json(self, *_: Any, **__: Any) -> Any:
        """We read no JSON: whatever claims to be it is refused like any other unreadable body."""
        raise BadRequest


def request_id() -> str:
    """The reference of this request: in the log, on error pages, said over the phone."""
    if "request_id" not in g:
        # One draw for all of it: each is a question to the operating system.
        drawn, code = secrets.randbits(64), ""
        for _ in range(8):
            drawn, at = divmod(drawn, len(SYMBOLS))
            code += SYMBOLS[at]
        g.request_id = f"{code[:4]}-{code[4:]}"
    return str(g.request_id)


def from_our_pages() -> bool:
    """Whether the browser says that one of our own pages sent this, or is too old to say."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in _OURS


def _refuse_script_root() -> None:
    # We always stand at the root of our own host name. A server that believes a client's SCRIPT_NAME must not lead our
    # links elsewhere, least of all those that are drawn once for many.
    if request.script_root:
        raise BadRequest


def _refuse_foreign_posts() -> None:
    if request.method in _CHANGING and not from_our_pages():
        raise BadRequest


def init_app(app: Flask, *, max_body: int = MAX_BODY) -> None:
    """Bound requests and refuse posts from other sites, before anything else looks at them."""
    app.request_class = BoundedRequest
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.config["MAX_FORM_MEMORY_SIZE"] = max_body
    app.config["MAX_FORM_PARTS"] = MAX_FIELDS
    first: list[Callable[[], None]] = app.before_request_funcs.setdefault(None, [])  # type: ignore[assignment]
    first[:0] = (_refuse_script_root, _refuse_foreign_posts)
