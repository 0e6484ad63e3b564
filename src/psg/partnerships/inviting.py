"""Inviting a colleague into a partnership. Called inside `transaction()`."""

import uuid

from psg import audit
from psg.access import Role
from psg.accounts import operations as accounts
from psg.accounts import queries as account_queries
from psg.audit import Actor
from psg.audit.events import Event
from psg.ids import new_id
from psg.partnerships import operations, places
from psg.partnerships.models import Membership
from psg.partnerships.rules import MembershipState
from psg.reminders import operations as reminders

ADDED = "added-to-partnership"
"""The kind of message that somebody gets whose account works for the same agency elsewhere already."""
ASKED = "asked-to-join"
"""The kind of message that asks somebody who has an account to accept a further partnership, or another agency."""


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
    """Make somebody a member: a new account gets an invitation, one that exists is asked to accept, signed in.

    Knowing an address is no reason to act for its owner: only an account that works for the same agency in another
    partnership is added at once, since that agency answers for its people already. An existing account keeps its own
    name, which is shown to nobody here until its owner has accepted. The inviter's answer is the same in every case.
    """
    user = account_queries.by_email(email)
    if user is None:
        user = accounts.create_user(email=email, first_name=first_name, last_name=last_name, by=by)
    known = user.password_hash is not None
    at_once = known and places.works_for(user.id, agency_id)
    member = operations.add_member(
        partnership_id,
        user_id=user.id,
        agency_id=agency_id,
        post=post,
        state=MembershipState.ACTIVE if at_once else MembershipState.INVITED,
        by=by,
    )
    if role is not None:
        operations.grant_role(member, role, group_id=group_id, by=by)
    if at_once:
        reminders.tell(
            user_id=user.id, kind=ADDED, key=f"added {member.id}", partnership_id=partnership_id, urgent=True
        )
    elif known:
        _ask(member)
    else:
        accounts.invite(user, partnership_id=partnership_id, by=by)
    return member


def invite_again(member: Membership, *, by: Actor) -> None:
    """Send a new invitation; the older link ends. Who has an account by now is asked again to accept."""
    user = account_queries.get(member.user_id)
    if user is None:
        raise LookupError(f"membership {member.id} belongs to nobody")
    if user.password_hash is None:
        accounts.invite(user, partnership_id=member.partnership_id, by=by)
    else:
        _ask(member)
    audit.record(Event.INVITATION_SENT, member, by=by)


def _ask(member: Membership) -> None:
    reminders.tell(
        user_id=member.user_id,
        kind=ASKED,
        key=f"asked {new_id()}",
        partnership_id=member.partnership_id,
        details={"membership": str(member.id)},
        urgent=True,
    )
