"""Places that open nothing yet or any more: what may be accepted, and else what is so, since when, and whom to ask.

No person is named: whoever has no role may not know who the coordinator is, so the partnership's mailbox stands for
them.
"""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from psg import clock
from psg.access import Role, Viewer
from psg.access.roles import ROLE_WORDS
from psg.db import db
from psg.partnerships.models import MEMBERS_AGENCY, Agency, Membership, PartnerAgency, Partnership, RoleHeld
from psg.partnerships.people import Waiting
from psg.partnerships.queries import directory
from psg.partnerships.rules import MembershipState, role_sentence
from psg.web.words import long_date

_SAID_FOR = timedelta(days=28)
"""That an agency left is said for so long, and longer only to somebody for whom nothing else is open."""


@dataclass(frozen=True)
class ClosedPlace:
    """One place that opens nothing."""

    title: str
    text: str
    ask: str
    """Who can change it, as in "the coordinator"."""
    contact_email: str


@dataclass(frozen=True)
class PlacesBeside:
    """A person's places beside those that open something."""

    offered: list[Waiting]
    """Those that they may accept, the latest first."""
    closed: list[ClosedPlace]


def places_beside(viewer: Viewer) -> PlacesBeside:
    """A person's places that open nothing, by partnership: one query, and one for each role that has ended."""
    opened = {place.partnership_id for place in viewer.standings.values() if place.roles or place.groups}
    rows = db.session.execute(
        select(Membership, Partnership, Agency.name, PartnerAgency.left_on)
        .join(Partnership, Partnership.id == Membership.partnership_id)
        .join(Agency, Agency.id == Membership.agency_id)
        .join(PartnerAgency, MEMBERS_AGENCY)
        .where(
            Membership.user_id == viewer.user_id,
            Membership.partnership_id.not_in(opened),
        )
        .order_by(Partnership.name)
    )
    offered, found = [], []
    for member, partnership, agency, left_on in rows:
        if member.state is MembershipState.INVITED:
            offered.append(Waiting(member, partnership.name, agency))
        elif member.state is MembershipState.SUSPENDED:
            found.append(_suspended(member, partnership, agency))
        elif viewer.standing(partnership.id) is not None:
            found.append(_without_role(member, partnership))
        elif left_on is not None and (not opened or left_on + _SAID_FOR > clock.today()):
            found.append(_left(partnership, agency, left_on))
    return PlacesBeside(sorted(offered, key=lambda one: one.member.created_at, reverse=True), found)


def _suspended(member: Membership, partnership: Partnership, agency: str) -> ClosedPlace:
    since = f"Since {long_date(clock.local(member.ended_at).date())}" if member.ended_at else "For the time being"
    by_lead = member.suspended_as is Role.AGENCY_LEAD
    return ClosedPlace(
        f"Your place in {partnership.name} is suspended",
        f"{since} nothing of it opens for you, and no reminders come. What you wrote there stays.",
        f"a lead of {agency}, or the coordinator" if by_lead else "the coordinator",
        partnership.contact_email,
    )


def _without_role(member: Membership, partnership: Partnership) -> ClosedPlace:
    last = _last_role(member.partnership_id, member.id)
    return ClosedPlace(
        f"You have no role in {partnership.name}{' any more' if last else ' yet'}",
        f"{last}Without one you see only cases on which you are named, and no meetings.",
        "the coordinator",
        partnership.contact_email,
    )


def _last_role(partnership_id: uuid.UUID, membership_id: uuid.UUID) -> str:
    """The sentence on the role that ended last; "" for somebody who never had one."""
    held = db.session.scalars(
        select(RoleHeld)
        .where(RoleHeld.partnership_id == partnership_id, RoleHeld.membership_id == membership_id)
        .order_by(RoleHeld.ended_at.desc(), RoleHeld.id.desc())
    ).first()
    if held is None or held.ended_at is None:
        return ""
    group = directory(partnership_id).group_name(held.group_id) if held.group_id else ""
    words = role_sentence(ROLE_WORDS[held.role], group, held.role is Role.CHAIR)
    return f"Your role as {words} ended on {long_date(clock.local(held.ended_at).date())}. "


def _left(partnership: Partnership, agency: str, left_on: date) -> ClosedPlace:
    return ClosedPlace(
        f"{agency} no longer works with {partnership.name}",
        f"It left on {long_date(left_on)}, and the places of its people ended with that.",
        "the coordinator",
        partnership.contact_email,
    )
