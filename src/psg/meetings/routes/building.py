"""Building the agenda: the workbench, the preview and publishing. What is done with one case stands in lines.py."""

import uuid

from flask import Response, flash, request
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, standing, viewer
from psg.agreements.queries import signed_agencies
from psg.audit import Event
from psg.db import DomainError
from psg.meetings import operations, owing, queries
from psg.meetings.forms import ActForm
from psg.meetings.live import Workbench, workbench
from psg.meetings.models import Meeting
from psg.meetings.publishing import differences
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, bench_frame, presenter, save, sent
from psg.meetings.rules import MAY_ARRANGE
from psg.web.forms import Form

SHOWN_TO_ADD = 8
"""How many cases that could be added are listed beside the agenda; the rest stand on a page of their own."""
SHOWN_ASIDE = 50
"""How many cases that were taken off, and how many parked ones, are listed."""


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
        end = "first" if verb == "up" else "last"
        flash(f"{before} moved to {after}." if before != after else f"{before} is {end} in its section already.")
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
        shown_to_add=SHOWN_TO_ADD,
        shown_aside=SHOWN_ASIDE,
        **bench_frame(meeting, bench),
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
        **bench_frame(meeting, bench),
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda/publish", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def publish(meeting: Meeting) -> Answer:
    """Who gets a mail, whose agency will see nothing, what cannot be changed afterwards; then publish."""
    form = ActForm()
    signed = signed_agencies([meeting.partnership_id]).get(meeting.partnership_id, set())

    def go() -> str:
        made = operations.publish(meeting, by=viewer())
        flash(_published_words(made.told, signed, meeting))
        return address("show", meeting)

    done, status = sent(form, meeting, go)
    if done is not None:
        return done
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
        **bench_frame(meeting, bench),
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
    asides = (*agenda.could_be_added[:SHOWN_TO_ADD], *agenda.taken_off[:SHOWN_ASIDE], *agenda.parked[:SHOWN_ASIDE])
    return [*(line.case_id for line in agenda.lines), *(aside.case_id for aside in asides)]
