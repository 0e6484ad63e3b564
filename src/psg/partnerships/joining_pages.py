"""Accepting a place in a partnership with an account that one has already."""

import uuid

from flask import abort
from werkzeug.wrappers import Response as Answer

from psg import audit
from psg.access import page, signed_in, viewer
from psg.partnerships import places
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import ConfirmForm
from psg.partnerships.people import waiting_for
from psg.partnerships.saving import save, status_of


@bp.route("/joining/<uuid:membership_id>", methods=["GET", "POST"])
@signed_in
def join(membership_id: uuid.UUID) -> Answer:
    """One's own invitation to a further partnership: nothing of that partnership is open before it is accepted."""
    offered = next((one for one in waiting_for(viewer().user_id) if one.member.id == membership_id), None)
    if offered is None:
        audit.refused(None, by=viewer(), why="partnerships.join")
        abort(404)
    form = ConfirmForm(version=offered.member.version)

    def change() -> None:
        places.accept(offered.member, by=viewer())

    done = f"Accepted. You now work with {offered.partnership}."
    if answer := save(form, change, to="/my-work", done=done, hold=(offered.member,)):
        return answer
    return page("partnerships/join.html", form=form, offered=offered, status=status_of(form))
