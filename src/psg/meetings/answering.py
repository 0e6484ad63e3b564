"""What a guest says about coming, and whom they can ask. An answer stands in the meeting's attendance from then on."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from psg import clock
from psg.access import Role, Viewer
from psg.audit import Event, record
from psg.db import DomainError, db
from psg.meetings import owing
from psg.meetings.arranging import touch
from psg.meetings.models import Attendance, GuestInvitation, Meeting
from psg.meetings.rules import BEFOREHAND, Attended, MeetingState
from psg.partnerships.models import Partnership
from psg.partnerships.queries import Directory


@dataclass(frozen=True)
class Contact:
    """Whom a guest can write to: the coordinators by name, and the mailbox that is theirs together."""

    names: list[str]
    mailbox: str


def contact_of(partnership_id: uuid.UUID, names: Directory) -> Contact:
    """Who answers a guest's questions. Nobody's own address: guests see no colleague's."""
    mailbox = db.session.scalar(select(Partnership.contact_email).where(Partnership.id == partnership_id))
    coordinators = [person.name for person in names.people if person.active and person.holds(Role.COORDINATOR)]
    return Contact(coordinators, mailbox or "")


def answer(invitation: GuestInvitation, meeting: Meeting, *, comes: bool, by: Viewer) -> None:
    """Keep that an invited person cannot come to the meeting, or can after all. That they came or not is the chair's.

    Apologies keep the meeting's version: whoever is arranging its agenda is not disturbed. Taking them back does not,
    for a page that still shows them would write them again.
    """
    db.session.refresh(meeting, with_for_update=True)
    db.session.refresh(invitation)  # withdrawing waits for the same lock: see `withdrawn`
    if invitation.withdrawn_at is not None:
        raise DomainError("This invitation was withdrawn, so there is nothing to say any more.")
    if meeting.state is not MeetingState.PUBLISHED or meeting.held_on < clock.today():
        raise DomainError("This meeting is over or was cancelled, so there is nothing to say any more.")
    row = _row(invitation)
    if row is not None and row.attended is not Attended.APOLOGIES:
        raise DomainError("The chair has recorded already how you came. Speak to them.")
    if comes is (row is None):
        return
    if row is None:
        place = by.standing(meeting.partnership_id)
        if place is None:
            raise LookupError("only a member of the partnership is invited")
        row = Attendance(
            partnership_id=meeting.partnership_id,
            meeting_id=meeting.id,
            user_id=by.user_id,
            agency_id=place.agency_id,
            attended=Attended.APOLOGIES,
        )
        db.session.add(row)
    else:
        db.session.delete(row)
        touch(meeting)
    record(Event.GUEST_ANSWERED, invitation, by=by, why="comes" if comes else "cannot come")
    db.session.flush()


def answered(invitation: GuestInvitation) -> Attended | None:
    """How the guest's coming stands in the attendance; None for nothing said yet."""
    row = _row(invitation)
    return row.attended if row is not None else None


def withdrawn(invitation: GuestInvitation) -> None:
    """Forget the apologies of somebody who is invited to nothing else at a meeting that is still to come."""
    meeting = db.session.get_one(Meeting, (invitation.partnership_id, invitation.meeting_id))
    db.session.refresh(meeting, with_for_update=True)
    other = select(GuestInvitation.id).where(
        GuestInvitation.partnership_id == invitation.partnership_id,
        GuestInvitation.meeting_id == invitation.meeting_id,
        GuestInvitation.user_id == invitation.user_id,
        GuestInvitation.withdrawn_at.is_(None),
    )
    if meeting.state is not MeetingState.PUBLISHED or db.session.scalars(other).first() is not None:
        return
    row = _row(invitation)
    if row is not None and row.attended is Attended.APOLOGIES:
        db.session.delete(row)
        touch(meeting)


def forget(meeting: Meeting) -> None:
    """Forget what holds for the old date alone when a meeting gets another one: guests' apologies, for each is told of
    the new one, and who was marked as here or absent."""
    of_guests = and_(Attendance.user_id.in_(owing.guests(meeting)), Attendance.attended == Attended.APOLOGIES)
    said = select(Attendance).where(
        Attendance.partnership_id == meeting.partnership_id,
        Attendance.meeting_id == meeting.id,
        or_(of_guests, Attendance.attended.not_in(BEFOREHAND)),
    )
    for row in db.session.scalars(said):
        db.session.delete(row)


def not_coming(meeting: Meeting, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these people whose apologies stand in the attendance."""
    if not user_ids:
        return set()
    statement = select(Attendance.user_id).where(
        Attendance.partnership_id == meeting.partnership_id,
        Attendance.meeting_id == meeting.id,
        Attendance.user_id.in_(user_ids),
        Attendance.attended == Attended.APOLOGIES,
    )
    return set(db.session.scalars(statement))


def _row(invitation: GuestInvitation) -> Attendance | None:
    return db.session.scalar(
        select(Attendance).where(
            Attendance.partnership_id == invitation.partnership_id,
            Attendance.meeting_id == invitation.meeting_id,
            Attendance.user_id == invitation.user_id,
        )
    )
