"""The real application behind a real address, for a browser to visit."""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from psg import clock
from psg.accounts import sessions
from psg.accounts.models import UserSession
from psg.app import create_app
from psg.db import db, transaction
from tests.conftest import Installation


class _Quiet(WSGIRequestHandler):
    # Browsers open several connections at once and keep them; a test's page should not wait for a new one each time.
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any, **_options: Any) -> None:
        """Nothing: the application writes its own log."""


class Site(Installation):
    """An installation on SQLite that answers at `address`; `fresh()` puts the world back as it was."""

    def __init__(self, folder: Path) -> None:
        self.failures: list[str] = []
        super().__init__("sqlite", folder)
        self._fill()
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.address = f"http://localhost:{self.server.port}"
        self.copy = replace(self.copy, base_url=self.address)
        self.app = create_app(self.copy)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.fresh()
        self._thread.start()

    def _fill(self) -> None:
        """More than the shared world, put into the template; nothing here."""

    def stop(self) -> None:
        """Close the door."""
        self.server.shutdown()
        self._thread.join(timeout=5)
        self.server.server_close()
        self.drop()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def noting(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if status.startswith("5"):
                self.failures.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} answered {status}")
            return start(status, headers, *rest)

        return self.app(environ, noting)

    # What tests do behind the counter

    def session_of(self, name: str) -> str:
        """Sign a person of the world in without the cost of a password; the cookie's value."""
        cookie = secrets.token_urlsafe(32)
        now = clock.now()
        with self.app.app_context():
            with transaction():
                db.session.add(
                    UserSession(
                        id_hash=hashlib.sha256(cookie.encode()).digest(),
                        user_id=self.world.people[name].user_id,
                        created_at=now,
                        seen_at=now,
                        state=json.dumps({}),
                    )
                )
            db.session.remove()
        return cookie

    def do(self, work: Callable[[], Any]) -> Any:
        """Run something in an application context, as tests of operations do."""
        with self.app.app_context():
            try:
                return work()
            finally:
                db.session.rollback()
                db.session.remove()


COOKIE = sessions.COOKIE
