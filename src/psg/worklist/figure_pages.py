"""The partnership's figures."""

from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, standing
from psg.audit.events import Event
from psg.worklist.blueprint import bp
from psg.worklist.figures import report


@bp.route("/<partnership>/figures")
@requires(Permission.FIGURES_READ)
def figures() -> Answer:
    """Counts by month and group; small ones are not shown, nor what they could be worked out from."""
    place = standing()
    return page("worklist/figures.html", event=Event.FIGURES_LOOKED_AT, place=place, report=report(place))
