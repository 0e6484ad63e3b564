"""Signing in and out, invitations, resets, and a person's own settings."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, make_response, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import page, public, signed_in, viewer
from psg.accounts import kept, operations, passwords, queries, sessions, throttle
from psg.accounts.forms import (
    ChangePasswordForm,
    ForgottenForm,
    InvitationForm,
    NewPasswordForm,
    SettingsForm,
    SignInForm,
)
from psg.accounts.models import KnownDevice, PasswordLink, User
from psg.accounts.rules import LinkKind
from psg.audit import queries as trail
from psg.audit.events import Event
from psg.db import db, reading_done, transaction
from psg.web.kept import ARGUMENT, kept_id_sent, was_shown
from psg.web.words import time_of_day

bp = Blueprint("accounts", __name__)

_WRONG = "E-mail address or password is not right"


@bp.route("/")
@public
def home() -> Answer:
    """My work, or the sign-in page."""
    return redirect("/my-work" if current_user.is_authenticated else url_for(".sign_in"))


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Answer:
    """E-mail address and password; one message for every failure."""
    if current_user.is_authenticated:
        return redirect("/my-work")
    form = SignInForm(email=g.get("demo_chosen", ""))
    if not form.validate_on_submit():
        return _sign_in_page(form, 422 if request.method == "POST" else 200)
    device = _known_device(form.email.data)
    at = throttle.source(form.email.data, request.remote_addr or "", device)
    if wait := throttle.seconds_to_wait(at):
        # The trail is never shortened: strangers must not be able to fill it, one row for each knock.
        if not trail.lately(Event.SIGN_IN_SLOWED, clock.now() - timedelta(minutes=1)):
            audit.security(Event.SIGN_IN_SLOWED, user_id=None)
        until = clock.local(clock.now() + timedelta(seconds=wait))
        return _sign_in_page(form, 429, slowed_until=until)
    user = queries.by_email(form.email.data)
    reading_done()
    right = passwords.matches(user.password_hash if user else None, form.password.data)
    if user is None or not right:
        with transaction():
            throttle.failed(at)
            audit.security(Event.SIGN_IN_FAILED, user_id=user.id if user else None, why="password")
        form.put_error("email", _WRONG)
        return _sign_in_page(form, 422)
    return _let_in(user, form.password.data, at)


def _let_in(user: User, password: str, at: throttle.Source) -> Answer:
    target = _safe_path(session.get("next"))
    new_device = None
    if at.device is None:
        token = secrets.token_urlsafe(32)
        g.new_device = token
        new_device = hashlib.sha256(token.encode()).digest()
    with transaction():
        throttle.succeeded(at)
        operations.signed_in(user, password, browser=_browser(), new_device=new_device)
    if kept.newest(user.id) is not None:
        target = url_for(".kept_text")
    return redirect(target or "/my-work", 303)


def _sign_in_page(form: SignInForm, status: int, slowed_until: Any = None) -> Response:
    return page(
        "accounts/sign_in.html",
        form=form,
        status=status,
        slowed_until=slowed_until,
        timed_out=session.pop("timed_out", False),
        kept=session.pop("kept", False),
        cookie_refused=request.method == "POST" and not request.cookies,
        demo_people=g.get("demo_people", ()),
    )


@bp.route("/sign-out", methods=["POST"])
@signed_in
def sign_out() -> Answer:
    """End the session, here and in the browser."""
    person = viewer()
    with transaction():
        sessions.end_current()
        audit.security(Event.SIGNED_OUT, user_id=person.user_id)
    answer = redirect(url_for(".sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.route("/session/extend", methods=["POST"])
@signed_in
def extend() -> Answer:
    """Keep the session alive: being asked is enough."""
    g.touch_session = True
    return make_response("", 204)


@bp.route("/blank")
@public
def blank() -> Response:
    """A neutral page that hides the screen."""
    return page("accounts/blank.html", back=_safe_path(request.args.get("back")) or "/")


@bp.route("/invitations/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> Answer:
    """Accept an invitation: name and first password."""
    link = queries.usable_link(token, LinkKind.INVITATION)
    if link is None:
        return page("accounts/link_used.html", status=404, kind="invitation")
    user = queries.get(link.user_id)
    if user is None:
        abort(404)
    form = InvitationForm(first_name=user.first_name, last_name=user.last_name)
    if form.validate_on_submit() and _password_taken(form, user):
        _use(link, form.password.data, form.first_name.data, form.last_name.data)
        return redirect("/my-work", 303)
    return page("accounts/invitation.html", form=form, user=user, status=422 if form.is_submitted() else 200)


@bp.route("/forgotten-password", methods=["GET", "POST"])
@public
def forgotten() -> Answer:
    """Ask for a reset link; the answer is the same for every address."""
    form = ForgottenForm()
    if form.validate_on_submit():
        # Counted for each address apart: strangers asking for theirs must not keep anybody from a link of their own.
        at = throttle.source(f"reset {form.email.data}", request.remote_addr or "", None)
        if not throttle.seconds_to_wait(at):
            with transaction():
                throttle.failed(at)
                operations.ask_reset(form.email.data)
        return redirect(url_for(".forgotten_sent"), 303)
    return page("accounts/forgotten.html", form=form, status=422 if form.is_submitted() else 200)


@bp.route("/forgotten-password/sent")
@public
def forgotten_sent() -> Response:
    """What happens next, whether or not there is such an account."""
    return page("accounts/forgotten_sent.html")


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> Answer:
    """Set a new password from a link."""
    link = queries.usable_link(token, LinkKind.RESET)
    if link is None:
        return page("accounts/link_used.html", status=404, kind="reset")
    user = queries.get(link.user_id)
    form = NewPasswordForm()
    if user is not None and form.validate_on_submit() and _password_taken(form, user):
        _use(link, form.password.data)
        return redirect("/my-work", 303)
    return page("accounts/reset.html", form=form, status=422 if form.is_submitted() else 200)


def _use(link: PasswordLink, password: str, first_name: str = "", last_name: str = "") -> None:
    with transaction(hold=(link,)):
        user = operations.use_link(link, password, first_name=first_name, last_name=last_name)
        operations.signed_in(user, password, browser=_browser(), new_device=None)


def _password_taken(form: Any, user: User) -> bool:
    about = (user.first_name, user.last_name, user.email.split("@")[0], "psg", "problem", "solving", "cambridge")
    wrong = passwords.problem(form.password.data, about=about)
    if wrong:
        form.put_error("password", wrong)
    return wrong is None


@bp.route("/settings", methods=["GET", "POST"])
@signed_in
def own_settings() -> Answer:
    """Name, weekday e-mail, password and open sessions."""
    user = _own_account()
    form = SettingsForm(
        first_name=user.first_name, last_name=user.last_name, digest="off" if user.digest_muted else "on"
    )
    if form.validate_on_submit():
        with transaction(hold=(user,)):
            operations.change_settings(
                user,
                first_name=form.first_name.data,
                last_name=form.last_name.data,
                digest_muted=form.digest.data == "off",
                by=viewer(),
            )
        flash("Settings saved.")
        return redirect(url_for(".own_settings"), 303)
    return page(
        "accounts/settings.html",
        form=form,
        user=user,
        own_sessions=sessions.own(user.id),
        this_session=sessions.current(),
        status=422 if form.is_submitted() else 200,
    )


@bp.route("/settings/password", methods=["GET", "POST"])
@signed_in
def password() -> Answer:
    """Change one's own password."""
    user = _own_account()
    form = ChangePasswordForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        # Whoever finds a browser left open must not be able to try passwords here as often as they like.
        at = throttle.source(f"password {user.id}", request.remote_addr or "", None)
        reading_done()
        if wait := throttle.seconds_to_wait(at):
            until = clock.local(clock.now() + timedelta(seconds=wait))
            form.put_error("current", f"Too many tries. Try again at {time_of_day(until)}")
            status = 429
        elif not passwords.matches(user.password_hash, form.current.data):
            with transaction():
                throttle.failed(at)
                audit.security(Event.SIGN_IN_FAILED, user_id=user.id, why="password at its change")
            form.put_error("current", "Present password is not right")
        elif _password_taken(form, user):
            with transaction(hold=(user,)):
                throttle.succeeded(at)
                operations.change_password(user, form.password.data, by=viewer())
            flash("Password changed. Other browsers were signed out.")
            return redirect(url_for(".own_settings"), 303)
    return page("accounts/password.html", form=form, status=status)


@bp.route("/settings/sessions/end", methods=["POST"])
@signed_in
def end_sessions() -> Answer:
    """Sign out every other browser."""
    now = sessions.current()
    with transaction():
        sessions.end_all(viewer().user_id, but=now.id_hash if now is not None else None)
        audit.security(Event.SESSIONS_ENDED, user_id=viewer().user_id)
    flash("Every other browser was signed out.")
    return redirect(url_for(".own_settings"), 303)


@bp.route("/kept", methods=["GET"])
@signed_in
def kept_text() -> Answer:
    """What was typed when the session timed out: in its own form, or as plain words where that form is gone."""
    post = kept.newest(viewer().user_id)
    if post is None:
        return redirect("/my-work")
    if not request.args.get("words"):
        return redirect(kept.address(post), 303)
    until = post.kept_at + kept.LASTS
    return page("accounts/kept.html", post=post, until=until, answers=kept.answers(post))


@bp.after_app_request
def _after_kept(response: Response) -> Response:
    """Drop a late post once its form was sent again and taken; show its words where its form is no longer shown."""
    if request.method == "POST" and response.status_code == 303 and (sent := kept_id_sent()):
        person = current_user.user_id if current_user.is_authenticated else None
        post = kept.reading(person, uuid.UUID(sent)) if person is not None else None
        if post is not None:
            with transaction():
                kept.forget(post)
    opened = request.method == "GET" and request.args.get(ARGUMENT) and response.status_code in (200, 403, 404)
    if opened and not was_shown() and kept.for_this_page() is not None:
        reading_done()
        return current_app.make_response(redirect(url_for("accounts.kept_text", words=1), 303))
    return response


@bp.route("/kept/forget", methods=["POST"])
@signed_in
def forget_kept() -> Answer:
    """Drop the kept text."""
    with transaction():
        post = kept.newest(viewer().user_id)
        if post is not None:
            kept.forget(post)
    return redirect("/my-work", 303)


def ask_to_sign_in() -> Answer:
    """Flask-Login's answer to somebody who is not signed in: keep what they sent, remember where they were going."""
    session["timed_out"] = g.get("lapsed_session") is not None
    if request.method == "POST":
        session["kept"] = kept.keep_this_post()
    elif path := _safe_path(request.full_path.rstrip("?")):
        session["next"] = path
    return redirect(url_for("accounts.sign_in"), 303)


def _own_account() -> User:
    user = db.session.get(User, viewer().user_id)
    if user is None:
        abort(404)
    return user


def _safe_path(path: object) -> str | None:
    """A path of this site, never another one: one slash, then neither slash nor backslash, no control characters."""
    if not isinstance(path, str) or not path.startswith("/") or path[1:2] in ("/", "\\") or len(path) > 500:
        return None
    return path if path.isprintable() and "\\" not in path else None


def _known_device(email: str) -> bytes | None:
    token = request.cookies.get(sessions.DEVICE_COOKIE, "")
    if not token:
        return None
    id_hash = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    known = db.session.scalar(
        select(KnownDevice.id_hash)
        .join(User, User.id == KnownDevice.user_id)
        .where(KnownDevice.id_hash == id_hash, User.email == email.strip().lower())
    )
    return known[:16] if known else None


def _browser() -> str:
    """The browser in two words, from what it says of itself."""
    agent = request.user_agent.string
    name = next((n for n in ("Edg", "Firefox", "Chrome", "Safari") if n in agent), "a browser").replace("Edg", "Edge")
    system = next((s for s in ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux") if s in agent), "")
    return f"{name} on {system}" if system else name
