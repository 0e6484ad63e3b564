"""Building the agenda: order, take-offs, what could be added, preview and publishing."""

import uuid
from typing import Any

from flask import Response, abort, flash, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, page, requires, standing, viewer
from psg.access.policy import permits
from psg.agreements.queries import signed_agencies
from psg.audit import Event
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.db import DomainError
from psg.meetings import operations, owing, queries
from psg.meetings.clocks import cut_offs
from psg.meetings.forms import ActForm, AddForm, AskForm, MoveForm, OffForm, ParkForm, TimeForm
from psg.meetings.live import Workbench, workbench
from psg.meetings.models import Meeting
from psg.meetings.publishing import differences
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, group_of, presenter, save
from psg.meetings.rules import MAY_ARRANGE
from psg.web.fields import Offer, option
from psg.web.forms import Form
from psg.web.words import long_date, plural

SHOWN_ASIDE = 50
"""How many left-off cases are listed; the rest are found by their reference."""


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def build(meeting: Meeting) -> Answer:
    """The agenda as it stands, with the chair's buttons."""
    form = ActForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            done = save(form, meeting, lambda: _act(meeting, request.form.get("do", "")))
            if not isinstance(done, int):
                return done
            status = done
    form.version.data = meeting.version
    return _build_page(meeting, form, status)


def _act(meeting: Meeting, pressed: str) -> str:
    """Do what a button of the agenda says; give the address of the same button, or of the thing that moved."""
    verb, _, rest = pressed.partition(":")
    if verb == "keep":
        operations.arrange(meeting, by=viewer())
        flash("Taken note of. The agenda stays in this order.")
        return address("build", meeting, anchor="agenda")
    try:
        case_id = uuid.UUID(rest)
    except ValueError:
        raise DomainError("Choose one of the buttons on this page.") from None
    if verb in ("up", "down"):
        before, after = operations.move(meeting, case_id, -1 if verb == "up" else 1, by=viewer())
        flash(f"{before} moved to {after}." if before != after else f"{before} stands at the end of its section.")
        return address("build", meeting, anchor=f"{verb}-{case_id}")
    if verb == "on":
        operations.put_on(meeting, case_id, by=viewer())
        flash("Put on at its place by band and review date.")
        return address("build", meeting, anchor=f"item-{case_id}")
    raise DomainError("Choose one of the buttons on this page.")


def _build_page(meeting: Meeting, form: Form, status: int) -> Response:
    bench = workbench(viewer(), standing(), meeting)
    return page(
        "meetings/build.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=_shown_ids(bench),
        status=status,
        form=form,
        differences=differences(bench),
        may_arrange=meeting.state in MAY_ARRANGE,
        shown_aside=SHOWN_ASIDE,
        **_frame(meeting, bench),
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda/preview")
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def preview(meeting: Meeting) -> Response:
    """The agenda as readers would see it."""
    bench = workbench(viewer(), standing(), meeting)
    return page(
        "meetings/preview.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=[line.case_id for line in bench.agenda.lines],
        **_frame(meeting, bench),
    )


@bp.route(
    "/<partnership>/meetings/<uuid:meeting_id>/agenda/<uuid:case_id>/<any(move,time,off,park):what>",
    methods=["GET", "POST"],
)
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def item(meeting: Meeting, case_id: uuid.UUID, what: str) -> Answer:
    """Move a case to a section and position, plan its time, take it off or park it."""
    bench = workbench(viewer(), standing(), meeting)
    line = bench.agenda.line(case_id)
    if line is None and not (what == "park" and case_id in bench.cards):
        abort(404)
    form = _item_form(meeting, bench, case_id, what)
    if form.fresh:
        form.version.data = meeting.version
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        done = save(form, meeting, lambda: _change_item(meeting, case_id, what, form))
        if not isinstance(done, int):
            return done
        status = done
    return page(
        "meetings/item.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=[case_id],
        status=status,
        form=form,
        what=what,
        line=line,
        card=bench.cards[case_id],
        **_frame(meeting, bench),
    )


def _item_form(meeting: Meeting, bench: Workbench, case_id: uuid.UUID, what: str) -> Any:
    line = bench.agenda.line(case_id)
    if what == "time":
        return TimeForm(minutes=line.minutes if line else None)
    if what == "off":
        return OffForm()
    if what == "move":
        here = int(line.number.split(".")[1]) if line else 1
        form = MoveForm(section=line.section.value if line else None, position=here)
        form.section.choices = [
            option(part.slot.section.value, f"{part.number} {part.slot.title}")
            for part in bench.agenda.parts
            if part.holds_cases
        ]
        return form
    form = ParkForm()
    coming = queries.in_groups(
        [group_of(meeting)], since=meeting.held_on, until=clock.today().replace(year=clock.today().year + 2, day=1)
    )
    form.until.offers = [
        Offer(one.held_on, "Meeting") for one in coming if one.held_on > meeting.held_on and one.state in MAY_ARRANGE
    ][:4]
    return form


def _change_item(meeting: Meeting, case_id: uuid.UUID, what: str, form: Any) -> str:
    if what == "move":
        before, after = operations.move_to(meeting, case_id, form.section.data, form.position.data, by=viewer())
        flash(f"{before} moved to {after}.")
    elif what == "time":
        operations.set_minutes(meeting, case_id, form.minutes.data, by=viewer())
        flash(f"Planned for {plural(form.minutes.data, 'minute')}.")
    elif what == "off":
        operations.take_off(meeting, case_id, form.reason.data, by=viewer())
        flash("Taken off. You can put it on again from the list beside the agenda.")
        return address("build", meeting, anchor=f"aside-{case_id}")
    else:
        operations.park(meeting, case_id, form.until.data, by=viewer())
        flash(f"Parked. It comes back at the first meeting on or after {long_date(form.until.data)}.")
        return address("build", meeting, anchor=f"aside-{case_id}")
    return address("build", meeting, anchor=f"move-{case_id}")


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda/add", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def add(meeting: Meeting) -> Answer:
    """Put a case on by its reference, perhaps because an agency asked for it."""
    form = AddForm(reference=request.args.get("reference", "")[:40])
    names = presenter().names
    form.agency.choices = [option(agency.id, agency.name) for agency in names.agencies if agency.active]
    form.agency.coerce = uuid.UUID
    if form.fresh:
        form.version.data = meeting.version
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        found = cases.find(viewer(), standing(), form.reference.data)
        if found is None or not permits(viewer(), Permission.CASE_READ, found.facts()):
            form.put_error("reference", "Case reference does not add up, or it is not one you can see. Check each part")
        else:
            case_id = found.id

            def put_on() -> str:
                operations.put_on(meeting, case_id, by=viewer(), asked_by=form.agency.data or None)
                return address("build", meeting, anchor=f"item-{case_id}")

            done = save(form, meeting, put_on)
            if not isinstance(done, int):
                flash("Put on at its place by band and review date.")
                return done
            status = done
    return page(
        "meetings/add.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        status=status,
        form=form,
        meeting=meeting,
        group=group_of(meeting),
    )


@bp.route("/<partnership>/cases/<reference>/ask-for-meeting", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=cases.find)
def ask(case: Case) -> Answer:
    """Ask for a case to be discussed. The chair decides."""
    group = presenter().names.group(case.group_id)
    if group is None:
        abort(404)
    today = clock.today()
    coming = [
        meeting
        for meeting in queries.in_groups([group], since=today, until=today.replace(year=today.year + 1, day=1))
        if meeting.state in MAY_ARRANGE
    ][:3]
    form = AskForm(meeting=str(coming[0].id) if coming else None)
    form.meeting.choices = [option(meeting.id, long_date(meeting.held_on)) for meeting in coming]
    form.meeting.coerce = uuid.UUID
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        meeting = next(one for one in coming if one.id == form.meeting.data)

        def put() -> str:
            operations.ask_for(meeting, case, standing().agency_id, by=viewer())
            return url_for("casefile.show", partnership=standing().slug, reference=case.reference)

        done = save(form, None, put)
        if not isinstance(done, int):
            flash(f"Asked for. The chair sees it on the agenda of {long_date(meeting.held_on)}.")
            return done
        status = done
    return page(
        "meetings/ask.html",
        event=Event.CASE_LOOKED_AT,
        record=case,
        status=status,
        form=form,
        case=case,
        group=group,
        coming=coming,
        marking=standing().marking,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda/publish", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def publish(meeting: Meeting) -> Answer:
    """Who gets a mail, whose agency will see nothing, what cannot be changed afterwards; then publish."""
    form = ActForm()
    if form.fresh:
        form.version.data = meeting.version
    status: int = 422 if form.is_submitted() else 200
    signed = signed_agencies([meeting.partnership_id]).get(meeting.partnership_id, set())
    if form.validate_on_submit():

        def go() -> str:
            made = operations.publish(meeting, by=viewer())
            flash(_published_words(made.told, signed, meeting))
            return address("show", meeting)

        done = save(form, meeting, go)
        if not isinstance(done, int):
            return done
        status = done
    bench = workbench(viewer(), standing(), meeting)
    differ = differences(bench)
    names = presenter().names
    everybody = owing.audience_among(names, meeting)
    agency_of = {user_id: member.agency_id for user_id in everybody if (member := names.member(user_id))}
    return page(
        "meetings/publish.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=_shown_ids(bench),
        status=status,
        form=form,
        differences=differ,
        everybody=[user_id for user_id in everybody if agency_of.get(user_id) in signed],
        unsigned=sorted(names.agency_name(agency_id) for agency_id in set(agency_of.values()) - signed),
        **_frame(meeting, bench),
    )


def _published_words(told: tuple[uuid.UUID, ...], signed: set[uuid.UUID], meeting: Meeting) -> str:
    names = presenter().names
    agencies = {user_id: member.agency_id for user_id in told if (member := names.member(user_id))}
    readers = [user_id for user_id in told if agencies.get(user_id) in signed]
    without = sorted({names.agency_name(agency) for agency in agencies.values() if agency not in signed})
    version = f" as version {meeting.agenda_version}" if meeting.agenda_version > 1 else ""
    words = f"Agenda published{version} to {len(readers)} {'person' if len(readers) == 1 else 'people'}."
    if not told:
        words = f"Agenda published{version}. Nobody is mailed, since only order or time changed."
    for agency in without:
        words += f" {agency} will not see it until its agreement is signed."
    return words


def _shown_ids(bench: Workbench) -> list[uuid.UUID]:
    agenda = bench.agenda
    asides = (*agenda.parked, *agenda.left_off)[: SHOWN_ASIDE * 2]
    return [*(line.case_id for line in agenda.lines), *(aside.case_id for aside in asides)]


def _frame(meeting: Meeting, bench: Workbench) -> dict[str, Any]:
    group = group_of(meeting)
    return {
        "meeting": meeting,
        "group": group,
        "bench": bench,
        "agenda": bench.agenda,
        "cards": bench.cards,
        "present": presenter(),
        "dates": cut_offs(group, meeting.held_on),
        "marking": standing().marking,
    }
