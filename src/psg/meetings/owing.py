"""What a meeting makes people owe, and whom its changes are told to. Written with the change, sent by the worker."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from psg import clock
from psg.access import Role
from psg.db import db
from psg.meetings.clocks import cut_offs, referrals_close
from psg.meetings.models import GuestInvitation, Meeting
from psg.partnerships.holding import holders_of_any
from psg.partnerships.models import Partnership
from psg.partnerships.queries import AnyGroup, Directory
from psg.reminders import operations as reminders
from psg.web.words import full_date

REFERRALS_CLOSE = "referrals-close"
PUBLISH_AGENDA = "publish-agenda"
AGENDA_PUBLISHED = "agenda-published"
MEETING_TOMORROW = "meeting-tomorrow"
MEETING_MOVED = "meeting-moved"
MEETING_CANCELLED = "meeting-cancelled"
GUEST_INVITED = "guest-invited"
GUEST_TOMORROW = "guest-meeting-tomorrow"
GUEST_MOVED = "guest-meeting-moved"
GUEST_CANCELLED = "guest-meeting-cancelled"


def owe(meeting: Meeting, group: AnyGroup) -> None:
    """The coordinator and the chair owe an agenda: referrals close, if there is a day for it; then it is published."""
    dates = cut_offs(group, meeting.held_on)
    closing = referrals_close(meeting, group)
    if meeting.held_on < clock.today():
        return
    name = f"{group.name}, {full_date(meeting.held_on)}"
    path = f"/{_slug(meeting.partnership_id)}/meetings/{meeting.id}/agenda"
    dates_owed = [(REFERRALS_CLOSE, closing)] if closing is not None else []
    owed = [
        reminders.Owed(
            partnership_id=meeting.partnership_id,
            kind=kind,
            record_id=meeting.id,
            stage=role.value,
            reference=name,
            path=path,
            role=role.value,
            group_id=group_id,
            due_on=due_on,
            next_on=max(clock.add_working_days(due_on, -1), clock.today()),
        )
        for kind, due_on in (*dates_owed, (PUBLISH_AGENDA, dates.publish_by))
        for role, group_id in ((Role.COORDINATOR, None), (Role.CHAIR, group.id))
    ]
    reminders.owe(*owed)


def move(meeting: Meeting, group: AnyGroup) -> None:
    """The meeting has another date: what is owed for it has other dates and another name."""
    settle_all(meeting)
    if not meeting.agenda_version:
        owe(meeting, group)


def settle_all(meeting: Meeting) -> None:
    """Nothing is owed for the meeting any more."""
    reminders.settle(partnership_id=meeting.partnership_id, record_id=meeting.id)


def settle_publishing(meeting: Meeting) -> None:
    """The agenda is out."""
    settle_all(meeting)


def tell_published(meeting: Meeting, *, only: Iterable[uuid.UUID] | None = None) -> list[uuid.UUID]:
    """Mail those who may read the agenda; `only` narrows a later version to those it concerns. Gives who is told."""
    people = audience(meeting)
    if only is not None:
        concerned = set(only)
        people = [user_id for user_id in people if user_id in concerned]
    _tell(meeting, people, AGENDA_PUBLISHED, f"{meeting.id}:{meeting.agenda_version}", version=meeting.agenda_version)
    return people


def tell_tomorrow(meeting: Meeting) -> list[uuid.UUID]:
    """Remind everybody of a meeting that is near. Telling twice for one date sends one mail."""
    people = audience(meeting)
    _tell(meeting, people, MEETING_TOMORROW, f"{meeting.id}:{meeting.held_on.isoformat()}")
    _tell(meeting, guests(meeting), GUEST_TOMORROW, f"{meeting.id}:{meeting.held_on.isoformat()}")
    return people


def tell_moved(meeting: Meeting, was_at: datetime) -> None:
    """Mail the new date, time or place to those who have had the agenda. was_at: the local time it was planned for."""
    stamp = f"{meeting.held_on.isoformat()}T{meeting.at.isoformat(timespec='minutes')}"
    key, before = f"{meeting.id}:{stamp}:{meeting.version}", was_at.isoformat(timespec="minutes")
    _tell(meeting, audience(meeting), MEETING_MOVED, key, was_at=before)
    _tell(meeting, guests(meeting), GUEST_MOVED, key, was_at=before)


def tell_cancelled(meeting: Meeting) -> None:
    """Mail that the meeting does not take place."""
    _tell(meeting, audience(meeting), MEETING_CANCELLED, str(meeting.id))
    _tell(meeting, guests(meeting), GUEST_CANCELLED, str(meeting.id))


def tell_guests(meeting: Meeting) -> None:
    """Mail each guest, once for each invitation, that there is an item for them to read."""
    for invitation_id, user_id in _invited(meeting):
        _tell(meeting, [user_id], GUEST_INVITED, str(invitation_id), invitation_id=str(invitation_id))


def guests(meeting: Meeting) -> list[uuid.UUID]:
    """Those invited to single items. Whether each may still read is asked at sending."""
    return list(dict.fromkeys(user_id for _, user_id in _invited(meeting)))


def _invited(meeting: Meeting) -> list[tuple[uuid.UUID, uuid.UUID]]:
    rows = db.session.execute(
        select(GuestInvitation.id, GuestInvitation.user_id).where(
            GuestInvitation.partnership_id == meeting.partnership_id,
            GuestInvitation.meeting_id == meeting.id,
            GuestInvitation.withdrawn_at.is_(None),
        )
    )
    return [(row.id, row.user_id) for row in rows]


def audience(meeting: Meeting) -> list[uuid.UUID]:
    """Members and chair of the group and the partnership's coordinators. Whether each may read is asked at sending."""
    group_id = meeting.group_id
    roles = ((Role.CHAIR, group_id), (Role.PRACTITIONER, group_id), (Role.COORDINATOR, None))
    return holders_of_any(meeting.partnership_id, roles)


def audience_among(names: Directory, meeting: Meeting) -> list[uuid.UUID]:
    """The same people from a directory that a page has read already."""
    return [
        person.user_id
        for person in names.people
        if person.active and (meeting.group_id in person.groups or Role.COORDINATOR in person.roles)
    ]


def _tell(meeting: Meeting, people: Iterable[uuid.UUID], kind: str, key: str, **details: object) -> None:
    for user_id in people:
        reminders.tell(
            user_id=user_id,
            kind=kind,
            key=key,
            partnership_id=meeting.partnership_id,
            details={"meeting_id": str(meeting.id), **details},
        )


def _slug(partnership_id: uuid.UUID) -> str:
    partnership = db.session.get(Partnership, partnership_id)
    if partnership is None:
        raise LookupError(f"there is no partnership {partnership_id}")
    return partnership.slug
