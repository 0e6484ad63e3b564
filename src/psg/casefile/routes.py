"""The case page, its timeline, people and places, meetings, sharing, and the pages made for paper."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from psg import clock
from psg.access import Permission, can, page, requires, standing, viewer
from psg.actions.models import Action
from psg.audit import Event
from psg.casefile import copying, timeline
from psg.casefile.gathering import CaseFile, gather, last_look, worth_noting
from psg.casefile.looked import looks
from psg.casefile.noting import note_form
from psg.casefile.sharing import guests_of, who_sees
from psg.casefile.timeline import Entry
from psg.cases import aftercare, contents, happened, operations, queries
from psg.cases.addresses import case_url
from psg.cases.forms.referral import when_of_stored
from psg.cases.models import Case
from psg.cases.rules import CaseState, Move, in_correction_window, may
from psg.cases.tabs import case_counts
from psg.cases.values import codes
from psg.db import transaction
from psg.meetings import queries as meetings
from psg.partnerships import queries as partnerships
from psg.web.stencil import Stencil
from psg.web.words import days_overdue, marks, short_date

bp = Blueprint("casefile", __name__)


def _show(template: str, case: Case, *, event: Event = Event.CASE_LOOKED_AT, **context: Any) -> Response:
    answers = case.referral or {} if case.state is not CaseState.ERASED else {}
    erased = case.state is CaseState.ERASED
    may_write = can(Permission.CASE_WRITE, case) and may(Move.WRITE, case.state)
    return page(
        template,
        event=event,
        record=case,
        case=case,
        case_title="Erased" if erased else (case.title or "No title yet"),
        erased=erased,
        marking=standing().marking,
        here=standing(),
        me=viewer(),
        directory=partnerships.directory(case.partnership_id),
        labels=partnerships.labels(case.partnership_id),
        case_url=case_url,
        codes=codes,
        answers=answers,
        since=when_of_stored(answers.get("since")),
        last_time=when_of_stored(answers.get("last_time")),
        today=clock.today(),
        now=clock.now(),
        may_write=may_write,
        may_correct=lambda entry: entry.is_note and may_write,
        in_window=in_correction_window,
        **context,
    )


_ACTION = Stencil("casefile/rows.html", "action", ("id", "href", "what", "owner", "due", "late"))
_NO_ACTION = uuid.UUID(int=0)
_LATE = Stencil("casefile/rows.html", "late", ("words",))


def action_rows(found: Sequence[Action]) -> Markup:
    """The rows of the table of open actions."""
    names, today = partnerships.directory(standing().partnership_id), clock.today()
    before, after = url_for("actions.show", partnership=standing().slug, action_id=_NO_ACTION).split(str(_NO_ACTION))
    late = _LATE.filler()
    return _ACTION.rows(
        (
            str(action.id),
            f"{before}{action.id}{after}",
            marks(action.what),
            (f"{names.user(action.owner_id)}, " if action.owner_id else "") + names.agency(action.owner_agency_id),
            short_date(action.due_on),
            late(days_overdue(action.due_on)) if action.due_on < today else "",
        )
        for action in found
    )


def _names(case: Case) -> tuple[Any, Any, dict[str, str]]:
    """Directory, labels, and icons of the kinds of note."""
    icons = {term.code: term.icon for term in partnerships.terms(case.partnership_id, "event-kinds")}
    return partnerships.directory(case.partnership_id), partnerships.labels(case.partnership_id), icons


def _entries(case: Case, file: CaseFile) -> list[Entry]:
    names, labels, icons = _names(case)
    return timeline.entries(file.events.shown, names, labels, icons)


@bp.route("/<partnership>/cases/<reference>")
@requires(Permission.CASE_READ, case=queries.find)
def show(case: Case) -> Response:
    """The whole case at a glance."""
    file = gather(case)
    context: dict[str, Any] = {"file": file, "latest": _entries(case, file), "note_form": None, "check_on": None}
    if case.state is CaseState.CLOSED:
        context["check_on"], context["wants_reopening"] = aftercare.due(case), aftercare.wants_reopening(case)
    context["copied"] = "" if case.state is CaseState.ERASED else _to_copy(case, file)
    context["action_rows"] = action_rows
    if can(Permission.CASE_WRITE, case) and case.state is CaseState.OPEN:
        context["note_form"], context["note_fields"] = note_form(case)
    if worth_noting(case):
        # With the audit's own row in one write; the page is shown only after both are committed.
        with transaction():
            operations.seen(case, by=viewer())
    return _show("casefile/show.html", case, **context)


def _to_copy(case: Case, file: CaseFile) -> str:
    names = partnerships.directory(case.partnership_id)
    return copying.for_own_system(case, file.small.decisions, file.appearances, names.group_name(case.group_id))


@bp.route("/<partnership>/cases/<reference>/timeline", endpoint="timeline")
@requires(Permission.CASE_READ, case=queries.find)
def whole_timeline(case: Case) -> Response:
    """Everything that happened, by month; filtered by kind and agency."""
    oldest_first = request.args.get("order") == "oldest"
    names, labels, icons = _names(case)
    found: list[Entry] = []
    if case.state is not CaseState.ERASED:
        events = happened.events_of(case, corrections=True)
        found = timeline.entries(events.shown, names, labels, icons)
        found += timeline.decided(case, contents.small_parts_of(case).decisions, names, labels)
    kinds = sorted({(entry.kind, entry.title if entry.is_note else "Decisions") for entry in found}, key=lambda k: k[1])
    kinds = list({kind: (kind, words) for kind, words in kinds}.values())
    agencies = sorted({(str(entry.agency_id), entry.agency) for entry in found if entry.agency_id}, key=lambda a: a[1])
    kind, agency, new = request.args.get("kind", ""), request.args.get("agency", ""), request.args.get("new") == "1"
    since = last_look(case) if new else None
    shown = timeline.kept(found, lambda entry: _wanted(entry, kind, agency) and (not since or entry.entered_at > since))
    return _show(
        "casefile/timeline.html",
        case,
        months=timeline.by_month(shown, oldest_first=oldest_first),
        shown=len(shown),
        total=len(found),
        kinds=_options(kinds, kind, "Every kind"),
        agencies=_options(agencies, agency, "Every agency"),
        kind=kind,
        agency=agency,
        new=new,
        oldest_first=oldest_first,
        counts=case_counts(case),
    )


def _options(pairs: list[tuple[str, str]], chosen: str, every: str) -> list[dict[str, Any]]:
    found = [{"value": value, "text": words, "selected": value == chosen} for value, words in pairs]
    return [{"value": "", "text": every}, *found]


def _wanted(entry: Entry, kind: str, agency: str) -> bool:
    return (not kind or entry.kind == kind) and (not agency or str(entry.agency_id) == agency)


@bp.route("/<partnership>/cases/<reference>/people")
@requires(Permission.CASE_READ, case=queries.find)
def people(case: Case) -> Response:
    """People, places and agencies' own numbers."""
    gone = case.state is CaseState.ERASED
    return _show(
        "casefile/people.html",
        case,
        event=Event.PERSON_LOOKED_AT,
        people=[] if gone else contents.people_of(case),
        small=contents.SmallParts() if gone else contents.small_parts_of(case),
        counts=case_counts(case),
    )


@bp.route("/<partnership>/cases/<reference>/meetings", endpoint="meetings")
@requires(Permission.CASE_READ, case=queries.find)
def of_meetings(case: Case) -> Response:
    """What meetings said about the case."""
    appearances = [] if case.state is CaseState.ERASED else meetings.of_case(case)
    return _show("casefile/meetings.html", case, appearances=appearances, counts=case_counts(case))


@bp.route("/<partnership>/cases/<reference>/sharing")
@requires(Permission.CASE_READ, case=queries.find)
def sharing(case: Case) -> Response:
    """Who can see the case, by what right and for what purpose it is shared, how it is handled."""
    names = partnerships.directory(case.partnership_id)
    return _show(
        "casefile/sharing.html",
        case,
        readers=who_sees(case, names, standing()),
        guests=guests_of(case, names, standing()),
        counts=case_counts(case),
    )


@bp.route("/<partnership>/cases/<reference>/looked")
@requires(Permission.CASE_LOOKED, case=queries.find)
def looked(case: Case) -> Response:
    """Who has been shown the case. Looking here is itself recorded."""
    shown, following = looks(case, partnerships.directory(case.partnership_id), request.args.get("at"))
    return _show(
        "casefile/looked.html",
        case,
        event=Event.WHO_LOOKED_READ,
        shown=shown,
        older=case_url(case, "casefile.looked", at=following) if following else "",
        first_page=not request.args.get("at"),
        counts=case_counts(case),
    )


@bp.route("/<partnership>/cases/<reference>/print")
@requires(Permission.CASE_READ, case=queries.find)
def print_case(case: Case) -> Response:
    """Choose what to print; then a page made for paper, audited as a print."""
    what = request.args.get("what", "")
    if what not in ("page", "whole"):
        return _show("casefile/print_choice.html", case, counts=case_counts(case))
    file = gather(case, events=None if what == "whole" else 5, corrections=what == "whole")
    names, labels, _ = _names(case)
    found = _entries(case, file)
    if what == "whole":
        found += timeline.decided(case, file.small.decisions, names, labels)
    return _show(
        "casefile/print.html",
        case,
        event=Event.CASE_PRINTED,
        file=file,
        whole=what == "whole",
        months=timeline.by_month(found, oldest_first=True),
        back_href=case_url(case, "casefile.print_case"),
        readers=who_sees(case, names, standing()) if what == "whole" else [],
    )
