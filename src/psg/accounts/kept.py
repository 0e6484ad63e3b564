"""Forms that arrived after their session had timed out: sealed, kept half an hour, given back to the same person.

They are never executed by themselves: the person sees the form they typed it into, filled with it, and presses its
button again.
"""

import json
import uuid
from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from psg import clock
from psg.accounts.models import KeptPost
from psg.crypto import keyring
from psg.db import db, transaction
from psg.ids import new_id
from psg.web.kept import ARGUMENT, FIELD, Kept

LASTS = timedelta(minutes=30)
_NEVER = ("csrf_token", "password", "current", FIELD)
_UNSEEN = ("once", "version")
_LONGEST = 500
_MOST = 20
"""Forms kept for one person: more than anybody has open, and a bound to what an old cookie can fill the table with."""
_LABEL = "kept posts"


def keep_this_post() -> bool:
    """Keep the form that this request carries, when it comes from a session that has only just timed out."""
    lapsed = g.get("lapsed_session")
    if lapsed is None or request.method != "POST" or not request.form:
        return False
    user_id, state = lapsed
    path = _page_of_form()
    if not path or not _token_is_of(state.get("csrf_token", "")):
        return False
    fields = [[name, value] for name, value in request.form.items(multi=True) if not name.startswith(_NEVER)]
    kept_id = new_id()
    sealed = keyring().seal_app(_LABEL, (user_id, kept_id), json.dumps(fields).encode("utf-8", "surrogatepass"))
    with transaction():
        # What was sent to the same form before, perhaps by the page itself, is in this one.
        db.session.execute(delete(KeptPost).where(KeptPost.user_id == user_id, KeptPost.path == path))
        older = select(KeptPost.id).where(KeptPost.user_id == user_id).order_by(KeptPost.kept_at.desc())
        db.session.execute(delete(KeptPost).where(KeptPost.id.in_(older.offset(_MOST - 1))))
        db.session.add(KeptPost(id=kept_id, user_id=user_id, path=path, fields_sealed=sealed, kept_at=clock.now()))
    return True


def newest(user_id: uuid.UUID) -> KeptPost | None:
    """The form that was kept last for a person, while it lasts."""
    statement = (
        select(KeptPost)
        .where(KeptPost.user_id == user_id, KeptPost.kept_at > clock.now() - LASTS)
        .order_by(KeptPost.kept_at.desc())
    )
    return db.session.scalars(statement).first()


def reading(user_id: uuid.UUID, kept_id: uuid.UUID) -> KeptPost | None:
    """One kept form of a person, while it lasts."""
    post = db.session.get(KeptPost, kept_id)
    if post is None or post.user_id != user_id or post.kept_at <= clock.now() - LASTS:
        return None
    return post


def typed_in(post: KeptPost) -> MultiDict[str, str]:
    """What was typed."""
    fields = json.loads(keyring().open_app(_LABEL, (post.user_id, post.id), post.fields_sealed))
    return MultiDict([(name, value) for name, value in fields])


def for_this_page() -> Kept | None:
    """The late post that the page being opened is to take up: the reader's own, sent to this very page."""
    try:
        wanted = uuid.UUID(request.args.get(ARGUMENT, ""))
    except ValueError:
        return None
    post = reading(current_user.user_id, wanted) if current_user.is_authenticated else None
    if post is None or post.path.partition("?")[0] != request.path:
        return None
    return Kept(post.id, typed_in(post), post.kept_at + LASTS)


def address(post: KeptPost) -> str:
    """The page of the form, opened so that it is filled with what was typed."""
    return f"{post.path}{'&' if '?' in post.path else '?'}{ARGUMENT}={post.id}"


def answers(post: KeptPost) -> list[tuple[str, str]]:
    """What a person typed or chose, without what the form carried along unseen."""
    return [(name, value) for name, value in typed_in(post).items(multi=True) if name not in _UNSEEN and value.strip()]


def forget(post: KeptPost) -> None:
    """Drop a kept form. Inside `transaction()`."""
    db.session.delete(post)


def forget_old() -> None:
    """Drop what has been kept long enough. Inside `transaction()`."""
    db.session.execute(delete(KeptPost).where(KeptPost.kept_at <= clock.now() - LASTS))


def _page_of_form() -> str:
    """The page on which the form that was sent can be shown again; "" where there is none, as behind a lone button."""
    view = current_app.view_functions.get(request.endpoint or "")
    if page := getattr(view, "__drafts_of__", None):
        return url_for(page, **(request.view_args or {}))[:_LONGEST]
    try:
        current_app.url_map.bind_to_environ(request.environ).match(method="GET")
    except HTTPException:
        return ""
    others = [(name, value) for name, value in request.args.items(multi=True) if name != ARGUMENT]
    query = urlencode(others)
    path = f"{request.path}?{query}" if query else request.path
    return path if len(path) <= _LONGEST else request.path


def _token_is_of(raw: str) -> bool:
    """Whether the posted form token was made for the session that lapsed."""
    if not raw:
        return False
    signer = URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token")
    try:
        return bool(signer.loads(request.form.get("csrf_token", "")) == raw)
    except BadData:
        return False
