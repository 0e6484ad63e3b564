"""Lists of actions: mine, my agency's, all; the chase list; and what the lead of an agency sees.

The gate asks one question about one record, and a list is about many: so a list is guarded by `action:list`, and every
action that is ticked or pressed in it is asked about `action:update` by itself, under the same table of rules, before
anything is changed. An action that one may not change is refused like one that does not exist, and leaves a row in the
audit. A rule for the list as a whole could only be wider than that.
"""

import uuid
from contextlib import suppress
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import Permission, can, requires, standing, viewer
from psg.actions import checks, operations, queries
from psg.actions.forms import RemindForm
from psg.actions.lists import COUNT_LIMIT, ActionRow, Filters, Standings, Whose, cursor_of
from psg.actions.operations import Chased
from psg.actions.routes.shared import bp, carry_out, directory, show
from psg.actions.rules import name_of, sentence_start
from psg.audit.events import Event
from psg.web.words import join_and, plural, time_of_day

TITLES = {Whose.MINE: "Mine", Whose.AGENCY: "My agency", Whose.ALL: "All"}
STATUS_WORDS = {Standings.OPEN: "Open", Standings.OVERDUE: "Overdue", Standings.ENDED: "Ended"}


@bp.route("/<partnership>/actions", methods=["GET", "POST"])
@requires(Permission.ACTION_LIST)
def listed() -> Answer:
    """Actions of the cases one may see. Ticked ones can be asked after; one press marks one as done."""
    filters = _filters()
    found = queries.list_actions(viewer(), standing(), filters, cursor_of(request.args.get("after")))
    form = RemindForm()
    form.put_rows([row.id for row in found.page.rows])
    if request.method == "POST" and (answer := _posted(form)) is not None:
        return answer
    return show(
        "actions/listed.html",
        event=Event.ACTIONS_LISTED,
        ids=[row.id for row in found.page.rows],
        form=form,
        filters=filters,
        rows=found.page.rows,
        count=_count_words(found.total, filters),
        ticks=_ticks(form),
        met_on=checks.dates(standing().partnership_id, [row.meeting_id for row in found.page.rows]),
        tabs=[
            {"text": title, "href": _here(whose=whose), "current": whose is filters.whose, "count": None}
            for whose, title in TITLES.items()
        ],
        status_options=[
            {"value": status.value, "text": words, "selected": status is filters.status}
            for status, words in STATUS_WORDS.items()
        ],
        agency_options=_agency_options(filters),
        previous=_here(after=found.page.previous) if found.page.previous else "",
        next=_here(after=found.page.next) if found.page.next else "",
    )


@bp.route("/<partnership>/actions/chase", methods=["GET", "POST"])
@requires(Permission.ACTION_LIST)
def chase() -> Answer:
    """What is overdue, by agency, oldest first: to ring round with, or to send reminders from."""
    grouped = queries.chase_list(viewer(), standing())
    rows = [row for agency in grouped.values() for row in agency]
    form = RemindForm()
    form.put_rows([row.id for row in rows])
    if request.method == "POST" and (answer := _posted(form)) is not None:
        return answer
    return show(
        "actions/chase.html",
        event=Event.ACTIONS_LISTED,
        ids=[row.id for row in rows],
        form=form,
        groups=_by_agency(grouped),
        total=len(rows),
        ticks=_ticks(form),
    )


@bp.route("/<partnership>/actions/chase/print")
@requires(Permission.ACTION_LIST)
def chase_print() -> Response:
    """The chase list on paper."""
    grouped = queries.chase_list(viewer(), standing())
    return show(
        "actions/chase_print.html",
        event=Event.ACTIONS_PRINTED,
        ids=[row.id for agency in grouped.values() for row in agency],
        groups=_by_agency(grouped),
        today=clock.today(),
        back_href=url_for("actions.chase", partnership=standing().slug),
    )


@bp.route("/<partnership>/agency-actions")
@requires(Permission.AGENCY_ACTIONS)
def agency_actions() -> Response:
    """For the lead of an agency: references, dates and owners of its open actions, without their text."""
    lines = queries.agency_counts(viewer(), standing())
    return show(
        "actions/agency.html",
        event=Event.ACTIONS_LISTED,
        ids=[line.id for line in lines],
        lines=lines,
        overdue=sum(line.overdue for line in lines),
        agency=directory().agency_name(standing().agency_id),
    )


def _filters() -> Filters:
    agency_id = None
    with suppress(ValueError):  # no agency was chosen, or the address was cut short: all of them
        agency_id = uuid.UUID(request.args.get("agency", ""))
    whose, status = request.args.get("whose", ""), request.args.get("status", "")
    return Filters(
        Whose(whose) if whose in list(Whose) else Whose.MINE,
        Standings(status) if status in list(Standings) else Standings.OPEN,
        agency_id,
    )


def _here(**changes: Any) -> str:
    """This list with some of its settings changed, from its first page on."""
    kept = {name: request.args[name] for name in ("whose", "status", "agency") if request.args.get(name)}
    values: dict[str, Any] = kept | {name: str(value) for name, value in changes.items()}
    return url_for("actions.listed", partnership=standing().slug, **values)


def _agency_options(filters: Filters) -> list[dict[str, Any]]:
    options = [{"value": "", "text": "All agencies", "selected": filters.agency_id is None}]
    options += [
        {"value": str(agency.id), "text": agency.short_name, "selected": agency.id == filters.agency_id}
        for agency in directory().agencies
    ]
    return options


def _count_words(total: int, filters: Filters) -> str:
    words = STATUS_WORDS[filters.status].lower()
    if total > COUNT_LIMIT:
        return f"More than {COUNT_LIMIT:,} {words} actions"
    return plural(total, f"{words} action")


def _by_agency(grouped: dict[uuid.UUID, list[ActionRow]]) -> list[tuple[str, list[ActionRow]]]:
    """Agencies in the order of their oldest action."""
    names = directory()
    return [(names.agency_name(agency_id), rows) for agency_id, rows in grouped.items()]


def _ticks(form: RemindForm) -> dict[str, dict[str, Any]]:
    """For each action its checkbox: id and whether it is ticked."""
    return {item["value"]: item for item in form.chosen.items()}


def _posted(form: RemindForm) -> Answer | None:
    """Carry out what was pressed; None when the form is to be shown again."""
    if "done" in request.form:
        return _press_done(request.form["done"])
    return _remind(form) if form.validate() else None


def _press_done(sent: str) -> Answer:
    form = RemindForm()
    try:
        wanted = uuid.UUID(sent)
    except ValueError:
        abort(404)
    found = queries.visible_by_id(viewer(), standing(), [wanted])
    if not found or not can(Permission.ACTION_UPDATE, found[0][0]):
        audit.refused(Permission.ACTION_UPDATE, by=viewer(), partnership_id=standing().partnership_id, why="done")
        abort(404)
    action, case = found[0]

    def change() -> str:
        operations.mark_done(action, by=viewer())
        path = url_for("actions.undo", partnership=standing().slug, action_id=action.id)
        flash(f"{sentence_start(name_of(action.number, case.reference))}: marked as done.", f"undo {path}")
        return _here()

    answer = carry_out(form, change, hold=(case, action))
    if answer is None:
        # Somebody else has ended it meanwhile: its own page says who and how.
        return redirect(url_for("actions.show", partnership=standing().slug, action_id=wanted), 303)
    return answer


def _remind(form: RemindForm) -> Answer | None:
    found = queries.visible_by_id(viewer(), standing(), form.chosen.data)
    if len(found) != len(form.chosen.data) or not all(can(Permission.ACTION_UPDATE, action) for action, _ in found):
        audit.refused(Permission.ACTION_UPDATE, by=viewer(), partnership_id=standing().partnership_id, why="chosen")
        form.put_error("chosen", "You can send a reminder of your agency's actions, and of those of groups you chair")
        return None
    names = {action.id: name_of(action.number, case.reference) for action, case in found}

    def change() -> str:
        for sentence in _told(operations.chase(found, by=viewer()), names):
            flash(sentence)
        return request.full_path.rstrip("?")

    return carry_out(form, change, hold=())


def _told(outcomes: list[Chased], names: dict[uuid.UUID, str]) -> list[str]:
    """Who gets a reminder of what now, and who had one today already."""
    people, sentences = directory(), []
    for outcome in outcomes:
        name = names[outcome.action.id]
        if outcome.told:
            sentences.append(f"{join_and(people.user(user) for user in outcome.told)} will get a reminder of {name}.")
        for user, at in outcome.before.items():
            sentences.append(f"{people.user(user)} had a reminder of {name} today at {time_of_day(at)}.")
        if not outcome.told and not outcome.before:
            sentences.append(f"Nobody could be told of {name}: its agency has no active member here.")
    return sentences
