"""A member's place opening and closing: accepting it, suspending it, lifting that. Called inside `transaction()`."""

import uuid

from sqlalchemy import select

from psg import audit, clock
from psg.access import Permission, Role, Viewer
from psg.access.policy import permits
from psg.accounts.models import User
from psg.audit.events import Event
from psg.db import DomainError, db
from psg.partnerships.models import MEMBERS_AGENCY, Membership, PartnerAgency
from psg.partnerships.queries import names_changed
from psg.partnerships.rules import MembershipState


def works_for(user_id: uuid.UUID, agency_id: uuid.UUID) -> bool:
    """Whether a person works for an agency in any partnership today."""
    found = (
        select(Membership.id)
        .join(PartnerAgency, MEMBERS_AGENCY)
        .where(
            Membership.user_id == user_id,
            Membership.agency_id == agency_id,
            Membership.state == MembershipState.ACTIVE,
            PartnerAgency.left_on.is_(None),
        )
    )
    return db.session.scalar(found.limit(1)) is not None


def accept(member: Membership, *, by: Viewer) -> None:
    """Somebody who has an account accepts a place in a partnership, themselves."""
    if member.user_id != by.user_id or member.state is not MembershipState.INVITED:
        raise DomainError("This invitation is not open any more.")
    member.state = MembershipState.ACTIVE
    audit.record(Event.INVITATION_ACCEPTED, member, by=by)
    names_changed(member.partnership_id)


def suspend(member: Membership, *, by: Viewer) -> None:
    """Close everything to a member, from their next request on. What a coordinator closes, only a coordinator opens."""
    if member.user_id == by.user_id:
        raise DomainError("You cannot suspend yourself.")
    if member.state not in (MembershipState.ACTIVE, MembershipState.INVITED):
        raise DomainError("This person is already suspended.")
    place = by.standing(member.partnership_id)
    coordinates = place is None or Role.COORDINATOR in place.roles
    member.suspended_as = Role.COORDINATOR if coordinates else Role.AGENCY_LEAD
    member.suspended_from = member.state
    member.state = MembershipState.SUSPENDED
    member.ended_at = clock.now()
    audit.record(Event.ACCOUNT_SUSPENDED, member, by=by)
    names_changed(member.partnership_id)


def restore(member: Membership, *, by: Viewer) -> None:
    """Open a suspended membership again; who had not accepted the invitation is asked again, not let in."""
    if member.user_id == by.user_id:
        raise DomainError("You cannot restore yourself.")
    if member.state is not MembershipState.SUSPENDED:
        raise DomainError("This person is not suspended.")
    if not permits(by, Permission.PERSON_RESTORE, member.facts()):
        raise DomainError("A coordinator made this suspension, so only a coordinator can lift it.")
    accepted = db.session.scalar(select(User.password_hash).where(User.id == member.user_id)) is not None
    before = member.suspended_from or MembershipState.ACTIVE
    member.state = before if accepted else MembershipState.INVITED
    member.ended_at = member.suspended_as = member.suspended_from = None
    audit.record(Event.ACCOUNT_REINSTATED, member, by=by)
    names_changed(member.partnership_id)
