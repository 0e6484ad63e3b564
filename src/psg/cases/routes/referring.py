"""Log a case: four short pages and a check. The draft is saved, and has its reference, from the first Continue on."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from psg.access import Permission, requires, standing, viewer
from psg.audit import Event
from psg.cases import contents, matching, operations, queries
from psg.cases.forms import FirstPageForm, SendForm, WhatForm, WhyForm
from psg.cases.forms.parties import SUBJECTS
from psg.cases.forms.referral import when_of_stored
from psg.cases.models import Case, CaseTheme
from psg.cases.operations.referring import what_is_missing
from psg.cases.routes.shared import bp, carry_out, case_url, show
from psg.cases.rules import SubjectKind
from psg.cases.values import codes
from psg.db import db
from psg.web.fields import ChoiceField, option
from psg.web.forms import Form

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
    form = WhatForm(case, _themes(case))
    if form.validate_on_submit():
        form.refuse_names([person.names.last for person in contents.people_of(case)])
        if not form.error_summary():
            done = carry_out(form, lambda: _set(case, operations.set_what, form.for_operation(), "why"), hold=(case,))
            if done is not None:
                return done
    return show("cases/log/what.html", case, form=form)


@bp.route("/<partnership>/cases/<reference>/log/why", methods=["GET", "POST"])
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def why(case: Case) -> AnyResponse:
    """Page 3: why this group, by what right, how it is handled."""
    form = WhyForm(case)
    if form.validate_on_submit():
        done = carry_out(form, lambda: _set(case, operations.set_why, form.for_operation(), "check"), hold=(case,))
        if done is not None:
            return done
    return show("cases/log/why.html", case, form=form)


def _set(case: Case, save: Callable[..., None], values: dict[str, Any], following: str) -> str:
    save(case, **values, by=viewer())
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
