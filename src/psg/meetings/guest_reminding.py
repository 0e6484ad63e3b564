"""Mails to guests and observers: a date, a time and a link. Nothing of the item."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.access import Viewer
from psg.db import db
from psg.meetings import guests, owing
from psg.meetings.models import Meeting
from psg.meetings.reminding import moved_words
from psg.meetings.rules import MeetingState
from psg.reminders.kinds import Message, MessageKind
from psg.reminders.outgoing import Outgoing
from psg.web.words import meeting_date, plural, time_of_day

_WHY = "You get this because you are invited to an item of a meeting."
_LINK = "/my-work#invited"


def _meeting(delivery: Outgoing) -> Meeting | None:
    return db.session.scalar(
        select(Meeting).where(
            Meeting.partnership_id == delivery.partnership_id,
            Meeting.id == uuid.UUID(str(delivery.details["meeting_id"])),
        )
    )


def _items(viewer: Viewer, delivery: Outgoing) -> list[guests.InvitedLine]:
    """The items of the delivery's meeting that the guest may read now."""
    meeting = _meeting(delivery)
    ids = {one.id for one in guests.invitations_to(meeting)} if meeting else set()
    return [line for line in guests.open_for(viewer) if line.invitation_id in ids]


def _invited_still(viewer: Viewer, delivery: Outgoing) -> bool:
    return any(str(line.invitation_id) == delivery.details["invitation_id"] for line in _items(viewer, delivery))


def _some_item(viewer: Viewer, delivery: Outgoing) -> bool:
    return bool(_items(viewer, delivery))


def _expected_there(viewer: Viewer, delivery: Outgoing) -> bool:
    """For a meeting that was cancelled: whether they would have come, from an agency that is still covered."""
    meeting = _meeting(delivery)
    place = viewer.standing(meeting.partnership_id) if meeting else None
    if meeting is None or place is None or not place.agreement_signed or meeting.held_on < clock.today():
        return False
    told = any(one.user_id == viewer.user_id for one in guests.invitations_to(meeting))
    return told and meeting.state is MeetingState.CANCELLED


def _words(words: Callable[[Meeting, int, Outgoing], tuple[str, list[str]]]) -> Callable[[Viewer, Outgoing], Message]:
    """A message made of the meeting, how many of its items the guest may read, and what the mail knows."""

    def render(viewer: Viewer, delivery: Outgoing) -> Message:
        meeting = _meeting(delivery)
        if meeting is None:
            raise LookupError("a message about a meeting was rendered without asking whether it is wanted")
        subject, paragraphs = words(meeting, len(_items(viewer, delivery)), delivery)
        return Message(subject=subject, paragraphs=paragraphs, link=_LINK, why=_WHY)

    return render


def _invited(meeting: Meeting, _items: int, _delivery: Outgoing) -> tuple[str, list[str]]:
    short = f"{meeting.held_on.day} {meeting.held_on.strftime('%B')}"
    day = meeting_date(meeting.held_on)
    return (
        f"PSG: you are invited to one item of the meeting on {short}",
        [
            f"You are invited to one item of the meeting on {day} at {time_of_day(meeting.at)}.",
            "Sign in to read what it is about. It can be read until the meeting has ended.",
        ],
    )


def _tomorrow(meeting: Meeting, items: int, _delivery: Outgoing) -> tuple[str, list[str]]:
    days = (meeting.held_on - clock.today()).days
    when = {0: "today", 1: "tomorrow"}.get(days, f"on {meeting_date(meeting.held_on)}")
    count = plural(items, "item")
    return (
        f"PSG: a meeting {when} at {time_of_day(meeting.at)} to which you are invited",
        [f"You are invited to {count} of a meeting {when} at {time_of_day(meeting.at)}."],
    )


def _moved(meeting: Meeting, _items: int, delivery: Outgoing) -> tuple[str, list[str]]:
    return (
        f"PSG: a meeting to which you are invited is moved to {meeting_date(meeting.held_on)}",
        [moved_words(meeting, delivery)],
    )


def _cancelled(meeting: Meeting, _items: int, _delivery: Outgoing) -> tuple[str, list[str]]:
    return (
        f"PSG: the meeting of {meeting_date(meeting.held_on)} is cancelled",
        [
            f"The meeting on {meeting_date(meeting.held_on)} does not take place.",
            "Your invitation ends with it. You are invited anew if you are needed at the next one.",
        ],
    )


INVITED = MessageKind(owing.GUEST_INVITED, _invited_still, _words(_invited), label="Guest invited to an item")
TOMORROW = MessageKind(owing.GUEST_TOMORROW, _some_item, _words(_tomorrow), label="Guest: meeting tomorrow")
MOVED = MessageKind(owing.GUEST_MOVED, _some_item, _words(_moved), label="Guest: meeting moved")
CANCELLED = MessageKind(owing.GUEST_CANCELLED, _expected_there, _words(_cancelled), label="Guest: meeting cancelled")

KINDS: tuple[Any, ...] = (INVITED, TOMORROW, MOVED, CANCELLED)
"""All of them, for `kinds.register(*KINDS)`."""
