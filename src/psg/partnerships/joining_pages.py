"""Accepting a place in a partnership with an account that one has already."""

from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, viewer
from psg.partnerships import people, places
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import ConfirmForm
from psg.partnerships.saving import save, status_of


@bp.route("/joining/<uuid:membership_id>", methods=["GET", "POST"])
@requires(Permission.PLACE_ACCEPT, offered=people.find_offered)
def join(offered: people.Waiting) -> Answer:
    """One's own invitation to a further partnership: nothing of that partnership is open before it is accepted."""
    form = ConfirmForm(version=offered.member.version)

    def change() -> None:
        places.accept(offered.member, by=viewer())

    done = f"Accepted. You now work with {offered.partnership}."
    if answer := save(form, change, to="/my-work", done=done, hold=(offered.member,)):
        return answer
    return page("partnerships/join.html", form=form, offered=offered, status=status_of(form))
