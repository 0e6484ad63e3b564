"""Inviting a colleague into a partnership. Called inside `transaction()`."""

import uuid

from psg import audit
from psg.access import Role
from psg.accounts import operations as accounts
from psg.accounts import queries as account_queries
from psg.audit import Actor
from psg.audit.events import Event
from psg.partnerships import operations
from psg.partnerships.models import Membership
from psg.partnerships.queries import names_changed
from psg.partnerships.rules import MembershipState
from psg.reminders import operations as reminders

ADDED = "added-to-partnership"
"""The kind of message that somebody gets who already has an account."""


def invite_person(
    partnership_id: uuid.UUID,
    *,
    email: str,
    first_name: str,
    last_name: str,
    agency_id: uuid.UUID,
    post: str = "",
    role: Role | None = None,
    group_id: uuid.UUID | None = None,
    by: Actor,
) -> Membership:
    """Make somebody a member: a new account gets an invitation, one that exists is added and told.

    An existing account keeps its own name. The inviter's answer is the same in both cases.
    """
    user = account_queries.by_email(email)
    if user is None:
        user = accounts.create_user(email=email, first_name=first_name, last_name=last_name, by=by)
    known = user.password_hash is not None
    member = operations.add_member(
        partnership_id,
        user_id=user.id,
        agency_id=agency_id,
        post=post,
        state=MembershipState.ACTIVE if known else MembershipState.INVITED,
        by=by,
    )
    if role is not None:
        operations.grant_role(member, role, group_id=group_id, by=by)
    if known:
        reminders.tell(
            user_id=user.id, kind=ADDED, key=f"added {member.id}", partnership_id=partnership_id, urgent=True
        )
    else:
        accounts.invite(user, partnership_id=partnership_id, by=by)
    return member


def invite_again(member: Membership, *, by: Actor) -> None:
    """Send a new invitation; the older link ends."""
    user = account_queries.get(member.user_id)
    if user is None or user.password_hash is not None:
        member.state = MembershipState.ACTIVE
        audit.record(Event.INVITATION_ACCEPTED, member, by=by)
        names_changed(member.partnership_id)
        return
    accounts.invite(user, partnership_id=member.partnership_id, by=by)
    audit.record(Event.INVITATION_SENT, member, by=by)
