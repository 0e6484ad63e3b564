"""At the meeting and after: attendance, decisions, notes, the end, agreed minutes and later truth."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from psg import clock
from psg.access import Viewer
from psg.audit import Event, record
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import Clash, DomainError, db
from psg.meetings import effects, owing
from psg.meetings.arranging import touch
from psg.meetings.effects import Decision
from psg.meetings.live import effect_of
from psg.meetings.models import Addendum, AgendaItem, Attendance, ItemNote, Meeting, Outcome
from psg.meetings.rules import BEFOREHAND, MAY_CORRECT, MAY_RECORD, Attended, Effect, MeetingState, has_come
from psg.web.words import meeting_date


@dataclass(frozen=True)
class Presence:
    """How one person came."""

    agency_id: uuid.UUID
    attended: Attended
    deputy: str = ""


def record_attendance(meeting: Meeting, came: Mapping[uuid.UUID, Presence], *, by: Viewer) -> list[Attendance]:
    """Keep who came: one row for each person named; people not named keep what they have."""
    _check_recordable(meeting, MAY_CORRECT)
    if any(presence.attended not in BEFOREHAND for presence in came.values()):
        check_day(meeting, "who is here is marked from that day on")
    rows = {row.user_id: row for row in attendance_of(meeting)}
    for user_id, presence in came.items():
        row = rows.get(user_id)
        if row is None:
            row = rows[user_id] = Attendance(
                partnership_id=meeting.partnership_id, meeting_id=meeting.id, user_id=user_id
            )
            db.session.add(row)
        row.agency_id, row.attended = presence.agency_id, presence.attended
        row.deputy = presence.deputy if presence.attended is Attended.DEPUTY else ""
    touch(meeting)
    record(Event.ATTENDANCE_RECORDED, meeting, by=by)
    db.session.flush()
    return list(rows.values())


def attendance_of(meeting: Meeting) -> list[Attendance]:
    """Every row of who came."""
    return list(
        db.session.scalars(
            select(Attendance).where(
                Attendance.partnership_id == meeting.partnership_id, Attendance.meeting_id == meeting.id
            )
        )
    )


def read_statement(meeting: Meeting, *, by: Viewer) -> Meeting:
    """The confidentiality statement was read: the meeting has begun."""
    _check_recordable(meeting, MAY_RECORD)
    check_day(meeting)
    if meeting.statement_read_at is None:
        meeting.statement_read_at = clock.now()
        record(Event.MEETING_STARTED, meeting, by=by)
        db.session.flush()
    return meeting


def record_outcome(
    item: AgendaItem,
    meeting: Meeting,
    case: Case,
    *,
    decision: Decision,
    by: Viewer,
    version: int | None = None,
) -> Outcome:
    """Keep what was decided on a case and let it take effect.

    version: that of the outcome the person was looking at, None when there was none: another one raises Clash.
    Recording again before the end corrects the words; the effect is applied again only where the decision changed.
    """
    _check_recordable(meeting, MAY_RECORD)
    check_day(meeting)
    _check_item(item, meeting, case)
    before = outcome_of(item)
    _check_version(before.version if before else None, version)
    if before is None:
        _check_still_ours(meeting, case)
        effects.apply(decision, case, by=by)
        before = Outcome(
            partnership_id=meeting.partnership_id,
            meeting_id=meeting.id,
            item_id=item.id,
            case_id=case.id,
            decision=decision.code,
            next_review_on=decision.seen_again_on,
            recorded_at=clock.now(),
            recorded_by=by.user_id,
            agreed=decision.agreed,
        )
        db.session.add(before)
    else:
        _correct(before, decision, meeting, case, by=by)
    record(Event.DECISION_RECORDED, before, by=by, why=decision.code)
    db.session.flush()
    return before


def correct_agreed(outcome: Outcome, meeting: Meeting, text: str, *, by: Viewer, version: int) -> Outcome:
    """Correct the free text of a decision while the minutes are a draft. The decision itself stands."""
    _check_recordable(meeting, MAY_CORRECT)
    _check_version(outcome.version, version)
    outcome.agreed = text
    record(Event.MINUTES_CHANGED, outcome, by=by, fields=["agreed"])
    db.session.flush()
    return outcome


def record_note(item: AgendaItem, meeting: Meeting, text: str, *, by: Viewer, version: int | None = None) -> ItemNote:
    """Keep the minutes of a standing item."""
    _check_recordable(meeting, MAY_CORRECT)
    if item.meeting_id != meeting.id or item.case_id is not None:
        raise DomainError("This is no item of this meeting's agenda.")
    note = note_of(item)
    _check_version(note.version if note else None, version)
    if note is None:
        note = ItemNote(
            partnership_id=meeting.partnership_id,
            meeting_id=meeting.id,
            item_id=item.id,
            recorded_at=clock.now(),
            recorded_by=by.user_id,
            text=text,
        )
        db.session.add(note)
    else:
        note.text, note.recorded_at, note.recorded_by = text, clock.now(), by.user_id
    record(Event.MINUTES_CHANGED, note, by=by, fields=["text"])
    db.session.flush()
    return note


def end_meeting(meeting: Meeting, *, by: Viewer) -> Meeting:
    """End a meeting: its record can be read at once, and what was not reached comes to the next one."""
    if meeting.state is not MeetingState.PUBLISHED:
        raise DomainError("Only a meeting with a published agenda can be ended.")
    check_day(meeting)
    meeting.state, meeting.ended_at = MeetingState.HELD, clock.now()
    record(Event.MEETING_ENDED, meeting, by=by)
    owing.settle_all(meeting)
    db.session.flush()
    return meeting


def agree_minutes(meeting: Meeting, *, by: Viewer) -> Meeting:
    """Mark the minutes as agreed: nothing of them changes from now on."""
    if meeting.state is not MeetingState.HELD:
        raise DomainError("Minutes are agreed once, after the meeting was ended.")
    meeting.state, meeting.agreed_at, meeting.agreed_by = MeetingState.AGREED, clock.now(), by.user_id
    record(Event.MINUTES_CONFIRMED, meeting, by=by)
    db.session.flush()
    return meeting


def add_addendum(meeting: Meeting, text: str, *, by: Viewer) -> Addendum:
    """Add later truth to agreed minutes."""
    if meeting.state is not MeetingState.AGREED:
        raise DomainError("The minutes are not agreed yet, so correct them instead.")
    addendum = Addendum(
        partnership_id=meeting.partnership_id,
        meeting_id=meeting.id,
        added_at=clock.now(),
        added_by=by.user_id,
        text=text,
    )
    db.session.add(addendum)
    record(Event.ADDENDUM_ADDED, addendum, by=by)
    db.session.flush()
    return addendum


def outcome_of(item: AgendaItem) -> Outcome | None:
    """What was decided under an item."""
    return db.session.scalar(
        select(Outcome).where(Outcome.partnership_id == item.partnership_id, Outcome.item_id == item.id)
    )


def note_of(item: AgendaItem) -> ItemNote | None:
    """The minutes of a standing item."""
    return db.session.scalar(
        select(ItemNote).where(ItemNote.partnership_id == item.partnership_id, ItemNote.item_id == item.id)
    )


def _correct(outcome: Outcome, decision: Decision, meeting: Meeting, case: Case, *, by: Viewer) -> None:
    """Put a recorded decision right. What closed or passed on a case is undone on the case, not here."""
    seen_again_on = decision.seen_again_on
    if outcome.decision != decision.code:
        if effect_of(outcome.decision) in _FINAL or case.state not in (CaseState.SENT, CaseState.OPEN):
            raise DomainError(
                "This decision has already taken effect on the case. Change the case itself, then correct the words."
            )
        _check_still_ours(meeting, case)
        effects.apply(decision, case, by=by)
    elif effect_of(outcome.decision) is Effect.CLOSE:
        seen_again_on = outcome.next_review_on
    elif outcome.next_review_on != decision.next_review_on and case.state is CaseState.OPEN:
        _check_still_ours(meeting, case)
        _set_review(case, decision.next_review_on, by=by)
    outcome.decision, outcome.next_review_on, outcome.agreed = decision.code, seen_again_on, decision.agreed
    outcome.recorded_at, outcome.recorded_by = clock.now(), by.user_id


def _set_review(case: Case, review_on: date | None, *, by: Viewer) -> None:
    if review_on is not None:
        cases.set_review(case, review_on=review_on, by=by)


def check_day(meeting: Meeting, waits: str = "nothing is decided here before that day") -> None:
    """Refuse what belongs to the meeting's day before it has come. waits: what it is, in words."""
    if not has_come(meeting.held_on, clock.today()):
        raise DomainError(
            f"This meeting is on {meeting_date(meeting.held_on)}, so {waits}. "
            "If it is held today, or has been held already, move it to today first."
        )


def _check_recordable(meeting: Meeting, states: frozenset[MeetingState]) -> None:
    """Refuse what is no longer recorded. The meeting is under lock from here on, so that nothing slips in behind the
    press that ends it or agrees its minutes."""
    db.session.flush()
    db.session.refresh(meeting, with_for_update=True)
    if meeting.state not in states:
        raise DomainError(
            "The minutes of this meeting are agreed, so they stay as they are. Add an addendum instead."
            if meeting.state is MeetingState.AGREED
            else "This meeting has ended or was cancelled, so nothing more is recorded here."
        )
    if not meeting.agenda_version:
        raise DomainError("Publish the agenda first: the record is kept by its items.")


def _check_item(item: AgendaItem, meeting: Meeting, case: Case) -> None:
    if item.meeting_id != meeting.id or item.case_id != case.id or not item.published:
        raise DomainError("This case is not on the published agenda of this meeting. Publish a new version first.")


def _check_still_ours(meeting: Meeting, case: Case) -> None:
    """A case that was passed on since the agenda was published is for its new group to decide."""
    if case.group_id != meeting.group_id:
        raise DomainError("This case belongs to another group now, so this meeting cannot decide it.")


def _check_version(saved: int | None, seen: int | None) -> None:
    if saved != seen:
        raise Clash("Somebody else recorded this item while you were working on it.")


_FINAL = frozenset({Effect.CLOSE, Effect.PASS_ON, Effect.DECLINE, Effect.ACCEPT})
