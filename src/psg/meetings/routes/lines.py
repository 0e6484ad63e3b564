"""One case and the agenda: move it, plan its time, take it off, park it; add one, or ask for one."""

import uuid
from typing import Any

from flask import abort, flash, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, page, requires, standing, viewer
from psg.access.policy import permits
from psg.audit import Event
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.meetings import operations, queries
from psg.meetings.forms import ActForm, AddForm, AskForm, MoveForm, OffForm, ParkForm, TimeForm
from psg.meetings.live import Chosen, find_chosen, workbench
from psg.meetings.models import Meeting
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, bench_frame, group_of, presenter, save, sent
from psg.meetings.rules import MAY_ARRANGE
from psg.web.fields import Offer, option
from psg.web.words import long_date, meeting_date, plural

MOST_TO_ADD = 100
"""How many cases that could be added are listed on their page; the rest are found by their reference."""


@bp.route(
    "/<partnership>/meetings/<uuid:meeting_id>/agenda/<uuid:case_id>/<any(move,time,off,park):what>",
    methods=["GET", "POST"],
)
@requires(Permission.AGENDA_BUILD, meeting=queries.find, chosen=find_chosen)
def item(meeting: Meeting, chosen: Chosen) -> Answer:
    """Move a case to a section and position, plan its time, take it off or park it."""
    form = _item_form(meeting, chosen)
    done, status = sent(form, meeting, lambda: _change_item(meeting, chosen, form))
    if done is not None:
        return done
    return page(
        "meetings/item.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=[chosen.card.case_id],
        status=status,
        form=form,
        what=chosen.what,
        line=chosen.line,
        card=chosen.card,
        **bench_frame(meeting, chosen.bench),
    )


def _item_form(meeting: Meeting, chosen: Chosen) -> Any:
    what, line = chosen.what, chosen.line
    if what == "time":
        return TimeForm(minutes=line.minutes if line else None)
    if what == "off":
        return OffForm()
    if what == "move":
        here = int(line.number.split(".")[1]) if line else 1
        form = MoveForm(section=line.section.value if line else None, position=here)
        form.section.choices = [
            option(part.slot.section.value, f"{part.number} {part.slot.title}")
            for part in chosen.bench.agenda.parts
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


def _change_item(meeting: Meeting, chosen: Chosen, form: Any) -> str:
    case_id, what = chosen.card.case_id, chosen.what
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
    """Put a case on: one of those that nothing calls for, or any by its reference, perhaps because an agency asked."""
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
    bench = workbench(viewer(), standing(), meeting)
    listed = bench.agenda.could_be_added[:MOST_TO_ADD]
    press = ActForm(formdata=None)
    press.version.data = meeting.version
    return page(
        "meetings/add.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=[aside.case_id for aside in listed],
        status=status,
        form=form,
        press=press,
        listed=listed,
        may_arrange=meeting.state in MAY_ARRANGE,
        **bench_frame(meeting, bench),
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
    form.meeting.choices = [option(meeting.id, meeting_date(meeting.held_on)) for meeting in coming]
    form.meeting.coerce = uuid.UUID
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        meeting = next(one for one in coming if one.id == form.meeting.data)

        def put() -> str:
            operations.ask_for(meeting, case, standing().agency_id, by=viewer())
            return url_for("casefile.show", partnership=standing().slug, reference=case.reference)

        done = save(form, None, put)
        if not isinstance(done, int):
            flash(f"Asked for. The chair sees it on the agenda of {meeting_date(meeting.held_on)}.")
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
