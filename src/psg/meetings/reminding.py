"""What meetings remind people of: words of the digest and of mails, decided again at the moment of sending.

A mail carries dates, counts and a link: no names, no rooms, no case.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from psg import clock, settings
from psg.access import Permission, Role, Viewer
from psg.access.policy import permits
from psg.db import db
from psg.meetings import owing
from psg.meetings.calendar_file import calendar_file
from psg.meetings.clocks import cut_offs
from psg.meetings.models import Meeting
from psg.meetings.queries import count_yours
from psg.meetings.rules import MeetingState
from psg.partnerships.models import Group
from psg.reminders.kinds import Message, MessageKind, ObligationKind, themselves
from psg.reminders.models import Obligation
from psg.reminders.outgoing import Outgoing
from psg.web.words import long_date, meeting_date, plural, time_of_day

_WHY = "You get this because you are in this group, or coordinate its partnership."
_GIVE_UP = timedelta(days=14)


# What is owed


def _still_owes(viewer: Viewer, obligation: Obligation, _same: Obligation) -> bool:
    """Whether the viewer still holds the role, in a partnership whose agreement their agency has signed."""
    place = viewer.standing(obligation.partnership_id)
    if place is None or not place.agreement_signed:
        return False
    if obligation.role == Role.COORDINATOR.value:
        return Role.COORDINATOR in place.roles
    return place.holds_in(Role.CHAIR, obligation.group_id)


def _close_line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - the shape of every kind's `line`
    return f"Referrals for {obligation.reference} close {long_date(obligation.due_on)}"


def _publish_line(obligation: Obligation, today: date) -> str:
    if obligation.due_on < today:
        return f"Publish the agenda of {obligation.reference}: it was due {long_date(obligation.due_on)}"
    return f"Publish the agenda of {obligation.reference} by {long_date(obligation.due_on)}"


def _once_more(obligation: Obligation, told_on: date) -> date | None:
    """The day before and the day itself."""
    return obligation.due_on if told_on < obligation.due_on else None


def _until_done(obligation: Obligation, told_on: date) -> date | None:
    """The day before, the day itself, then every working day until it is done or pointless."""
    if told_on < obligation.due_on:
        return obligation.due_on
    following = clock.next_working_day(told_on)
    return following if following < obligation.due_on + _GIVE_UP else None


def _with_a_closing_day(obligations: Sequence[Obligation]) -> Mapping[uuid.UUID, Obligation]:
    """Those of meetings for which referrals close at all: an extra meeting has no such day."""
    ids = {obligation.record_id for obligation in obligations}
    found = db.session.scalars(select(Meeting.id).where(Meeting.id.in_(ids), Meeting.series_on.is_not(None)))
    closing = set(found)
    return {obligation.id: obligation for obligation in obligations if obligation.record_id in closing}


CLOSING = ObligationKind(
    code=owing.REFERRALS_CLOSE,
    line=_close_line,
    next_after=_once_more,
    records=_with_a_closing_day,
    wanted=_still_owes,
    label="Referrals close",
    subject=lambda count: f"referrals close for {plural(count, 'meeting')}",
)
PUBLISHING = ObligationKind(
    code=owing.PUBLISH_AGENDA,
    line=_publish_line,
    next_after=_until_done,
    records=themselves,
    wanted=_still_owes,
    label="Agenda to publish",
    subject=lambda count: f"{plural(count, 'agenda')} to publish",
)


# What is told


def _meeting_of(delivery: Outgoing) -> Meeting | None:
    if delivery.partnership_id is None:
        return None
    return db.session.scalar(
        select(Meeting).where(
            Meeting.partnership_id == delivery.partnership_id,
            Meeting.id == uuid.UUID(str(delivery.details["meeting_id"])),
        )
    )


def _wanted(states: frozenset[MeetingState], *, future: bool = True) -> Callable[[Viewer, Outgoing], bool]:
    """Whether the meeting still stands as the mail says, and this person may read it now."""

    def wanted(viewer: Viewer, delivery: Outgoing) -> bool:
        meeting = _meeting_of(delivery)
        if meeting is None or meeting.state not in states or (future and meeting.held_on < clock.today()):
            return False
        latest = delivery.details.get("version")
        if latest is not None and latest != meeting.agenda_version:
            return False  # a newer version is told by its own mail
        return permits(viewer, Permission.MEETING_READ, meeting.facts())

    return wanted


def _told(viewer: Viewer, delivery: Outgoing) -> tuple[Meeting, str, int]:
    meeting = _meeting_of(delivery)
    place = viewer.standing(meeting.partnership_id) if meeting else None
    if meeting is None or place is None:
        raise LookupError("a message about a meeting was rendered without asking whether it is wanted")
    yours = count_yours(viewer, place, [meeting.id]).get(meeting.id, 0)
    return meeting, f"/{place.slug}/meetings/{meeting.id}", yours


def _yours_words(yours: int) -> str:
    return f"{plural(yours, 'item is', 'items are')} yours"


def _ics(meeting: Meeting, path: str) -> bytes:
    base = settings.current().base_url.rstrip("/")
    # The place stays out of the mail, so out of its attachment too; the page has it.
    return calendar_file(
        meeting, group_name="PSG meeting", link=base + path, host=base.split("//")[-1], with_place=False
    )


def _render_published(viewer: Viewer, delivery: Outgoing) -> Message:
    meeting, path, yours = _told(viewer, delivery)
    again = f"Version {meeting.agenda_version} of the agenda" if meeting.agenda_version > 1 else ""
    short = f"{meeting.held_on.day} {meeting.held_on.strftime('%B')}"
    day = meeting_date(meeting.held_on)
    count = f" ({_yours_words(yours)})" if yours else ""
    research_in = cut_offs(_group(meeting), meeting.held_on).research_in
    look_up = [f"Look up your agency's records by {long_date(research_in)}."] if research_in >= clock.today() else []
    return Message(
        subject=f"PSG: {again.lower() or 'agenda'} for {short} is ready{count}",
        paragraphs=[
            f"{again or 'The agenda'} of the meeting on {day} at {time_of_day(meeting.at)} is published.",
            f"{_yours_words(yours).capitalize()}." if yours else "No item is yours.",
            *look_up,
        ],
        link=path,
        ics=_ics(meeting, path),
        why=_WHY,
    )


def _render_tomorrow(viewer: Viewer, delivery: Outgoing) -> Message:
    meeting, path, yours = _told(viewer, delivery)
    days = (meeting.held_on - clock.today()).days
    when = {0: "today", 1: "tomorrow"}.get(days, f"on {meeting_date(meeting.held_on)}")
    full = f", {meeting_date(meeting.held_on)}," if days in (0, 1) else ""
    return Message(
        subject=f"PSG: meeting {when} at {time_of_day(meeting.at)}",
        paragraphs=[
            f"You have a meeting {when}{full} at {time_of_day(meeting.at)}.",
            f"{_yours_words(yours).capitalize()}: bring what your agency knows." if yours else "No item is yours.",
        ],
        link=path,
        ics=_ics(meeting, path),
        why=_WHY,
    )


def moved_words(meeting: Meeting, delivery: Outgoing) -> str:
    """Where a meeting has gone, and whence, where the mail knows it and it was another day or time."""
    now = f"{meeting_date(meeting.held_on)} at {time_of_day(meeting.at)}"
    if "was_at" not in delivery.details:
        return f"The meeting is now on {now}."
    before = datetime.fromisoformat(delivery.details["was_at"])
    was = f"{meeting_date(before.date())} at {time_of_day(before.time())}"
    return f"The meeting is now on {now}. It was on {was}." if was != now else f"The meeting is on {now}."


def _render_moved(viewer: Viewer, delivery: Outgoing) -> Message:
    meeting, path, _ = _told(viewer, delivery)
    return Message(
        subject=f"PSG: meeting moved to {meeting_date(meeting.held_on)}",
        paragraphs=[moved_words(meeting, delivery)],
        link=path,
        ics=_ics(meeting, path),
        why=_WHY,
    )


def _render_cancelled(viewer: Viewer, delivery: Outgoing) -> Message:
    meeting, path, _ = _told(viewer, delivery)
    return Message(
        subject=f"PSG: meeting of {meeting_date(meeting.held_on)} is cancelled",
        paragraphs=[
            f"The meeting on {meeting_date(meeting.held_on)} does not take place.",
            "What stood on its agenda comes to the next meeting.",
        ],
        link=path,
        ics=_ics(meeting, path),
        why=_WHY,
    )


_STANDS = frozenset({MeetingState.PUBLISHED})
PUBLISHED = MessageKind(owing.AGENDA_PUBLISHED, _wanted(_STANDS), _render_published, label="Agenda published")
TOMORROW = MessageKind(owing.MEETING_TOMORROW, _wanted(_STANDS), _render_tomorrow, label="Meeting tomorrow")
MOVED = MessageKind(owing.MEETING_MOVED, _wanted(_STANDS), _render_moved, label="Meeting moved")
CANCELLED = MessageKind(
    owing.MEETING_CANCELLED, _wanted(frozenset({MeetingState.CANCELLED})), _render_cancelled, label="Meeting cancelled"
)

KINDS: tuple[Any, ...] = (CLOSING, PUBLISHING, PUBLISHED, TOMORROW, MOVED, CANCELLED)
"""All of them, for `kinds.register(*KINDS)`."""


# What the clock does


def remind_of_meetings(today: date | None = None) -> int:
    """Every morning, inside transaction(): tell the members of groups that meet on the next working day.

    Gives how many meetings were told about. Running it twice on one day sends one mail to each person.
    """
    day = today or clock.today()
    near = db.session.execute(
        select(Meeting, Group)
        .join(Group, (Group.partnership_id == Meeting.partnership_id) & (Group.id == Meeting.group_id))
        .where(
            Meeting.state == MeetingState.PUBLISHED,
            Meeting.held_on >= day,
            Meeting.held_on <= day + timedelta(days=28),
        )
    )
    told = 0
    for meeting, group in near:
        # Not only on the very day: the scheduler may have been down, or the agenda came out late.
        if cut_offs(group, meeting.held_on).remind_on <= day:
            owing.tell_tomorrow(meeting)
            told += 1
    return told


def _group(meeting: Meeting) -> Group:
    group: Group | None = db.session.scalar(
        select(Group).where(Group.partnership_id == meeting.partnership_id, Group.id == meeting.group_id)
    )
    if group is None:
        raise LookupError(f"meeting {meeting.id} has no group")
    return group
