"""Finding: a case by its reference, and a person or an address among the cases one may see."""

from dataclasses import dataclass

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from psg import text
from psg.access import Permission, page, requires, signed_in, standing, viewer
from psg.audit import Event
from psg.cases import matching
from psg.cases.forms import FindPersonForm
from psg.cases.matching import Match
from psg.cases.routes.shared import bp, show
from psg.ids import normalise_reference

LONGEST = 40


@dataclass(frozen=True)
class Searched:
    """What was asked for in the header, and what is wrong with it."""

    typed: str
    problem: str


@bp.route("/find", methods=["GET", "POST"])
@signed_in
def find() -> AnyResponse:
    """Go straight to a case by its reference, in any spelling. Whether it exists is for the case page to say.

    The header posts what was typed: people type names there, and a name has no business in an address.
    """
    typed = request.values.get("reference", "")
    printed = normalise_reference(typed) if len(typed) <= LONGEST else None
    if printed is None:
        problem = "Case reference does not add up. Check each part" if typed.strip() else "Enter a case reference"
        if request.method == "GET" and "reference" not in request.args:
            problem = ""
        places = [place for place in viewer().standings.values() if place.works_cases and place.agreement_signed]
        return page(
            "cases/find.html",
            status=422 if problem else 200,
            searched=Searched(text.showable(typed), problem),
            places=places,
        )
    prefix = printed.split("-", 1)[0]
    place = next((place for place in viewer().standings.values() if place.prefix == prefix), None)
    if place is None:
        abort(404)
    return redirect(url_for("casefile.show", partnership=place.slug, reference=printed), 303)


@bp.route("/<partnership>/cases/find-person", methods=["GET", "POST"])
@requires(Permission.MATCH_FIND)
def find_person() -> Response:
    """Find a person or an address by exact details: sent by POST, shown from cases one may see only, audited."""
    form = FindPersonForm()
    matches: list[Match] | None = None
    if form.validate_on_submit():
        matches = matching.visible_matches(viewer(), standing(), form.terms())
    shown = [match.case.id for match in matches or ()]
    return show("cases/find_person.html", None, event=Event.PERSON_FOUND, ids=shown, form=form, matches=matches)
