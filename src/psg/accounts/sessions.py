"""Sessions live in the database; the cookie holds only a random id, and signing out ends them there.

A visitor who has not signed in gets a small signed cookie instead (form token, messages), so that strangers cannot fill
the table. Idle and absolute limits are checked on every request; the row is touched at most once a minute.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, g
from flask.globals import request_ctx
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from psg import clock, settings
from psg.accounts.models import User, UserSession
from psg.accounts.rules import Account
from psg.crypto import keyring
from psg.db import db, transaction

COOKIE = "__Host-psg"
VISIT_COOKIE = "__Host-psg-visit"
DEVICE_COOKIE = "__Host-psg-device"
KEPT_AFTER_IDLE = timedelta(minutes=30)
"""How long after a time-out a form that still arrives is kept for its writer."""

_TOUCH_AFTER = timedelta(minutes=1)


BY_COOKIE = (
    select(
        UserSession.user_id,
        UserSession.created_at,
        UserSession.seen_at,
        UserSession.ended_at,
        UserSession.state,
        User.email,
        User.first_name,
        User.last_name,
        User.is_system_administrator,
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id_hash == bindparam("id_hash"))
)
"""A session with its account. What else each request needs is added by features above, in `Sessions.look_up`."""


def _nowhere(_id_hash: bytes) -> Sequence[Any]:
    raise RuntimeError("create_app has not said how sessions are looked up")


class Sessions:
    """Where the session of a cookie is looked up: rows of `BY_COOKIE` with more beside them, none for no session."""

    look_up: Callable[[bytes], Sequence[Any]] = staticmethod(_nowhere)


class Visit(dict[str, Any], SessionMixin):
    """The session of somebody who has not signed in: a signed cookie."""

    modified = False
    accessed = True

    def __setitem__(self, key: str, value: Any) -> None:
        self.modified = True
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove a value, noting that the session changed."""
        self.modified = self.modified or key in self
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Keep or set a value, noting that the session changed."""
        self.modified = self.modified or key not in self
        return super().setdefault(key, default)


class SignedIn(Visit):
    """The session of a signed-in person: a row."""

    def __init__(
        self,
        id_hash: bytes,
        user: Account | User,
        state: dict[str, Any],
        *,
        cookie: str = "",
        beside: Sequence[Any] = (),
    ) -> None:
        super().__init__(state)
        self.modified = False
        self.id_hash = id_hash
        self.user = user
        self.cookie = cookie
        """Set when the browser has to be given the id: at the start of a session."""
        self.beside = beside
        """The rows that the session was found with; none for one that this request began."""


class DatabaseSessions(SessionInterface):
    """Flask's door to the sessions table."""

    def open_session(self, app: Flask, request: Request) -> Visit:  # noqa: ARG002 - Flask's signature
        """The session that the request's cookie names, or a visit."""
        cookie = request.cookies.get(COOKIE, "")
        try:
            if cookie and (found := _find(cookie)) is not None:
                return found
        except SQLAlchemyError as failure:
            g.session_failure = failure
        return Visit(_visit_state(request.cookies.get(VISIT_COOKIE, "")))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep what changed, and touch the row at most once a minute. After a failure of ours nothing was saved, so the
        browser keeps what it has, and the database is left alone."""
        if response.status_code >= 500:
            return
        if isinstance(session, SignedIn):
            _save_row(session)
            if session.cookie:
                _set(response, COOKIE, session.cookie)
                # What the visitor was about ends here: the next person at this browser is not led to their pages.
                response.delete_cookie(VISIT_COOKIE, secure=True, httponly=True, samesite="Lax")
        elif session.modified:
            _set(response, VISIT_COOKIE, _signer().dumps(dict(session)))
        if g.get("forget_session"):
            response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
        if device := g.get("new_device"):
            _set(response, DEVICE_COOKIE, device, max_age=180 * 86400)


def init_app(app: Flask) -> None:
    """Keep sessions in the database."""
    app.session_interface = DatabaseSessions()
    app.before_request(_fail_if_not_found_out)


def _fail_if_not_found_out() -> None:
    """A failure while the session was looked up. Flask does that before everything else, when nothing could answer for
    a failure properly yet: no log line, no headers."""
    if (failure := g.get("session_failure")) is not None:
        raise failure


def begin(user: User, browser: str) -> None:
    """Start a session for a person who has just proved who they are. Inside `transaction()`."""
    cookie = secrets.token_urlsafe(32)
    id_hash = _hash(cookie)
    now = clock.now()
    kept = {key: value for key, value in request_ctx.session.items() if key == "_flashes"}
    db.session.add(
        UserSession(
            id_hash=id_hash,
            user_id=user.id,
            created_at=now,
            seen_at=now,
            state=json.dumps(kept),
            browser=browser,
        )
    )
    _replace_session(SignedIn(id_hash, user, kept, cookie=cookie))
    g.session_ref = id_hash.hex()[:16]
    _forget_person()


def end_current() -> None:
    """End the session of this request. Inside `transaction()`."""
    session = request_ctx.session
    if isinstance(session, SignedIn):
        db.session.execute(
            update(UserSession).where(UserSession.id_hash == session.id_hash).values(ended_at=clock.now())
        )
    _replace_session(Visit())
    g.forget_session = True
    _forget_person()


def end_all(user_id: uuid.UUID, *, but: bytes | None = None) -> None:
    """End a person's sessions, all but one when that is given. Inside `transaction()`."""
    rows = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but is not None:
        rows = rows.where(UserSession.id_hash != but)
    db.session.execute(rows.values(ended_at=clock.now()))


def current() -> SignedIn | None:
    """The signed-in session of this request."""
    session = request_ctx.session
    return session if isinstance(session, SignedIn) else None


def seconds_left() -> int:
    """How long the session lasts without another request."""
    return settings.current().session_idle_minutes * 60


def own(user_id: uuid.UUID) -> list[UserSession]:
    """A person's sessions that are still open, newest first."""
    limit = clock.now() - timedelta(minutes=settings.current().session_idle_minutes)
    statement = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.seen_at > limit)
        .order_by(UserSession.seen_at.desc())
    )
    return list(db.session.scalars(statement))


def _forget_person() -> None:
    for name in ("_login_user", "viewer"):  # as Flask-Login and the gate remember them
        g.pop(name, None)


def _replace_session(session: Visit) -> None:
    """Let the rest of this request use another session; Flask offers no public way, and its own clients do the same."""
    request_ctx._session = session  # noqa: SLF001


def _find(cookie: str) -> SignedIn | None:
    id_hash = _hash(cookie)
    rows = Sessions.look_up(id_hash)
    if not rows:
        return None
    session = rows[0]
    user = Account(
        session.user_id, session.email, session.first_name, session.last_name, session.is_system_administrator
    )
    now, limits = clock.now(), settings.current()
    idle = now - session.seen_at
    too_old = now - session.created_at > timedelta(hours=limits.session_hours)
    if session.ended_at is not None or too_old or idle > timedelta(minutes=limits.session_idle_minutes):
        if session.ended_at is None and idle <= timedelta(minutes=limits.session_idle_minutes) + KEPT_AFTER_IDLE:
            g.lapsed_session = (user.id, json.loads(session.state))
        return None
    g.session_ref = id_hash.hex()[:16]
    found = SignedIn(id_hash, user, json.loads(session.state), beside=rows)
    g.touch_session = now - session.seen_at > _TOUCH_AFTER
    return found


def _save_row(session: SignedIn) -> None:
    values: dict[str, Any] = {}
    if session.modified:
        values["state"] = json.dumps(dict(session))
    if g.get("touch_session"):
        values["seen_at"] = clock.now()
    if not values:
        return
    try:
        with transaction():
            db.session.execute(update(UserSession).where(UserSession.id_hash == session.id_hash).values(**values))
    except (DBAPIError, NoConnectionFree):
        # The page was made; a database that failed in between costs a touch of the session, not the answer.
        db.session.rollback()


def _visit_state(cookie: str) -> dict[str, Any]:
    if not cookie:
        return {}
    try:
        state = _signer().loads(cookie)
    except BadSignature:
        return {}
    return state if isinstance(state, dict) else {}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(keyring().app_secret("visits"), salt="visit")


def _set(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, secure=True, httponly=True, samesite="Lax", path="/")


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
