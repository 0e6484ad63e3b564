"""Minutes: read, print, correct while a draft, agree, add later truth."""

from typing import Any

from flask import Response, abort, flash
from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import Permission, page, requires, standing, viewer
from psg.audit import Event
from psg.meetings import operations, queries
from psg.meetings.documents import minutes_pdf, quorum_words
from psg.meetings.forms import ActForm, AddendumForm, CorrectForm, NoteForm
from psg.meetings.loaders import Found, find_found
from psg.meetings.models import Meeting, Outcome
from psg.meetings.reading import dates_around, is_over, record_of
from psg.meetings.recording import note_of, outcome_of
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, download, group_of, presenter, save, sent
from psg.meetings.rules import Attended, MeetingState, agreeing_due
from psg.meetings.words import ATTENDED_WORDS, decided_words, seen_again_words
from psg.partnerships import clashing


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes")
@requires(Permission.MEETING_READ, meeting=queries.find)
def minutes(meeting: Meeting) -> Response:
    """The record of a meeting; who was not there sees first what it decided on their cases."""
    return _minutes_page("meetings/minutes.html", Event.MINUTES_LOOKED_AT, meeting)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes/print")
@requires(Permission.MEETING_READ, meeting=queries.find)
def print_minutes(meeting: Meeting) -> Response:
    """The record for paper."""
    return _minutes_page("meetings/minutes_print.html", Event.MINUTES_PRINTED, meeting)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes.pdf")
@requires(Permission.MEETING_READ, meeting=queries.find)
def minutes_file(meeting: Meeting) -> Response:
    """The record as an accessible PDF."""
    _must_be_over(meeting)
    record = record_of(viewer(), standing(), meeting)
    content = minutes_pdf(record, presenter(), viewer(), standing())
    audit.looked(Event.MINUTES_PRINTED, meeting, by=viewer(), ids=list(record.reading.cards))
    return download(content, "application/pdf", f"minutes-{meeting.held_on.isoformat()}.pdf")


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes/<uuid:item_id>", methods=["GET", "POST"])
@requires(Permission.MEETING_RUN, meeting=queries.find, found=find_found)
def correct(meeting: Meeting, found: Found) -> Answer:
    """Correct the free text of an item while the minutes are a draft."""
    _must_be_over(meeting)
    item = found.item
    record = record_of(viewer(), standing(), meeting)
    if item.case_id is not None and item.case_id not in record.reading.outcomes:
        abort(404)
    outcome = outcome_of(item) if item.case_id else None
    kept = outcome or note_of(item)
    text = (outcome.agreed if outcome else kept.text if kept else "") or ""
    form: Any = CorrectForm(text=text) if outcome else NoteForm(text=text)
    if form.fresh:
        form.version.data = kept.version if kept else None
    seen = form.version.data
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():

        def change() -> str:
            if outcome is not None:
                operations.correct_agreed(outcome, meeting, form.text.data, by=viewer(), version=seen)
            else:
                operations.record_note(item, meeting, form.text.data, by=viewer(), version=seen)
            return address("minutes", meeting, anchor=f"item-{item.id}")

        done = save(form, None, change)
        if not isinstance(done, int):
            flash("Minutes corrected.")
            return done
        status = done
        saved = (outcome_of(item) if outcome else note_of(item)) if status == 409 else None
        if saved is not None and saved.version != seen:
            words = saved.agreed if isinstance(saved, Outcome) else saved.text
            clashing.show(form, saved, theirs={"text": words or ""}, version=saved.version)
    return page(
        "meetings/correct.html",
        event=Event.MINUTES_LOOKED_AT,
        record=meeting,
        ids=[item.case_id] if item.case_id else [],
        status=status,
        form=form,
        item=item,
        meeting=meeting,
        group=group_of(meeting),
        card=record.reading.cards.get(item.case_id) if item.case_id else None,
        marking=standing().marking,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes/agree", methods=["GET", "POST"])
@requires(Permission.MINUTES_AGREE, meeting=queries.find)
def agree(meeting: Meeting) -> Answer:
    """Mark the minutes as agreed. Nothing of them changes afterwards."""
    _must_be_over(meeting)
    return _confirm(
        meeting,
        ActForm(),
        "meetings/agree.html",
        "Minutes agreed. Later truth is an addendum.",
        operations.agree_minutes,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/minutes/addendum", methods=["GET", "POST"])
@requires(Permission.MINUTES_AGREE, meeting=queries.find)
def addendum(meeting: Meeting) -> Answer:
    """Add later truth to agreed minutes."""
    _must_be_over(meeting)
    form = AddendumForm()

    def add(record: Meeting, *, by: Any) -> None:
        operations.add_addendum(record, form.text.data, by=by)

    return _confirm(meeting, form, "meetings/addendum.html", "Addendum added.", add)


def _confirm(meeting: Meeting, form: Any, template: str, words: str, change: Any) -> Answer:
    def act() -> str:
        change(meeting, by=viewer())
        return address("minutes", meeting)

    done, status = sent(form, meeting, act)
    if done is not None:
        flash(words)
        return done
    return page(
        template,
        event=Event.MINUTES_LOOKED_AT,
        record=meeting,
        status=status,
        form=form,
        meeting=meeting,
        group=group_of(meeting),
        marking=standing().marking,
    )


def _minutes_page(template: str, event: Event, meeting: Meeting) -> Response:
    _must_be_over(meeting)
    record = record_of(viewer(), standing(), meeting)
    present = presenter()
    was_there = any(row.user_id == viewer().user_id and row.attended is Attended.HERE for row in record.attendance)
    return page(
        template,
        event=event,
        record=meeting,
        ids=list(record.reading.cards),
        meeting=meeting,
        group=group_of(meeting),
        minutes=record,
        reading=record.reading,
        present=present,
        was_there=was_there,
        quorum_words=quorum_words(record, present),
        attended_words=ATTENDED_WORDS,
        decided_words=decided_words,
        seen_again_words=seen_again_words,
        draft=meeting.state is MeetingState.HELD,
        agreed=meeting.state is MeetingState.AGREED,
        next_on=(next_on := dates_around(meeting)[1]),
        agreeing_due=agreeing_due(next_on, clock.today()),
        marking=standing().marking,
        back_href=address("minutes", meeting),
    )


def _must_be_over(meeting: Meeting) -> None:
    if not is_over(meeting):
        abort(404)
