"""Log a case: four short pages and a check. The draft is saved, and has its reference, from the first Continue on."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from psg.access import Permission, requires, standing, viewer
from psg.audit import Event
from psg.cases import contents, drafting, matching, operations, queries
from psg.cases.addresses import case_url
from psg.cases.forms import FirstPageForm, SendForm, WhatForm, WhyForm
from psg.cases.forms.parties import SUBJECTS
from psg.cases.forms.referral import when_of_stored
from psg.cases.models import Case, CaseTheme
from psg.cases.operations.referring import what_is_missing
from psg.cases.routes.shared import begun, bp, carry_out, keep_page, keep_refused, show
from psg.cases.rules import CaseState, SubjectKind
from psg.cases.values import codes
from psg.db import db, reading_done
from psg.web.fields import ChoiceField, option
from psg.web.forms import Form
from psg.web.kept import drafts_of

ANOTHER = "another"
"""The button that saves page 1 and goes on to add more people or places."""


class SubjectForm(Form):
    """Page 1 of a draft that is there already: who or what, and the list of people and places."""

    subject_kind = ChoiceField(
        "Who or what is this case about?",
        choices=[option(kind, words) for kind, words in SUBJECTS.items()],
        coerce=SubjectKind,
        missing="Select who or what this case is about",
    )


@bp.route("/<partnership>/cases/log", methods=["GET", "POST"])
@requires(Permission.CASE_LOG)
def log() -> AnyResponse:
    """Page 1: who or what. Continue makes the draft."""
    form = FirstPageForm(standing().partnership_id)
    if form.validate_on_submit():
        more = request.form.get("then") == ANOTHER
        if (done := carry_out(form, lambda: _begin(form, more=more))) is not None:
            return done
    return show("cases/log/first.html", None, form=form)


def _begin(form: FirstPageForm, *, more: bool) -> str:
    by = viewer()
    case = operations.start_draft(standing().partnership_id, subject_kind=form.subject_kind.data, by=by)
    if form.about_person:
        operations.add_person(case, **form.person(), by=by)
    if form.about_place:
        operations.add_place(case, details=form.place(), by=by)
    # The page with possible duplicates sends those on who have none to look at.
    return case_url(case, "cases.who") if more else case_url(case, "cases.alike")


@bp.route("/<partnership>/cases/<reference>/log")
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def go_on(case: Case) -> AnyResponse:
    """Go on with a draft: at its first page that is not finished."""
    parts = contents.small_parts_of(case)
    unsent = drafting.begun(case, viewer())
    reading_done()
    if not parts.places and not contents.people_of(case):
        page = "who"
    elif not case.title or not case.narrative or drafting.WHAT in unsent:
        page = "what"
    elif not case.lawful_basis or not case.purpose or drafting.WHY in unsent:
        page = "why"
    else:
        page = "check"
    return redirect(case_url(case, f"cases.{page}"), 303)


@bp.route("/<partnership>/cases/<reference>/log/who", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def who(case: Case) -> AnyResponse:
    """Page 1 of a draft: the people and places so far."""
    form = SubjectForm(subject_kind=case.subject_kind)
    if form.validate_on_submit():
        done = carry_out(form, lambda: _set_who(case, form), hold=(case,))
        if done is not None:
            return done
    return show(
        "cases/log/who.html",
        case,
        form=form,
        people=contents.people_of(case),
        small=contents.small_parts_of(case),
    )


def _set_who(case: Case, form: SubjectForm) -> str:
    operations.set_who(case, subject_kind=form.subject_kind.data, by=viewer())
    return case_url(case, "cases.alike")


@bp.route("/<partnership>/cases/<reference>/log/alike")
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def alike(case: Case) -> AnyResponse:
    """Possible duplicates that one may see. Those one may not see change nothing here."""
    found = matching.alike(viewer(), standing(), case)
    if not found:
        return redirect(case_url(case, "cases.what"), 303)
    ids = [match.case.id for match in found]
    return show("cases/log/alike.html", case, event=Event.DUPLICATES_SHOWN, ids=ids, matches=found)


@bp.route("/<partnership>/cases/<reference>/log/what", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def what(case: Case) -> AnyResponse:
    """Page 2: what is happening."""
    draft = drafting.find(case, viewer(), drafting.WHAT) if request.method == "GET" else None
    form = WhatForm(case, _themes(case), kept=draft.fields if draft else None)
    if form.validate_on_submit():
        form.refuse_names([person.names.last for person in contents.people_of(case)])
        if not form.error_summary():
            done = carry_out(form, lambda: _set(case, drafting.WHAT, form.for_operation()), hold=(case,))
            if done is not None:
                return done
    _keep_refused(case, drafting.WHAT)
    return show("cases/log/what.html", case, form=form, removed=drafting.removed_on(case), **begun(draft))


@bp.route("/<partnership>/cases/<reference>/log/what/keep", methods=["POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
@drafts_of("cases.what")
def keep_what(case: Case) -> Response:
    """Keep page 2 while it is being written."""
    return keep_page(case, drafting.WHAT, back="cases.what")


@bp.route("/<partnership>/cases/<reference>/log/why", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def why(case: Case) -> AnyResponse:
    """Page 3: why this group, by what right, how it is handled."""
    draft = drafting.find(case, viewer(), drafting.WHY) if request.method == "GET" else None
    form = WhyForm(case, kept=draft.fields if draft else None)
    if form.validate_on_submit():
        done = carry_out(form, lambda: _set(case, drafting.WHY, form.for_operation()), hold=(case,))
        if done is not None:
            return done
    _keep_refused(case, drafting.WHY)
    return show("cases/log/why.html", case, form=form, removed=drafting.removed_on(case), **begun(draft))


@bp.route("/<partnership>/cases/<reference>/log/why/keep", methods=["POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
@drafts_of("cases.why")
def keep_why(case: Case) -> Response:
    """Keep page 3 while it is being written."""
    return keep_page(case, drafting.WHY, back="cases.why")


def _keep_refused(case: Case, page: str) -> None:
    keep_refused(drafting.CasePage(case, page, viewer()), lambda: case.state is CaseState.DRAFT)


def _set(case: Case, page: str, values: dict[str, Any]) -> str:
    if page == drafting.WHAT:
        operations.set_what(case, **values, by=viewer())
    else:
        operations.set_why(case, **values, by=viewer())
    following = "why" if page == drafting.WHAT else "check"
    drafting.discard(case, page, by=viewer())
    if request.form.get("then") == "leave":
        flash(f"Draft {case.reference} saved.")
        return url_for("cases.index", partnership=standing().slug, state="mine")
    return case_url(case, f"cases.{following}")


@bp.route("/<partnership>/cases/<reference>/log/check", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def check(case: Case) -> AnyResponse:
    """Page 4: everything once more, the group, and the button that sends it."""
    form = SendForm(case)
    if form.validate_on_submit() and (done := carry_out(form, lambda: _send(case, form), hold=(case,))) is not None:
        return done
    small = contents.small_parts_of(case)
    return show(
        "cases/log/check.html",
        case,
        form=form,
        people=contents.people_of(case),
        small=small,
        answers=case.referral or {},
        since=when_of_stored((case.referral or {}).get("since")),
        last_time=when_of_stored((case.referral or {}).get("last_time")),
        subjects=SUBJECTS,
        codes=codes,
        missing=what_is_missing(case),
        unsent=drafting.begun(case, viewer()),
        removed=drafting.removed_on(case),
    )


def _send(case: Case, form: SendForm) -> str:
    operations.send(case, group_id=form.group_id, by=viewer())
    return case_url(case, "cases.sent")


@bp.route("/<partnership>/cases/<reference>/log/sent")
@requires(Permission.CASE_READ, case=queries.find)
def sent(case: Case) -> Response:
    """The end of the journey: its reference, and what happens next."""
    return show("cases/log/sent.html", case)


@bp.route("/<partnership>/cases/<reference>/log/delete", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def delete(case: Case) -> AnyResponse:
    """Delete a draft, after asking once."""
    form = Form()
    if form.validate_on_submit():
        reference = case.reference
        if (done := carry_out(form, lambda: _delete(case), hold=(case,))) is not None:
            flash(f"Draft {reference} deleted.")
            return done
    return show("cases/log/delete.html", case, form=form)


def _delete(case: Case) -> str:
    operations.delete_draft(case, by=viewer())
    return url_for("cases.index", partnership=standing().slug)


def _themes(case: Case) -> list[str]:
    statement = select(CaseTheme.code).where(
        CaseTheme.partnership_id == case.partnership_id, CaseTheme.case_id == case.id
    )
    return list(db.session.scalars(statement.order_by(CaseTheme.code)))
