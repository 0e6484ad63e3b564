"""Running the meeting: who came, one page for each item, the end."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, request
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, Role, page, requires, standing, viewer
from psg.actions import operations as actions
from psg.agreements.queries import signed_agencies
from psg.audit import Event
from psg.cases import aftercare
from psg.cases.forms.referral import when_of_stored
from psg.cases.models import Case
from psg.cases.routes.shared import begun
from psg.cases.rules import CaseState
from psg.meetings import answering, drafting, guests, operations, queries
from psg.meetings.attending import attendance_form, news, presences, with_the_rest
from psg.meetings.clocks import began_at, quorum
from psg.meetings.digest import digest_of
from psg.meetings.effects import missing
from psg.meetings.forms import ActForm, NoteForm
from psg.meetings.forms_run import OutcomeForm, outcome_form
from psg.meetings.loaders import Found, find_found
from psg.meetings.models import Attendance, Meeting, Outcome
from psg.meetings.reading import Reading, dates_around, published
from psg.meetings.recording import Presence, attendance_of, note_of, outcome_of
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, group_of, presenter, save, sent
from psg.meetings.routes.unrecorded import keep_unrecorded
from psg.meetings.rules import MAY_RECORD, PRESENT, Attended, has_come
from psg.meetings.words import decided_words, decision_words
from psg.partnerships import clashing
from psg.partnerships.queries import Member, labels
from psg.web.words import long_date, plural, time_of_day


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/run", methods=["GET", "POST"])
@requires(Permission.MEETING_RUN, meeting=queries.find)
def run(meeting: Meeting) -> Answer:
    """Attendance first, then the confidentiality statement, then the items."""
    if not meeting.agenda_version:
        abort(404)
    names = presenter().names
    members = _members(meeting)
    rows = attendance_of(meeting)
    form = attendance_form(members, rows, meeting)
    status: int = 422 if form.is_submitted() else 200
    invited = guests.guest_ids(meeting, names.people)
    signed = signed_agencies([meeting.partnership_id]).get(meeting.partnership_id, set())
    if form.validate_on_submit() and (came := presences(form, members, meeting)) is not None:
        if request.form.get("do") == "everybody":
            came = with_the_rest(came, members, rows, invited, signed)
        done = save(form, meeting, lambda: _attend(meeting, came, rows))
        if not isinstance(done, int):
            return done
        status = done
    here = {row.agency_id for row in rows if row.attended in PRESENT and row.user_id not in invited}
    reading = published(viewer(), standing(), meeting)
    return page(
        "meetings/run.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        ids=list(reading.cards),
        status=status,
        form=form,
        members=list(enumerate(members, start=1)),
        unanswered={member.user_id for member in members if member.agency_id in signed}
        - {row.user_id for row in rows}
        - set(invited),
        signed=signed,
        begun=bool(rows),
        invited=invited,
        quorum_words=_quorum_words(meeting, here),
        may_record=meeting.state in MAY_RECORD,
        names=names,
        **_frame(meeting, reading, None),
    )


def _attend(meeting: Meeting, came: Mapping[uuid.UUID, Presence], rows: Sequence[Attendance]) -> str:
    pressed, changed = request.form.get("do"), news(came, rows)
    if changed or pressed != "statement":
        operations.record_attendance(meeting, changed, by=viewer())
    if pressed == "statement":
        operations.read_statement(meeting, by=viewer())
        flash(f"Confidentiality statement read at {time_of_day(clock.now())}.")
        return address("run", meeting, anchor="items")
    if pressed == "everybody":
        here = sum(presence.attended is Attended.HERE for presence in changed.values())
        flash(f"{plural(here, 'person', 'people')} marked as here. Put right who is not, then save again.")
        return address("run", meeting, anchor="attendance")
    flash(f"Attendance saved at {time_of_day(clock.now())}.")
    return address("run", meeting, anchor="statement")


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/run/<uuid:item_id>", methods=["GET", "POST"])
@requires(Permission.MEETING_RUN, meeting=queries.find, found=find_found)
def run_item(meeting: Meeting, found: Found) -> Answer:
    """One item: its minutes, or the decision on its case."""
    return _section(meeting, found) if found.case is None else _case(meeting, found, found.case)


def _section(meeting: Meeting, found: Found) -> Answer:
    item, typed = found.item, drafting.page_of(found, viewer())
    note = note_of(item)
    draft = typed.find() if request.method == "GET" else None
    form = NoteForm(kept=draft.fields if draft else None, text=note.text if note else "")
    if form.fresh and draft is None:
        form.version.data = note.version if note else None
    seen = form.version.data
    status: int = 422 if form.is_submitted() else 200
    reading = published(viewer(), standing(), meeting)
    if form.validate_on_submit():

        def keep() -> str:
            operations.record_note(item, meeting, form.text.data, by=viewer(), version=seen)
            typed.discard()
            return _next(meeting, reading, item.id)

        done = save(form, None, keep)
        if not isinstance(done, int):
            flash(f"Saved at {time_of_day(clock.now())}.")
            return done
        status = done
        note = note_of(item)
        if note is not None and note.version != seen:
            clashing.show(form, note, theirs={"text": note.text or ""}, version=note.version, did="recorded this item")
    keep_unrecorded(found, form.version.data)
    return page(
        "meetings/run_section.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        ids=list(reading.cards),  # the list of items names their cases
        status=status,
        form=form,
        item=item,
        **begun(draft),
        **_frame(meeting, reading, item.id),
    )


def _case(meeting: Meeting, found: Found, case: Case) -> Answer:
    item, typed = found.item, drafting.page_of(found, viewer())
    names = presenter().names
    last_on, next_on = dates_around(meeting)
    reading = published(viewer(), standing(), meeting)
    outcome = reading.outcomes.get(case.id)
    draft = typed.find() if request.method == "GET" else None
    kept = draft.fields if draft else None
    form = outcome_form(case, outcome, names, labels(meeting.partnership_id), next_on, kept=kept)
    seen = form.version.data
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit() and _whole(form, case, outcome):
        done = save(form, None, lambda: _decide(meeting, found, case, form, seen, reading))
        if not isinstance(done, int):
            flash(_decided_words(case, form))
            return done
        status = done
        outcome = outcome_of(item)
        if outcome is not None and outcome.version != seen:
            theirs = {
                "decision": decision_words(outcome.decision),
                "agreed": outcome.agreed or "",
                "next_review_on": long_date(outcome.next_review_on),
            }
            clashing.show(form, outcome, theirs=theirs, version=outcome.version, did="recorded this item")
    keep_unrecorded(found, form.version.data)
    answers = case.referral or {} if case.state is not CaseState.ERASED else {}
    return page(
        "meetings/run_case.html",
        event=Event.CASE_LOOKED_AT,
        record=case,
        ids=list(reading.cards),
        status=status,
        form=form,
        item=item,
        case=case,
        outcome=outcome,
        digest=digest_of(case, last_on),
        answers=answers,
        since=when_of_stored(answers.get("since")),
        last_time=when_of_stored(answers.get("last_time")),
        **begun(draft),
        **_frame(meeting, reading, item.id),
    )


def _whole(form: OutcomeForm, case: Case, outcome: Outcome | None) -> bool:
    """Whether neither the decision nor its actions lack anything; whatever they lack is put on the form at once.

    Where something is recorded already, what the decision needs depends on it and is for the operation to say.
    """
    lacks = missing(form.decided(), case) if outcome is None else {}
    for field, message in lacks.items():
        form.put_error(field, message)
    return form.check_rows() and not lacks


def _decide(meeting: Meeting, found: Found, case: Case, form: OutcomeForm, seen: int | None, reading: Reading) -> str:
    item = found.item
    operations.record_outcome(item, meeting, case, decision=form.decided(), by=viewer(), version=seen)
    for one in form.actions():
        actions.add_action(
            case,
            what=one.what,
            owner_id=one.owner_id,
            owner_agency_id=one.agency_id,
            due_on=one.due_on,
            meeting_id=meeting.id,
            by=viewer(),
        )
    drafting.page_of(found, viewer()).discard()
    return _next(meeting, reading, item.id)


def _decided_words(case: Case, form: OutcomeForm) -> str:
    given = len(form.actions())
    words = [f"{case.reference}: {decided_words(form.decision.data).lower()}, recorded at {time_of_day(clock.now())}."]
    if case.state is CaseState.CLOSED and (check := aftercare.due(case)):
        words.append(f"It is looked at again on {long_date(check)}.")
    if given:
        words.append(f"{plural(given, 'action')} given.")
    return " ".join(words)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/end", methods=["GET", "POST"])
@requires(Permission.MEETING_RUN, meeting=queries.find)
def end(meeting: Meeting) -> Answer:
    """End the meeting: the record can be read at once, and what was not reached comes to the next meeting."""
    form = ActForm()

    def stop() -> str:
        operations.end_meeting(meeting, by=viewer())
        return address("minutes", meeting)

    done, status = sent(form, meeting, stop)
    if done is not None:
        flash("Meeting ended. The record stands as a draft until the next meeting agrees it.")
        return done
    reading = published(viewer(), standing(), meeting)
    return page(
        "meetings/end.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        ids=list(reading.cards),
        status=status,
        form=form,
        unrecorded=drafting.begun(meeting, reading.item_ids(), viewer()),
        open_lines=[line for line in reading.lines if line.case_id not in reading.outcomes],
        **_frame(meeting, reading, None),
    )


def _frame(meeting: Meeting, reading: Reading, current: uuid.UUID | None) -> dict[str, Any]:
    invited = guests.by_case(meeting)
    return {
        "meeting": meeting,
        "group": group_of(meeting),
        "reading": reading,
        "current": current,
        "number": reading.number_of(current),
        "present": presenter(),
        "decided_words": decided_words,
        "guests": invited,
        "not_coming": answering.not_coming(meeting, {one.user_id for line in invited.values() for one in line}),
        "to_come": meeting.state in MAY_RECORD and not has_come(meeting.held_on, clock.today()),
        "elapsed": _elapsed(meeting, reading),
        "marking": standing().marking,
    }


def _elapsed(meeting: Meeting, reading: Reading) -> int | None:
    """Minutes since the meeting really began; None where nobody knows, or it was another day."""
    rows = attendance_of(meeting) if meeting.statement_read_at is None else []
    here = [row.id for row in rows if row.attended is Attended.HERE]
    began = began_at(meeting, here, [outcome.recorded_at for outcome in reading.outcomes.values()])
    if began is None:
        return None
    minutes = int(((meeting.ended_at or clock.now()) - began).total_seconds() // 60)
    return minutes if 0 <= minutes < 24 * 60 else None


def _members(meeting: Meeting) -> list[Member]:
    """Who is expected: the group's members and chair, the coordinators, and guests of single items, by agency."""
    names = presenter().names
    invited = guests.guest_ids(meeting, names.people)
    expected = [
        person
        for person in names.people
        if (person.active and (meeting.group_id in person.groups or person.holds(Role.COORDINATOR)))
        or person.user_id in invited
    ]
    return sorted(expected, key=lambda person: (names.agency_name(person.agency_id), person.name))


def _quorum_words(meeting: Meeting, here: set[uuid.UUID]) -> str:
    needed = quorum(group_of(meeting))
    words = f"{plural(len(here), 'agency', 'agencies')} here."
    if not needed:
        return words
    enough = "That is a quorum" if len(here) >= needed else "That is no quorum yet"
    return f"{words} {enough}: the group's terms ask for {needed}."


def _next(meeting: Meeting, reading: Reading, item_id: uuid.UUID) -> str:
    """The address of the item after this one, or of the end."""
    ids = reading.item_ids()
    after = ids[ids.index(item_id) + 1 :] if item_id in ids else []
    return address("run_item", meeting, item_id=after[0]) if after else address("run", meeting, anchor="items")
