"""Guests and observers: people from outside the group, each invited to one case of one meeting.

The invitation opens that one item from the publication of the agenda until the meeting is ended or its day is over. It
opens nothing else (docs/decisions/0012-guests.md).
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import Select, and_, select

from psg import clock
from psg.access import Role, Standing, Viewer
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.agreements.queries import signed_agencies
from psg.audit import Event, record
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import DomainError, db
from psg.meetings import answering, owing
from psg.meetings.arranging import open_bench
from psg.meetings.models import AgendaItem, GuestInvitation, Meeting
from psg.meetings.rules import MAY_ARRANGE, ComesAs, MeetingState
from psg.partnerships.models import Group
from psg.partnerships.queries import Directory, Member, directory

_READABLE = frozenset({CaseState.SENT, CaseState.OPEN, CaseState.CLOSED, CaseState.DECLINED})
"""A decision taken at the meeting does not take the page away from who sits there; erasing the case does."""

_ITEMS: Select[Any] = (
    select(GuestInvitation, Meeting, AgendaItem.published, Case.reference, Case.state, Case.group_id)
    .join(
        Meeting,
        and_(Meeting.partnership_id == GuestInvitation.partnership_id, Meeting.id == GuestInvitation.meeting_id),
    )
    .join(Case, and_(Case.partnership_id == GuestInvitation.partnership_id, Case.id == GuestInvitation.case_id))
    .outerjoin(
        AgendaItem,
        and_(
            AgendaItem.partnership_id == GuestInvitation.partnership_id,
            AgendaItem.meeting_id == GuestInvitation.meeting_id,
            AgendaItem.case_id == GuestInvitation.case_id,
        ),
    )
)


@dataclass(frozen=True)
class InvitedLine:
    """An open invitation as my work lists it: when and where to look, and no word of the case."""

    place: Standing
    invitation_id: uuid.UUID
    case_id: uuid.UUID
    reference: str
    group: str
    held_on: date
    at: time
    observes: bool

    @property
    def href(self) -> str:
        """The page of the item."""
        return f"/{self.place.slug}/invited/{self.invitation_id}"


def invite(
    meeting: Meeting, case: Case, *, user_id: uuid.UUID, comes_as: ComesAs, reason: str, by: Viewer
) -> GuestInvitation:
    """Invite somebody to one case of a meeting. They are told as soon as there is something for them to read."""
    bench = open_bench(meeting, by=by)
    if bench.agenda.line(case.id) is None:
        raise DomainError("This case is not on the agenda any more, so nobody can be invited to it.")
    if meeting.held_on < clock.today():
        raise DomainError("The day of this meeting is over.")
    if user_id not in {person.user_id for person in candidates(meeting, directory(meeting.partnership_id))}:
        raise DomainError("Select somebody from outside the group, of an agency that has signed.")
    if any(one.user_id == user_id for one in invitations_to(meeting, case.id)):
        raise DomainError("This person is already invited to this item.")
    invitation = GuestInvitation(
        partnership_id=meeting.partnership_id,
        meeting_id=meeting.id,
        case_id=case.id,
        user_id=user_id,
        comes_as=comes_as,
        invited_at=clock.now(),
        invited_by=by.user_id,
        reason=reason,
    )
    db.session.add(invitation)
    record(Event.GUEST_INVITED, invitation, by=by, why=comes_as.value)
    db.session.flush()
    if meeting.state is MeetingState.PUBLISHED:
        owing.tell_guests(meeting)
    return invitation


def withdraw(invitation: GuestInvitation, *, by: Viewer) -> None:
    """Take an invitation back: the guest's next look finds nothing."""
    if invitation.withdrawn_at is not None:
        raise DomainError("This invitation has already been withdrawn.")
    invitation.withdrawn_at, invitation.withdrawn_by = clock.now(), by.user_id
    record(Event.GUEST_WITHDRAWN, invitation, by=by)
    db.session.flush()
    answering.withdrawn(invitation)
    db.session.flush()


def candidates(meeting: Meeting, names: Directory) -> list[Member]:
    """Who can be invited: active people of agencies that have signed, with no role in the group and not coordinating,
    nor with roles that see no case text and those only.

    A system administrator is nobody's member, and whoever is in the group reads the whole agenda anyway.
    """
    signed = signed_agencies([meeting.partnership_id]).get(meeting.partnership_id, set())
    outside = [
        person
        for person in names.people
        if person.active
        and person.may_be_guest
        and person.agency_id in signed
        and meeting.group_id not in person.groups
        and not person.holds(Role.COORDINATOR)
    ]
    return sorted(outside, key=lambda person: (names.agency_name(person.agency_id), person.name))


def find(_viewer: Viewer, standing: Standing, invitation_id: uuid.UUID) -> GuestInvitation | None:
    """Loader: an invitation of the partnership with what the gate has to know about it."""
    row = db.session.execute(
        _ITEMS.where(GuestInvitation.partnership_id == standing.partnership_id, GuestInvitation.id == invitation_id)
    ).first()
    if row is None:
        return None
    invitation: GuestInvitation = row[0]
    invitation._open = _is_open(row)  # noqa: SLF001 - loaders fill this in
    return invitation


def find_on(_viewer: Viewer, _standing: Standing, meeting: Meeting, invitation_id: uuid.UUID) -> GuestInvitation | None:
    """Loader: an invitation, not withdrawn, to a meeting that the gate has passed."""
    return next((one for one in invitations_to(meeting) if one.id == invitation_id), None)


def invitations_to(meeting: Meeting, case_id: uuid.UUID | None = None) -> list[GuestInvitation]:
    """The invitations to a meeting (or to one case of it) that have not been withdrawn, oldest first."""
    statement = select(GuestInvitation).where(
        GuestInvitation.partnership_id == meeting.partnership_id,
        GuestInvitation.meeting_id == meeting.id,
        GuestInvitation.withdrawn_at.is_(None),
    )
    if case_id is not None:
        statement = statement.where(GuestInvitation.case_id == case_id)
    return list(db.session.scalars(statement.order_by(GuestInvitation.invited_at, GuestInvitation.id)))


def by_case(meeting: Meeting) -> dict[uuid.UUID, list[GuestInvitation]]:
    """Who is invited to which case of a meeting: one query."""
    found: dict[uuid.UUID, list[GuestInvitation]] = {}
    for one in invitations_to(meeting):
        found.setdefault(one.case_id, []).append(one)
    return found


def guest_ids(meeting: Meeting, members: Iterable[Member]) -> set[uuid.UUID]:
    """Whose coming to a meeting is a guest's: they count for no quorum. Who has joined the group since is none."""
    joined = {person.user_id for person in members if meeting.group_id in person.groups}
    return {one.user_id for one in invitations_to(meeting)} - joined


def open_for(viewer: Viewer) -> list[InvitedLine]:
    """The items that a person may read as a guest today, by date: one query."""
    places = {place.partnership_id: place for place in viewer.standings.values() if place.agreement_signed}
    if not places:
        return []
    statement = (
        _ITEMS.add_columns(Group.name)
        .join(Group, and_(Group.partnership_id == Meeting.partnership_id, Group.id == Meeting.group_id))
        .where(
            GuestInvitation.user_id == viewer.user_id,
            GuestInvitation.partnership_id.in_(list(places)),
            GuestInvitation.withdrawn_at.is_(None),
            Meeting.state == MeetingState.PUBLISHED,
            Meeting.held_on >= clock.today(),
        )
        .order_by(Meeting.held_on, Meeting.at, GuestInvitation.id)
    )
    return [_line(row, places) for row in db.session.execute(statement) if _is_open(row)]


def open_on(case: Case) -> list[tuple[GuestInvitation, date]]:
    """The open invitations to a case, with the dates of their meetings."""
    statement = _ITEMS.where(
        GuestInvitation.partnership_id == case.partnership_id,
        GuestInvitation.case_id == case.id,
        GuestInvitation.withdrawn_at.is_(None),
        Meeting.held_on >= clock.today(),
    ).order_by(Meeting.held_on, GuestInvitation.id)
    found = []
    for row in db.session.execute(statement):
        row[0]._open = _is_open(row)  # noqa: SLF001 - loaders fill this in
        if row[0]._open:  # noqa: SLF001
            found.append((row[0], row[1].held_on))
    return found


def own_actions(case: Case, viewer: Viewer) -> Sequence[Action]:
    """The guest's own open actions on the case."""
    statement = select(Action).where(
        Action.partnership_id == case.partnership_id,
        Action.case_id == case.id,
        Action.owner_id == viewer.user_id,
        Action.state == ActionState.OPEN,
    )
    return list(db.session.scalars(statement.order_by(Action.due_on, Action.number)))


def item_of(invitation: GuestInvitation) -> tuple[Meeting, AgendaItem]:
    """The meeting and the agenda item of an invitation that the gate has found open."""
    row = db.session.execute(
        select(Meeting, AgendaItem)
        .join(
            AgendaItem, and_(AgendaItem.partnership_id == Meeting.partnership_id, AgendaItem.meeting_id == Meeting.id)
        )
        .where(
            Meeting.partnership_id == invitation.partnership_id,
            Meeting.id == invitation.meeting_id,
            AgendaItem.case_id == invitation.case_id,
        )
    ).one()
    return row[0], row[1]


def may_invite(meeting: Meeting) -> bool:
    """Whether the meeting still takes guests."""
    return meeting.state in MAY_ARRANGE and meeting.held_on >= clock.today()


def _is_open(row: Any) -> bool:
    """Published, still on the agenda, the case still this group's, and the meeting neither ended nor gone by."""
    invitation, meeting, published, _, state, group_id = row[:6]
    return (
        invitation.withdrawn_at is None
        and meeting.state is MeetingState.PUBLISHED
        and meeting.held_on >= clock.today()
        and bool(published)
        and state in _READABLE
        and group_id == meeting.group_id
    )


def _line(row: Any, places: dict[uuid.UUID, Standing]) -> InvitedLine:
    invitation, meeting = row[0], row[1]
    return InvitedLine(
        place=places[invitation.partnership_id],
        invitation_id=invitation.id,
        case_id=invitation.case_id,
        reference=row[3],
        group=row[6],
        held_on=meeting.held_on,
        at=meeting.at,
        observes=invitation.comes_as is ComesAs.OBSERVER,
    )
