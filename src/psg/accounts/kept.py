"""Forms that arrived after their session had timed out: sealed, kept half an hour, given back to the same person.

They are never executed by themselves: the person sees what they typed and presses the button again.
"""

import json
import uuid
from datetime import timedelta

from flask import current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from psg import clock
from psg.accounts.models import KeptPost
from psg.crypto import keyring
from psg.db import db, transaction
from psg.ids import new_id

LASTS = timedelta(minutes=30)
_NEVER = ("csrf_token", "password", "current")
_LABEL = "kept posts"


def keep_this_post() -> bool:
    """Keep the form that this request carries, when it comes from a session that has only just timed out."""
    lapsed = g.get("lapsed_session")
    if lapsed is None or request.method != "POST" or not request.form:
        return False
    user_id, state = lapsed
    if not _token_is_of(state.get("csrf_token", "")):
        return False
    fields = [[name, value] for name, value in request.form.items(multi=True) if not name.startswith(_NEVER)]
    kept_id = new_id()
    sealed = keyring().seal_app(_LABEL, (user_id, kept_id), json.dumps(fields).encode("utf-8", "surrogatepass"))
    with transaction():
        db.session.add(
            KeptPost(id=kept_id, user_id=user_id, path=request.path, fields_sealed=sealed, kept_at=clock.now())
        )
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


def forget(post: KeptPost) -> None:
    """Drop a kept form. Inside `transaction()`."""
    db.session.delete(post)


def forget_old() -> None:
    """Drop what has been kept long enough. Inside `transaction()`."""
    db.session.execute(delete(KeptPost).where(KeptPost.kept_at <= clock.now() - LASTS))


def _token_is_of(raw: str) -> bool:
    """Whether the posted form token was made for the session that lapsed."""
    if not raw:
        return False
    signer = URLSafeTimedSerializer(str(current_app.secret_key), salt="wtf-csrf-token")
    try:
        return bool(signer.loads(request.form.get("csrf_token", "")) == raw)
    except BadData:
        return False
