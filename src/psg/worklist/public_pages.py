"""Pages open to everybody: accessibility, privacy, help, version."""

from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from psg import __version__, reference
from psg.access import page, public
from psg.worklist.blueprint import bp


@bp.route("/accessibility")
@public
def accessibility() -> Answer:
    """The accessibility statement."""
    return _page("pages/accessibility.html")


@bp.route("/privacy")
@public
def privacy() -> Answer:
    """What PSG keeps about the people who use it, and about others."""
    return _page("pages/privacy.html")


@bp.route("/help")
@public
def help_page() -> Answer:
    """Keys, words, how the agenda is made, how a score becomes a band."""
    schemes = [reference.load(name) for name in ("risk-victim", "risk-place")]
    clocks = reference.load("reminder-defaults")["entries"]
    return _page("pages/help.html", schemes=schemes, clocks=clocks)


@bp.route("/version")
@public
def version() -> Answer:
    """Which version runs."""
    return _page("pages/version.html", version=__version__)


def _page(template: str, **context: object) -> Answer:
    layout = "layouts/page.html" if current_user.is_authenticated else "layouts/plain.html"
    return page(template, layout=layout, **context)  # type: ignore[arg-type]
