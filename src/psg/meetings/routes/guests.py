"""Guests: inviting somebody to one item, taking that back, and the one page that a guest reads."""

from typing import Any

from flask import Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import Permission, page, requires, standing, viewer
from psg.audit import Event
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.meetings import answering, guests, queries
from psg.meetings.calendar_file import calendar_file
from psg.meetings.forms_guests import InviteGuestForm
from psg.meetings.loaders import OnAgenda, find_on_agenda
from psg.meetings.models import GuestInvitation, Meeting
from psg.meetings.routes import bp
from psg.meetings.routes.shared import absolute, address, download, group_of, host, presenter, save, sent
from psg.meetings.rules import ComesAs
from psg.partnerships.queries import labels, terms
from psg.web.forms import Form


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda/<uuid:case_id>/guests", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find, chosen=find_on_agenda)
def invite_guest(meeting: Meeting, chosen: OnAgenda) -> Answer:
    """Who is invited to an item, and inviting somebody; with everything that the guest will read."""
    line, case = chosen.line, chosen.case
    names = presenter().names
    form = InviteGuestForm.offer(guests.candidates(meeting, names), names)
    done, status = sent(form, meeting, lambda: _invite(meeting, case, form))
    if done is not None:
        return done
    return page(
        "meetings/guests/invite.html",
        event=Event.AGENDA_LOOKED_AT,
        record=meeting,
        ids=[case.id],
        status=status,
        form=form,
        line=line,
        invited=guests.invitations_to(meeting, case.id),
        may_invite=guests.may_invite(meeting),
        **_sight(meeting, case, line.reasons),
    )


def _invite(meeting: Meeting, case: Case, form: Any) -> str:
    made = guests.invite(
        meeting, case, user_id=form.person.data, comes_as=form.comes_as.data, reason=form.reason.data, by=viewer()
    )
    name = presenter().names.user(made.user_id)
    when = "now" if meeting.agenda_version else "once the agenda is published"
    flash(f"{name} is invited to {case.reference} and can read this item {when}.")
    return address("invite_guest", meeting, case_id=case.id)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/guests/<uuid:invitation_id>/withdraw", methods=["POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find, invitation=guests.find_on)
def withdraw_guest(meeting: Meeting, invitation: GuestInvitation) -> Answer:
    """Take an invitation back, from the guest's next page on."""
    form = Form()
    if not form.validate_on_submit():
        abort(400)

    def take_back() -> str:
        guests.withdraw(invitation, by=viewer())
        flash(f"The invitation of {presenter().names.user(invitation.user_id)} is withdrawn. They see nothing of it.")
        return address("build", meeting, anchor=f"item-{invitation.case_id}")

    done = save(form, None, take_back)  # a press that replaces nothing anybody typed
    if isinstance(done, int):
        flash("This invitation has already been withdrawn.")
        return redirect(address("build", meeting), 303)
    return done


@bp.route("/<partnership>/invited/<uuid:invitation_id>")
@requires(Permission.ITEM_READ, invitation=guests.find)
def invited(invitation: GuestInvitation) -> Response:
    """The one item that a guest or observer is invited to."""
    meeting, item = guests.item_of(invitation)
    case = cases.find_id(viewer(), standing(), invitation.case_id)
    if case is None:
        abort(404)
    return page(
        "meetings/guests/item.html",
        event=Event.GUEST_LOOKED_AT_ITEM,
        record=invitation,
        observes=invitation.comes_as is ComesAs.OBSERVER,
        invited_by=presenter().names.user(invitation.invited_by),
        actions=guests.own_actions(case, viewer()),
        invitation=invitation,
        answered=answering.answered(invitation),
        contact=answering.contact_of(invitation.partnership_id, presenter().names),
        today=clock.today(),
        **_sight(meeting, case, item.published.get("reasons", ())),
    )


@bp.route("/<partnership>/invited/<uuid:invitation_id>/meeting.ics")
@requires(Permission.ITEM_READ, invitation=guests.find)
def invited_calendar(invitation: GuestInvitation) -> Response:
    """The meeting of an invitation for a calendar: date, place and a link to the guest's own page, no case."""
    meeting, _ = guests.item_of(invitation)
    content = calendar_file(
        meeting,
        group_name=group_of(meeting).name,
        link=absolute(address("invited", invitation_id=invitation.id)),
        host=host(),
        there="What you are invited to",
    )
    audit.looked(Event.CALENDAR_FILE_OPENED, meeting, by=viewer())
    return download(content, "text/calendar", "meeting.ics")


@bp.route("/<partnership>/invited/<uuid:invitation_id>/answer", methods=["POST"])
@requires(Permission.ITEM_ANSWER, invitation=guests.find)
def invited_answer(invitation: GuestInvitation) -> Answer:
    """A guest says that they cannot come, or can after all: the chair and the coordinator see it."""
    form = Form()
    comes = {"yes": True, "no": False}.get(request.form.get("comes", ""))
    if comes is None or not form.validate_on_submit():
        abort(400)
    meeting, _ = guests.item_of(invitation)
    here = address("invited", invitation_id=invitation.id, anchor="coming")

    def change() -> str:
        answering.answer(invitation, meeting, comes=comes, by=viewer())
        return here

    done = save(form, None, change)
    if isinstance(done, int):
        flash(form.form_errors[0])
        return redirect(here, 303)
    flash(
        "Thank you. You are expected."
        if comes
        else "Thank you. The chair and the coordinator see that you cannot come."
    )
    return done


def _sight(meeting: Meeting, case: Case, reasons: Any) -> dict[str, Any]:
    """What a guest reads of an item; the page that invites them shows the same, so that nobody invites unknowing."""
    words = labels(case.partnership_id)
    hints = {entry.code: entry.hint for entry in terms(case.partnership_id, "handling")}
    codes = [code for code in case.handling.split() if code != "normal"]
    return {
        "meeting": meeting,
        "group": group_of(meeting),
        "case": case,
        "why": presenter().why(reasons),
        "warnings": [(words.get(("handling", code), code), hints.get(code, "")) for code in codes],
        "present": presenter(),
        "marking": standing().marking,
    }
