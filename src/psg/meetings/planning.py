"""Planning: a group's series, the meetings it makes, extra ones, moved ones, cancelled ones."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import zip_longest

from sqlalchemy import or_, select, union

from psg import clock
from psg.audit import Actor, Event, record
from psg.crypto import datakeys
from psg.db import DomainError, db
from psg.meetings import answering, owing
from psg.meetings.models import AgendaItem, GuestInvitation, Meeting, Series, StandingItem
from psg.meetings.queries import has_begun
from psg.meetings.recurrence import Rhythm, dates_until
from psg.meetings.rules import CANCEL_REASONS, MAY_ARRANGE, MeetingState, Section
from psg.partnerships.models import Group
from psg.partnerships.queries import AnyGroup

AHEAD = timedelta(days=370)
"""How far the nightly task plans: a year and a few days, so that the same month next year is there."""


@dataclass(frozen=True)
class StandingLine:
    """One section of a group's standing agenda."""

    title: str
    section: Section
    minutes: int


def rhythm_of(series: Series) -> Rhythm:
    """The series as the calendar rules know it."""
    return Rhythm(series.ordinal, series.weekday, series.every_months, series.starts_from)


def set_series(
    group: Group, *, rhythm: Rhythm, at: time, minutes: int, place: str, by: Actor, plan_ahead: bool = True
) -> Series:
    """Say how a group meets and plan its meetings. Meetings whose agenda was begun keep their date."""
    series = series_of(group)
    if series is None:
        series = Series(partnership_id=group.partnership_id, group_id=group.id, starts_from=rhythm.starts_from)
        db.session.add(series)
    series.ordinal, series.weekday = rhythm.ordinal, rhythm.weekday
    series.every_months, series.starts_from = rhythm.every_months, rhythm.starts_from
    series.at, series.minutes, series.place = at, minutes, place
    record(Event.SERIES_SET, series, by=by)
    db.session.flush()
    if plan_ahead:
        plan_meetings(group, by=by)
    return series


def series_of(group: Group) -> Series | None:
    """The group's series, if it has one."""
    return db.session.scalar(
        select(Series).where(Series.partnership_id == group.partnership_id, Series.group_id == group.id)
    )


def set_standing_agenda(group: Group, lines: Sequence[StandingLine], *, by: Actor) -> list[StandingItem]:
    """Replace a group's standing agenda. Published agendas keep the sections they were published with."""
    if not lines:
        raise DomainError("A standing agenda needs at least one item.")
    before = list(
        db.session.scalars(
            select(StandingItem)
            .where(StandingItem.partnership_id == group.partnership_id, StandingItem.group_id == group.id)
            .order_by(StandingItem.position)
        )
    )
    items: list[StandingItem] = []
    for position, (item, line) in enumerate(zip_longest(before, lines), start=1):
        if line is None:
            db.session.delete(item)
            record(Event.STANDING_AGENDA_SET, item, by=by)
            continue
        if item is None:
            item = StandingItem(partnership_id=group.partnership_id, group_id=group.id)
            db.session.add(item)
        item.position, item.title, item.section, item.minutes = position, line.title, line.section, line.minutes
        record(Event.STANDING_AGENDA_SET, item, by=by)
        items.append(item)
    db.session.flush()
    return items


def plan_meetings(group: Group, until: date | None = None, *, by: Actor) -> list[Meeting]:
    """Make the meetings that the group's series asks for from today on; give the new ones.

    When the series changed, meetings nobody has begun to prepare take the new dates; those too many are removed.
    """
    series = series_of(group)
    if series is None:
        return []
    today = clock.today()
    wanted = dates_until(rhythm_of(series), today, until or today + AHEAD)
    planned = list(
        db.session.scalars(
            select(Meeting)
            .where(
                Meeting.partnership_id == group.partnership_id,
                Meeting.group_id == group.id,
                or_(Meeting.held_on >= today, Meeting.series_on >= today),
            )
            .order_by(Meeting.held_on)
        )
    )
    taken = {meeting.held_on for meeting in planned} | {meeting.series_on for meeting in planned}
    missing = [day for day in wanted if day not in taken]
    begun = _begun(planned)
    free = [
        meeting
        for meeting in planned
        if meeting.series_on is not None and meeting.state is MeetingState.PREPARING and meeting.id not in begun
    ]
    _follow_series(group, series, [m for m in free if m.series_on in wanted and m.held_on == m.series_on], by=by)
    spare = [meeting for meeting in free if meeting.series_on not in wanted and until is None]
    new: list[Meeting] = []
    for meeting, day in zip_longest(spare, missing):
        if day is None:
            _remove(meeting, by=by)
        elif meeting is None:
            new.append(_add(group, day, series.at, series.minutes, series.place, series_on=day, by=by))
        else:
            meeting.series_on = day
            change_meeting(meeting, group, held_on=day, at=series.at, minutes=series.minutes, place=series.place, by=by)
    return new


def add_meeting(group: Group, *, held_on: date, at: time, minutes: int, place: str, by: Actor) -> Meeting:
    """Plan an extra meeting."""
    if held_on < clock.today():
        raise DomainError("A meeting cannot be planned for a day that is over.")
    _refuse_second(group, held_on)
    return _add(group, held_on, at, minutes, place, series_on=None, by=by)


def change_meeting(
    meeting: Meeting, group: AnyGroup, *, held_on: date, at: time, minutes: int, place: str, by: Actor
) -> Meeting:
    """Move a meeting to another date, time or place. The date of one that has begun stays: it was decided on."""
    if meeting.state not in MAY_ARRANGE:
        raise DomainError("This meeting is over or cancelled, so it cannot be moved.")
    before = (meeting.held_on, meeting.at, meeting.minutes, meeting.place)
    if held_on != meeting.held_on:
        if has_begun(meeting):
            raise DomainError("This meeting has begun. End it, and plan another.", field="held_on")
        if held_on < clock.today():
            raise DomainError("A meeting cannot be moved to a day that is over.", field="held_on")
        _refuse_second(group, held_on)
    meeting.held_on, meeting.at, meeting.minutes, meeting.place = held_on, at, minutes, place
    after = (held_on, at, minutes, place)
    fields = [
        name for name, old, new in zip(("held_on", "at", "minutes", "place"), before, after, strict=True) if old != new
    ]
    record(Event.MEETING_CHANGED, meeting, by=by, fields=fields)
    if "held_on" in fields:
        answering.forget(meeting)
    db.session.flush()
    if "held_on" in fields:
        owing.move(meeting, group)
    if meeting.agenda_version and ("held_on" in fields or "at" in fields or "place" in fields):
        owing.tell_moved(meeting, datetime.combine(*before[:2]))
    return meeting


def cancel_meeting(meeting: Meeting, *, reason: str, by: Actor) -> Meeting:
    """Cancel a meeting. What stood on its agenda comes to the next one."""
    if meeting.state not in MAY_ARRANGE:
        raise DomainError("This meeting is over or cancelled already.")
    if has_begun(meeting):
        raise DomainError("This meeting has begun. End it: what was not reached comes to the next one.")
    if reason not in CANCEL_REASONS:
        raise DomainError("Select why the meeting is cancelled.")
    meeting.state, meeting.cancel_reason = MeetingState.CANCELLED, reason
    record(Event.MEETING_CANCELLED, meeting, by=by, why=reason)
    owing.settle_all(meeting)
    if meeting.agenda_version:
        owing.tell_cancelled(meeting)
    db.session.flush()
    return meeting


def _add(
    group: Group, held_on: date, at: time, minutes: int, place: str, *, series_on: date | None, by: Actor
) -> Meeting:
    meeting = Meeting(
        partnership_id=group.partnership_id,
        group_id=group.id,
        series_on=series_on,
        held_on=held_on,
        at=at,
        minutes=minutes,
        place=place,
    )
    datakeys.create(group.partnership_id, meeting.id, datakeys.MEETING)
    db.session.add(meeting)
    record(Event.MEETING_ADDED, meeting, by=by)
    db.session.flush()
    owing.owe(meeting, group)
    return meeting


def _refuse_second(group: AnyGroup, held_on: date) -> None:
    same_day = select(Meeting.id).where(
        Meeting.partnership_id == group.partnership_id, Meeting.group_id == group.id, Meeting.held_on == held_on
    )
    if db.session.scalar(same_day) is not None:
        raise DomainError(
            "This group already has a meeting on that date. Choose another date, or change that meeting.",
            field="held_on",
        )


def _begun(planned: Sequence[Meeting]) -> set[uuid.UUID]:
    """Ids of the meetings whose agenda somebody has begun, or to which a guest is invited."""
    if not planned:
        return set()
    ids = [meeting.id for meeting in planned]
    here = planned[0].partnership_id
    arranged = select(AgendaItem.meeting_id).where(AgendaItem.partnership_id == here, AgendaItem.meeting_id.in_(ids))
    with_guests = select(GuestInvitation.meeting_id).where(
        GuestInvitation.partnership_id == here, GuestInvitation.meeting_id.in_(ids)
    )
    return set(db.session.scalars(union(arranged, with_guests)))


def _follow_series(group: Group, series: Series, meetings: Sequence[Meeting], *, by: Actor) -> None:
    """Give unmoved, unbegun meetings the series' time and place of today."""
    for meeting in meetings:
        if (meeting.at, meeting.minutes, meeting.place) != (series.at, series.minutes, series.place):
            change_meeting(
                meeting,
                group,
                held_on=meeting.held_on,
                at=series.at,
                minutes=series.minutes,
                place=series.place,
                by=by,
            )


def _remove(meeting: Meeting, *, by: Actor) -> None:
    owing.settle_all(meeting)
    record(Event.MEETING_REMOVED, meeting, by=by)
    db.session.delete(meeting)
    db.session.flush()
    datakeys.shred(meeting.partnership_id, meeting.id)
