"""Decisions: decide a referral, set the lead, propose closure, close, re-open."""

from flask import Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from psg.access import Permission, can, requires, standing, viewer
from psg.audit.events import Event
from psg.cases import aftercare, checks, contents, operations, queries
from psg.cases.addresses import case_url
from psg.cases.forms import AftercareForm, CloseForm, DecideForm, LeadForm, ProposeForm, ReopenForm
from psg.cases.forms.deciding import ACCEPT, PASS_ON, check_days, lead_version
from psg.cases.forms.referral import when_of_stored
from psg.cases.models import Case
from psg.cases.routes.shared import bp, carry_out, directory, show
from psg.cases.rules import CaseState, Move, fingerprint, why_not
from psg.cases.values import codes
from psg.partnerships import clashing
from psg.web.words import long_date, meeting_date


@bp.route("/<partnership>/cases/<reference>/decide", methods=["GET", "POST"])
@requires(Permission.CASE_DECIDE, case=queries.find)
def decide(case: Case) -> AnyResponse:
    """The referral on the left, the decision on the right."""
    form = DecideForm(case)
    closed_to = why_not(Move.DECIDE, case.state)
    status = None
    if form.validate_on_submit() and not closed_to:
        done = carry_out(
            form, lambda: _decide(case, form), hold=(case,), overtaken=lambda: _decided_meanwhile(case, form)
        )
        if done is not None:
            return done
        status = 409
    answers = case.referral or {}
    return show(
        "cases/decide.html",
        case,
        form=form,
        closed_to=closed_to,
        people=contents.people_of(case),
        small=contents.small_parts_of(case),
        answers=answers,
        since=when_of_stored(answers.get("since")),
        last_time=when_of_stored(answers.get("last_time")),
        codes=codes,
        meets_on=checks.next_meeting(case.partnership_id, case.group_id),
        **({"status": status} if status else {}),
    )


_DECIDED = (Event.CASE_ACCEPTED, Event.CASE_DECLINED, Event.CASE_REDIRECTED)


def _decided_meanwhile(case: Case, form: DecideForm) -> None:
    """Say who decided the referral, or passed it on, while the page was open."""
    clashing.show(
        form,
        case,
        theirs={"group": directory().group_name(case.group_id)},
        version=fingerprint(case.state, case.group_id),
        events=_DECIDED,
        did="decided this referral",
    )


def _decide(case: Case, form: DecideForm) -> str:
    form.require_version(fingerprint(case.state, case.group_id))
    by, reason = viewer(), form.reason.data
    referrer, agency = directory().user(case.referrer_id), directory().agency(case.referrer_agency_id)
    told = f"{agency} ({referrer}) is told why."
    if form.decision.data == ACCEPT:
        operations.accept(
            case,
            lead_agency_id=form.lead_agency.data,
            lead_officer_id=form.lead_officer.data,
            review_on=form.review_on.data,
            reason=reason,
            group_id=form.own_group.data,
            by=by,
        )
        flash(f"Referral accepted. {_comes_to(case)} {told}")
    elif form.decision.data == PASS_ON:
        group = directory().group_name(form.group.data)
        operations.pass_on(case, group_id=form.group.data, reason=reason, by=by)
        flash(f"Referral passed on to {group}. {_comes_to(case)} {told}")
    else:
        operations.decline(case, reason_code=form.reason_code.data, reason=reason, by=by)
        flash(f"Referral declined. {told}")
    return _case_or_list(case)


def _comes_to(case: Case) -> str:
    """Which meeting talks about it first: agendas are made from the group's cases, so nobody has to ask for it."""
    day = checks.next_meeting(case.partnership_id, case.group_id)
    if day is None:
        return "It comes to the group's first meeting: none is planned yet."
    return f"It comes up for the agenda of the meeting on {meeting_date(day)}."


def _case_or_list(case: Case) -> str:
    """The case page, or the list for somebody who has just given the case away."""
    if can(Permission.CASE_READ, case):
        return case_url(case)
    return url_for("cases.index", partnership=standing().slug)


@bp.route("/<partnership>/cases/<reference>/lead", methods=["GET", "POST"])
@requires(Permission.CASE_LEAD, case=queries.find)
def lead(case: Case) -> AnyResponse:
    """Lead agency, lead officer and review date."""
    form = LeadForm(case)
    status = None
    if form.validate_on_submit():
        done = carry_out(form, lambda: _set_lead(case, form), hold=(case,), overtaken=lambda: _led(case, form))
        if done is not None:
            return done
        status = 409
    return show("cases/lead.html", case, form=form, **({"status": status} if status else {}))


_LED = (Event.CASE_LEAD_CHANGED, Event.CASE_REVIEW_DATE_SET, Event.CASE_ACCEPTED, Event.CASE_REOPENED)


def _led(case: Case, form: LeadForm) -> None:
    """Show what stands on the case by now, in words, to somebody whose page was overtaken."""
    names = directory()
    theirs = {
        "lead_agency": names.agency_name(case.lead_agency_id),
        "lead_officer": names.user(case.lead_officer_id),
        "review_on": long_date(case.review_on),
    }
    clashing.show(form, case, theirs=theirs, version=lead_version(case), events=_LED)


def _set_lead(case: Case, form: LeadForm) -> str:
    agency_id, officer_id, review_on = form.lead_agency.data, form.lead_officer.data, form.review_on.data
    form.require_version(lead_version(case))
    if (agency_id, officer_id) != (case.lead_agency_id, case.lead_officer_id):
        operations.set_lead(case, lead_agency_id=agency_id, lead_officer_id=officer_id, by=viewer())
    if review_on != case.review_on:
        operations.set_review(case, review_on=review_on, by=viewer())
    flash(f"Lead: {directory().agency(agency_id)}, {directory().user(officer_id)}. Review on {long_date(review_on)}.")
    return case_url(case)


@bp.route("/<partnership>/cases/<reference>/propose-closure", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
def propose_closure(case: Case) -> AnyResponse:
    """Ask the group to close the case."""
    form = ProposeForm()
    closed_to = why_not(Move.PROPOSE_CLOSURE, case.state)
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _propose(case, form), hold=(case,))
        if done is not None:
            return done
    return show("cases/propose_closure.html", case, form=form, closed_to=closed_to)


def _propose(case: Case, form: ProposeForm) -> str:
    operations.propose_closure(case, reason=form.reason.data, by=viewer())
    flash("Closure proposed. The group decides at its next meeting.")
    return case_url(case)


@bp.route("/<partnership>/cases/<reference>/close", methods=["GET", "POST"])
@requires(Permission.CASE_CLOSE, case=queries.find)
def close(case: Case) -> AnyResponse:
    """Before you close: what is still open; then why, and what changed for the person harmed."""
    form = CloseForm(case)
    closed_to = why_not(Move.CLOSE, case.state)
    status = None
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _close(case, form), hold=(case,))
        if done is not None:
            return done
        status = 409
    return _closing_page(case, form, closed_to, status)


def _closing_page(case: Case, form: CloseForm, closed_to: str, status: int | None) -> Response:
    return show(
        "cases/close.html",
        case,
        form=form,
        closed_to=closed_to,
        obstacles=checks.obstacles(case) if not closed_to else [],
        **({"status": status} if status else {}),
    )


def _close(case: Case, form: CloseForm) -> str:
    operations.close(
        case,
        reason_code=form.reason_code.data,
        reason=form.reason.data,
        changed_for_person=form.changed_for_person.data,
        by=viewer(),
    )
    check = aftercare.plan(case, check_days(form.check.data))
    then = f"It is looked at again on {long_date(check)}." if check else "Nobody is reminded of it any more."
    flash(f"Case {case.reference} closed. {then}")
    return case_url(case)


@bp.route("/<partnership>/cases/<reference>/reopen", methods=["GET", "POST"])
@requires(Permission.CASE_REOPEN, case=queries.find)
def reopen(case: Case) -> AnyResponse:
    """Open a closed case, or a declined referral, again."""
    form = ReopenForm(case)
    closed_to = why_not(Move.REOPEN, case.state)
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _reopen(case, form), hold=(case,))
        if done is not None:
            return done
    return show("cases/reopen.html", case, form=form, closed_to=closed_to)


def _reopen(case: Case, form: ReopenForm) -> str:
    operations.reopen(case, reason=form.reason.data, review_on=form.review_on.data, by=viewer())
    aftercare.settle(case)
    flash(f"Case {case.reference} is open again. Its review is due {long_date(form.review_on.data)}.")
    return case_url(case)


@bp.route("/<partnership>/cases/<reference>/check", methods=["GET", "POST"], endpoint="aftercare")
@requires(Permission.CASE_WRITE, case=queries.find)
def aftercare_check(case: Case) -> AnyResponse:
    """Some time after closing: say how it went. The case stays closed; opening it again is a step of its own."""
    form = AftercareForm()
    due = aftercare.due(case)
    closed_to = "" if case.state is CaseState.CLOSED and due is not None else "No check of this case is owed."
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _check(case, form), hold=(case,))
        if done is not None:
            return done
    return show("cases/aftercare.html", case, form=form, closed_to=closed_to, due=due)


def _check(case: Case, form: AftercareForm) -> str:
    outcome = form.outcome.data
    event = aftercare.say_how_it_went(case, outcome=outcome, text=form.text.data, by=viewer())
    if outcome == aftercare.WELL:
        flash("What you found stands on the timeline. The case stays closed.")
    elif can(Permission.CASE_REOPEN, case):
        flash("What you found stands on the timeline. Now say why the case is opened again.")
        return case_url(case, "cases.reopen")
    else:
        flash("What you found stands on the timeline. The coordinator is asked to open the case again.")
    return case_url(case, "casefile.timeline", _anchor=f"event-{event.id}")
