"""Notes on the timeline: add, keep what is being written, correct; and what is going on now."""

from functools import partial

from flask import Response, flash, request
from werkzeug.wrappers import Response as AnyResponse

from psg import clock
from psg.access import Permission, requires, standing, viewer
from psg.cases import drafting, operations, queries
from psg.cases.addresses import case_url
from psg.cases.forms import NoteForm, NowForm
from psg.cases.models import Case, Event
from psg.cases.operations.recording import may_change_in_place
from psg.cases.routes.shared import begun, bp, carry_out, keep_draft, keep_page, keep_refused, show
from psg.cases.rules import Move, fingerprint, why_not
from psg.partnerships import clashing
from psg.web.kept import drafts_of
from psg.web.words import time_of_day


@bp.route("/<partnership>/cases/<reference>/notes/add", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
def add_note(case: Case) -> AnyResponse:
    """Say what happened. A note that was begun is offered again."""
    draft = drafting.find(case, viewer(), drafting.NOTE) if request.method == "GET" else None
    form = NoteForm(case, standing().agency_id, kept=draft.fields if draft else None)
    closed_to = why_not(Move.WRITE, case.state)
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _add(case, form), hold=(case,))
        if done is not None:
            return done
    keep_refused(drafting.CasePage(case, drafting.NOTE, viewer()), lambda: _may_keep(case))
    return show("cases/note.html", case, form=form, closed_to=closed_to, **begun(draft))


def _add(case: Case, form: NoteForm) -> str:
    event = operations.add_event(case, **form.for_operation(), by=viewer())
    flash(f"Note saved at {time_of_day(clock.now())}.")
    return case_url(case, _anchor=f"event-{event.id}")


@bp.route("/<partnership>/cases/<reference>/notes/keep", methods=["POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
@drafts_of("cases.add_note")
def keep_note(case: Case) -> Response:
    """Keep a note while it is being written: called by the page every few seconds, says nothing back."""
    if why_not(Move.WRITE, case.state):
        return Response(status=409)
    return keep_page(case, drafting.NOTE, back="cases.add_note", empty=not _written())


def _written() -> str:
    return request.form.get("what", "").strip()


def _may_keep(case: Case) -> bool:
    return bool(_written()) and not why_not(Move.WRITE, case.state)


@bp.route("/<partnership>/cases/<reference>/notes/<uuid:event_id>/correct", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=queries.find, event=queries.find_event)
def correct_note(case: Case, event: Event) -> AnyResponse:
    """Put a note right: in place for a few minutes by its author, otherwise as a correction under it."""
    in_place = may_change_in_place(event, viewer().user_id)
    form = NoteForm(case, standing().agency_id, event=event)
    if form.validate_on_submit():
        done = carry_out(form, lambda: _correct(case, event, form), hold=(case,))
        if done is not None:
            return done
    return show("cases/correct_note.html", case, form=form, event_record=event, in_place=in_place)


def _correct(case: Case, event: Event, form: NoteForm) -> str:
    saved = operations.correct_event(case, event, **form.for_operation(), by=viewer())
    flash("Note put right." if saved.id == event.id else "Correction added under the note.")
    return case_url(case, "casefile.timeline", _anchor=f"event-{saved.corrects_id or saved.id}")


@bp.route("/<partnership>/cases/<reference>/now", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
def update_now(case: Case) -> AnyResponse:
    """Say what is going on now."""
    draft = drafting.find(case, viewer(), drafting.NOW) if request.method == "GET" else None
    form = NowForm(kept=draft.fields if draft else None, text=case.now_text, version=_now_version(case))
    closed_to = why_not(Move.WRITE, case.state)
    status = None
    if form.validate_on_submit() and not closed_to:
        overtaken = partial(_now_clash, case, form)
        if (done := carry_out(form, lambda: _set_now(case, form), hold=(case,), overtaken=overtaken)) is not None:
            return done
        status = 409
    if request.form.get("text", "").strip():
        fields = drafting.sent_having_seen(form.version.data)
        keep_refused(
            drafting.CasePage(case, drafting.NOW, viewer()), lambda: not why_not(Move.WRITE, case.state), fields
        )
    said = begun(draft) | ({"status": status} if status else {})
    return show("cases/now.html", case, form=form, closed_to=closed_to, **said)


@bp.route("/<partnership>/cases/<reference>/now/keep", methods=["POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
@drafts_of("cases.update_now")
def keep_now(case: Case) -> Response:
    """Keep what is going on now while it is being written."""
    if why_not(Move.WRITE, case.state):
        return Response(status=409)
    fields = drafting.sent_having_seen(request.form.get("version"))
    empty = not request.form.get("text", "").strip()
    back = case_url(case, "cases.update_now")
    return keep_draft(drafting.CasePage(case, drafting.NOW, viewer()), fields, back=back, empty=empty)


def _now_version(case: Case) -> int:
    return fingerprint(case.now_at, case.now_by)


def _set_now(case: Case, form: NowForm) -> str:
    form.require_version(_now_version(case))
    operations.set_now(case, text=form.text.data, by=viewer())
    drafting.discard(case, drafting.NOW, by=viewer())
    flash(f"Saved at {time_of_day(clock.now())}.")
    return case_url(case, _anchor="now")


def _now_clash(case: Case, form: NowForm) -> None:
    change = (case.now_by, case.now_at) if case.now_at is not None else None
    name = clashing.tell(form, case.partnership_id, change)
    form.show_clash(by=name, theirs={"text": case.now_text or ""}, version=_now_version(case))
