"""Notes on the timeline: add, keep what is being written, correct; and what is going on now."""

from flask import Response, flash, request
from werkzeug.wrappers import Response as AnyResponse

from psg import clock
from psg.access import Permission, requires, standing, viewer
from psg.cases import operations, queries
from psg.cases.forms import NoteForm, NowForm
from psg.cases.models import Case, Event
from psg.cases.operations.recording import may_change_in_place
from psg.cases.routes.shared import bp, carry_out, case_url, directory, say_clash, show, stale
from psg.cases.rules import Move, fingerprint, why_not
from psg.db import DomainError, transaction
from psg.web.kept import drafts_of
from psg.web.words import time_of_day

_KEPT = (
    "what",
    "day",
    "date-day",
    "date-month",
    "date-year",
    "date-words",
    "date-unknown",
    "at_time",
    "kind",
    "other_kind",
    "who",
    "agency",
)
_LONGEST = 50_000


@bp.route("/<partnership>/cases/<reference>/notes/add", methods=["GET", "POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
def add_note(case: Case) -> AnyResponse:
    """Say what happened. A note that was begun is offered again."""
    draft = queries.note_draft(case, viewer().user_id) if request.method == "GET" else None
    form = NoteForm(case, standing().agency_id, kept=draft.fields if draft else None)
    closed_to = why_not(Move.WRITE, case.state)
    if form.validate_on_submit() and not closed_to:
        done = carry_out(form, lambda: _add(case, form), hold=(case,))
        if done is not None:
            return done
    kept_at = draft.saved_at if draft else None
    return show("cases/note.html", case, form=form, closed_to=closed_to, kept_at=kept_at)


def _add(case: Case, form: NoteForm) -> str:
    event = operations.add_event(case, **form.for_operation(), by=viewer())
    flash(f"Note saved at {time_of_day(clock.now())}.")
    return case_url(case, _anchor=f"event-{event.id}")


@bp.route("/<partnership>/cases/<reference>/notes/keep", methods=["POST"])
@requires(Permission.CASE_WRITE, case=queries.find)
@drafts_of("cases.add_note")
def keep_note(case: Case) -> Response:
    """Keep a note while it is being written: called by the page every few seconds, says nothing back."""
    fields = {name: request.form[name] for name in _KEPT if request.form.get(name)}
    if why_not(Move.WRITE, case.state) or sum(len(value) for value in fields.values()) > _LONGEST:
        return Response(status=409)
    if any("\x00" in value for value in fields.values()):
        return Response(status=422)
    with transaction(hold=(case,)):
        if fields.get("what", "").strip():
            operations.keep_note(case, fields=fields, by=viewer())
        else:
            operations.discard_note(case, by=viewer())
    return Response(status=204)


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
    form = NowForm(text=case.now_text, version=_now_version(case))
    closed_to = why_not(Move.WRITE, case.state)
    status = None
    if form.validate_on_submit() and not closed_to:
        if not stale(form, _now_version(case)) and (
            done := carry_out(form, lambda: _set_now(case, form), hold=(case,))
        ):
            return done
        status = _now_clash(case, form)
    return show("cases/now.html", case, form=form, closed_to=closed_to, **({"status": status} if status else {}))


def _now_version(case: Case) -> int:
    return fingerprint(case.now_at, case.now_by)


def _set_now(case: Case, form: NowForm) -> str:
    if stale(form, _now_version(case)):
        raise DomainError("Somebody else saved this before you did.")
    operations.set_now(case, text=form.text.data, by=viewer())
    flash(f"Saved at {time_of_day(clock.now())}.")
    return case_url(case, _anchor="now")


def _now_clash(case: Case, form: NowForm) -> int:
    if not stale(form, _now_version(case)):
        return 409
    theirs = {"text": case.now_text or ""}
    return say_clash(form, by=directory().user(case.now_by), theirs=theirs, version=_now_version(case))
