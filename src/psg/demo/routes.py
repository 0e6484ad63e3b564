"""Pages of the demonstration. They answer only where the database says that it is the demonstration's."""

import uuid

from flask import Blueprint, Response, abort, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from psg.access import page, public
from psg.db import db
from psg.demo import cast, digests, mailbox
from psg.partnerships.models import Installation
from psg.settings import current
from psg.web.forms import Form
from psg.web.words import plural

bp = Blueprint("demo", __name__, url_prefix="/demo")


@bp.before_app_request
def _say_who_can_sign_in() -> None:
    if request.endpoint == "accounts.sign_in" and _is_demonstration():
        g.demo_people, g.demo_begin = cast.people(), " ".join(cast.BEGIN)
        g.demo_groups = cast.by_partnership()
        g.demo_chosen = request.args.get("person", "")


@bp.before_request
def _only_here() -> None:
    if not _is_demonstration():
        abort(404)


def _is_demonstration() -> bool:
    installation = db.session.get(Installation, 1)
    return current().demo and installation is not None and installation.kind == "demo"


@bp.route("/mail")
@public
def mail() -> Response:
    """Every mail, newest first."""
    found = mailbox.received(mailbox.folder_of(current().mail_url))
    last = max(1, -(-len(found) // mailbox.PAGE))
    number = min(max(1, request.args.get("page", 1, int)), last)
    shown = found[(number - 1) * mailbox.PAGE : number * mailbox.PAGE]
    names = {person["email"]: person["name"] for person in cast.people()}
    return page("demo/mail.html", mails=shown, count=len(found), number=number, last=last, names=names)


@bp.route("/mail/<uuid:mail_id>")
@public
def one_mail(mail_id: uuid.UUID) -> Response:
    """One mail, headers and text."""
    opened = mailbox.opened(mailbox.folder_of(current().mail_url), mail_id)
    if opened is None:
        abort(404)
    return page("demo/one_mail.html", mail=opened)


@bp.route("/mail/digest", methods=["POST"])
@public
def send_digest() -> Answer:
    """Make this morning's digest for everybody, now."""
    if not Form().validate_on_submit():
        abort(400)
    sent = digests.send_now()
    flash(f"The digest was sent to {plural(sent, 'person', 'people')}." if sent else "Nothing is due for anybody.")
    return redirect(url_for(".mail"), 303)
