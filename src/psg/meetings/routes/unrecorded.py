"""Keeping what is typed on an item's page at the meeting, before it is recorded."""

from flask import Response, request

from psg.access import Permission, requires, viewer
from psg.cases.drafting import sent_having_seen
from psg.cases.routes.shared import keep_draft, keep_refused
from psg.cases.rules import CaseState
from psg.meetings import queries
from psg.meetings.drafting import page_of
from psg.meetings.loaders import Found, find_found
from psg.meetings.models import Meeting
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address
from psg.web.kept import drafts_of

_WRITTEN = ("text", "decision", "agreed", "changed_for_person", "what_1", "what_2", "what_3")
"""Answers that somebody has to begin with; the others are filled in beforehand."""


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/run/<uuid:item_id>/keep", methods=["POST"])
@requires(Permission.MEETING_RUN, meeting=queries.find, found=find_found)
@drafts_of("meetings.run_item")
def keep_item(meeting: Meeting, found: Found) -> Response:
    """Keep what is being written on an item, as its page asks every few seconds."""
    if not _may_keep(found):
        return Response(status=409)
    back = address("run_item", meeting, item_id=found.item.id)
    return keep_draft(
        page_of(found, viewer()), sent_having_seen(request.form.get("version")), back=back, empty=not _written()
    )


def keep_unrecorded(found: Found, seen: int | None) -> None:
    """Keep what was sent and not recorded, whatever refused it. seen: the version that the page now shows."""
    if _written():
        keep_refused(page_of(found, viewer()), lambda: _may_keep(found), sent_having_seen(seen))


def _may_keep(found: Found) -> bool:
    return found.case is None or found.case.state is not CaseState.ERASED


def _written() -> bool:
    return any(request.form.get(name, "").strip() for name in _WRITTEN)
