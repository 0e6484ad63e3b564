"""A browser for tests: Flask's test client that carries the form token, fills hidden fields and follows redirects."""

import contextvars
import hashlib
import json
import re
import secrets
import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from psg import clock
from psg.accounts import sessions
from psg.accounts.models import UserSession
from psg.db import db, transaction

_HIDDEN = re.compile(r'<input[^>]*name="(csrf_token|once|version)"[^>]*value="([^"]*)"')


class _Client(FlaskClient):
    """Asks in an empty context, as a server would: a test's own application context must not be shared with it."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **options)


class Browser:
    """One browser: its cookies, and at most one person signed in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = _Client(app, app.response_class)
        self._csrf = secrets.token_hex(20)

    def sign_in(self, user_id: uuid.UUID) -> None:
        """Start a session in the database, without the cost of a password."""
        cookie = secrets.token_urlsafe(32)
        now = clock.now()
        with self.app.app_context():
            with transaction():
                db.session.add(
                    UserSession(
                        id_hash=hashlib.sha256(cookie.encode()).digest(),
                        user_id=user_id,
                        created_at=now,
                        seen_at=now,
                        state=json.dumps({"csrf_token": self._csrf}),
                    )
                )
            db.session.remove()
        self.client.set_cookie(sessions.COOKIE, cookie, domain="psg.test", secure=True)

    @property
    def token(self) -> str:
        """A form token of the signed-in session."""
        signer = URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token")
        return str(signer.dumps(self._csrf))

    def get(self, path: str, *, follow: bool = False, **options: Any) -> TestResponse:
        """Open a page."""
        return self._ask("GET", path, follow_redirects=follow, **options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, follow: bool = False, **options: Any
    ) -> TestResponse:
        """Send a form with a good token, and a new idempotency key unless one is given."""
        fields = {"csrf_token": self.token, "once": str(uuid.uuid4())} | (data or {})
        return self._ask("POST", path, data=fields, follow_redirects=follow, **options)

    def submit(self, path: str, data: dict[str, Any] | None = None, *, follow: bool = False) -> TestResponse:
        """Open a page with one form and send it, with its own hidden fields, as a person would."""
        shown = self.get(path)
        assert shown.status_code == 200, f"GET {path} gave {shown.status_code}"
        hidden = dict(_HIDDEN.findall(shown.text))
        return self._ask("POST", path, data=hidden | (data or {}), follow_redirects=follow)

    def _ask(self, method: str, path: str, **options: Any) -> TestResponse:
        return self.client.open(path, method=method, base_url="https://psg.test", **options)
