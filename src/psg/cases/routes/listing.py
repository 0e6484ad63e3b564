"""The list of cases, and pairs of cases that may be the same."""

import uuid
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import Response, flash, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from psg import clock
from psg.access import Permission, can, requires, standing, viewer
from psg.audit import Event
from psg.cases import listing, operations, queries
from psg.cases.bands import words_of_bands
from psg.cases.listing import Filters, Row, Shown, Sort
from psg.cases.models import PossibleDuplicate
from psg.cases.routes.around import Around
from psg.cases.routes.shared import bp, carry_out, directory, labels, show
from psg.cases.rules import CaseState, SubjectKind, Tone
from psg.partnerships import queries as partnerships
from psg.partnerships.queries import AgencyPlace, Directory, GroupPlace
from psg.web.forms import Form
from psg.web.stencil import Stencil, drawn
from psg.web.words import days_overdue, marks, short_date

Word = TypeVar("Word", bound=StrEnum)


@bp.route("/<partnership>/cases")
@requires(Permission.CASE_LIST)
def index() -> Response:
    """The cases that one may see, filtered and sorted; one audit row names those shown."""
    filters = _filters()
    found = listing.list_cases(viewer(), standing(), filters, request.args.get("after"))
    rows, around = found.page.rows, _around(filters)
    return show(
        "cases/index.html",
        None,
        event=Event.CASES_LISTED,
        ids=[row.id for row in rows],
        found=found,
        above=around.above(found.words),
        table=around.table(_body(rows, drafts=filters.shown is Shown.MINE)) if rows else "",
        filters=filters,
        chips=around.chips,
        address=around.address,
    )


def _around(filters: Filters) -> Around:
    place, names = standing(), directory()
    return Around(
        slug=place.slug,
        may_log=can(Permission.CASE_LOG),
        may_settle=can(Permission.DUPLICATE_SETTLE),
        filters=filters,
        agencies=names.agency_names,
        groups=names.group_names,
        themes=partnerships.term_names(place.partnership_id, "themes"),
        theme=labels()["themes", filters.theme] if filters.theme else "",
        bands=tuple(words_of_bands().items()),
    )


_ABOUT = {SubjectKind.PERSON: "People", SubjectKind.PLACE: "A place", SubjectKind.BOTH: "People and a place", None: ""}
_ROW = Stencil(
    "cases/rows.html",
    "row",
    (
        "href",
        "reference",
        "title",
        "tag",
        "now",
        "about",
        "band",
        "score",
        "lead",
        "open",
        "overdue",
        "review",
        "late",
        "activity",
    ),
)
_NOW, _SCORE, _LATE = (Stencil("cases/rows.html", part, ("words",)) for part in ("now", "score", "late"))
_RECORDS = "components/records.html"


def _body(rows: Sequence[Row], *, drafts: bool) -> Markup:
    """The rows of the table. The list is the page people open most, so its rows are drawn by stencil."""
    names, today, still_open = directory(), clock.today(), CaseState.OPEN
    address = url_for("cases.go_on" if drafts else "casefile.show", partnership=standing().slug, reference="REFERENCE")
    before, after = address.split("REFERENCE")
    now, score, late = _NOW.filler(), _SCORE.filler(), _LATE.filler()
    # What repeats from row to row is put into words once. Numbers stand for ids: they compare fastest.
    leads: dict[tuple[int, int], Markup] = {}
    bands: dict[tuple[str, Tone], Markup] = {}
    reviews: dict[tuple[date | None, CaseState], tuple[str, str]] = {}
    lines = []
    for row in rows:
        agency, officer = row.lead_agency_id, row.lead_officer_id
        lead = (agency.int if agency else 0, officer.int if officer else 0)
        if lead not in leads:
            leads[lead] = escape(_lead(names, agency, officer))
        band = (row.band, row.tone)
        if band not in bands:
            bands[band] = drawn(_RECORDS, "band", row.band or "Not assessed", row.tone.value)
        review = (row.review_on, row.state)
        if review not in reviews:
            overdue = row.review_on is not None and row.review_on < today and row.state is still_open
            shown = short_date(row.review_on) if row.state is still_open else ""
            reviews[review] = (shown, late(days_overdue(row.review_on)) if overdue else "")
        lines.append(
            (
                before + row.reference + after,
                row.reference,
                marks(row.title),
                _tag(row),
                now(marks(row.now)) if row.now else "",
                _ABOUT[row.subject_kind],
                bands[band],
                score(row.summary) if row.summary else "",
                leads[lead],
                row.actions.open,
                late(f"{row.actions.overdue} overdue") if row.actions.overdue else "",
                *reviews[review],
                short_date(row.last_activity_at),
            )
        )
    return _ROW.rows(lines)


def _lead(names: Directory, agency_id: uuid.UUID | None, officer_id: uuid.UUID | None) -> str:
    if agency_id is None:
        return "Nobody yet"
    return f"{names.agency(agency_id)}, {names.user(officer_id)}" if officer_id else names.agency(agency_id)


def _tag(row: Row) -> str:
    if row.closure_proposed:
        return " " + drawn(_RECORDS, "tag", "Closure proposed", "amber")
    return " " + drawn(_RECORDS, "tag", "New referral", "blue") if row.state is CaseState.SENT else ""


def _filters() -> Filters:
    """From the address; whatever is not one of our values counts as not given."""
    if not request.args:
        return Filters()
    theme = request.args.get("theme", "")
    return Filters(
        shown=_word(Shown, "state") or Shown.OPEN,
        sort=_word(Sort, "sort") or Sort.REVIEW,
        agency_id=standing().agency_id if request.args.get("agency") == "mine" else _id("agency", directory().agencies),
        tone=_word(Tone, "band"),
        overdue=request.args.get("review") == "overdue",
        theme=theme if ("themes", theme) in labels() else "",
        group_id=_id("group", directory().groups),
    )


def _word(kind: type[Word], name: str) -> Word | None:
    given = request.args.get(name, "")
    return kind(given) if given in kind.__members__.values() else None


def _id(name: str, known: Sequence[AgencyPlace | GroupPlace]) -> uuid.UUID | None:
    given = request.args.get(name, "")
    return next((one.id for one in known if str(one.id) == given), None) if given else None


@bp.route("/<partnership>/duplicates")
@requires(Permission.DUPLICATE_SETTLE)
def duplicates() -> Response:
    """Pairs of cases that may be about the same person or place, for the coordinator."""
    pairs = queries.open_duplicates(viewer(), standing())
    shown = [case.id for _, case, other in pairs for case in (case, other)]
    return show("cases/duplicates.html", None, event=Event.DUPLICATES_SHOWN, ids=shown, pairs=pairs, form=None)


@bp.route("/<partnership>/duplicates/<uuid:pair_id>", methods=["GET", "POST"])
@requires(Permission.DUPLICATE_SETTLE, pair=queries.find_duplicate)
def settle_duplicate(pair: PossibleDuplicate) -> AnyResponse:
    """Say whether two cases are about the same person or place."""
    form = Form()
    same = request.form.get("same")
    if form.validate_on_submit() and same in ("yes", "no"):
        address = url_for("cases.duplicates", partnership=standing().slug)

        def settle() -> str:
            operations.settle_duplicate(pair, same=same == "yes", by=viewer())
            return address

        if (done := carry_out(form, settle, hold=(pair,))) is not None:
            flash("Noted. The two cases stay as they are.")
            return done
    pairs = [row for row in queries.open_duplicates(viewer(), standing()) if row[0].id == pair.id]
    shown = [case.id for _, case, other in pairs for case in (case, other)]
    event = Event.DUPLICATES_SHOWN
    return show("cases/duplicate.html", None, event=event, ids=shown, pairs=pairs, form=form)
