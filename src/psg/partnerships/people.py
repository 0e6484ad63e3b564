"""What the people pages show: rows of the list, roles in sentences, who would lose access."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.access import Role, Standing
from psg.access.facts import PersonFacts
from psg.access.roles import ROLE_WORDS
from psg.accounts.models import User
from psg.db import db
from psg.partnerships.models import Agency, Membership, Partnership, RoleHeld
from psg.partnerships.queries import Directory, Member, directory, membership
from psg.partnerships.rules import MembershipState, is_dormant, role_sentence


@dataclass(frozen=True)
class PersonRow:
    """One line of the people list."""

    member: Member
    agency: str
    roles: list[str]
    last_signed_in_at: datetime | None
    dormant: bool


@dataclass(frozen=True)
class RoleLine:
    """A role in a sentence, with what is needed to end it."""

    held: RoleHeld
    words: str


def coordinates(standing: Standing) -> bool:
    """Whether the person sees everybody of the partnership; agency leads see their own people only."""
    return Role.COORDINATOR in standing.roles


def people_of(standing: Standing) -> list[PersonRow]:
    """The people this person may see: all of the partnership, or those of the agency they lead."""
    names = directory(standing.partnership_id)
    members = [m for m in names.people if coordinates(standing) or m.agency_id == standing.agency_id]
    seen = _last_sign_ins([member.user_id for member in members])
    return [_row(names, member, seen.get(member.user_id)) for member in members]


def roles_of(member: Membership) -> tuple[list[RoleLine], list[RoleLine]]:
    """The roles a member holds, and those that have ended (newest first)."""
    names = directory(member.partnership_id)
    statement = (
        select(RoleHeld)
        .where(RoleHeld.partnership_id == member.partnership_id, RoleHeld.membership_id == member.id)
        .order_by(RoleHeld.granted_at, RoleHeld.id)
    )
    lines = [RoleLine(held, _sentence(names, held)) for held in db.session.scalars(statement)]
    ended = [line for line in lines if line.held.ended_at is not None]
    return [line for line in lines if line.held.ended_at is None], ended[::-1]


def who_would_lose_access(partnership_id: uuid.UUID, agency_id: uuid.UUID) -> int:
    """How many active members an agency has."""
    return sum(1 for person in directory(partnership_id).people if person.active and person.agency_id == agency_id)


def find_invited(_viewer: Any, standing: Standing, user_id: uuid.UUID) -> Membership | None:
    """Loader: a colleague who has not accepted yet, of the own agency unless the person coordinates."""
    member = membership(standing.partnership_id, user_id)
    if member is None or member.state is not MembershipState.INVITED:
        return None
    return member if coordinates(standing) or member.agency_id == standing.agency_id else None


@dataclass(frozen=True)
class Waiting:
    """A place in a partnership that somebody with an account has been offered and not accepted."""

    member: Membership
    partnership: str
    agency: str

    def facts(self) -> PersonFacts:
        """What access rules may know about it."""
        return self.member.facts()


_OFFERED = (
    select(Membership, Partnership.name, Agency.name)
    .join(Partnership, Partnership.id == Membership.partnership_id)
    .join(Agency, Agency.id == Membership.agency_id)
    .order_by(Membership.created_at.desc(), Membership.id)
)


def waiting_for(user_id: uuid.UUID) -> list[Waiting]:
    """The places that a person may accept, the latest first."""
    mine = _OFFERED.where(Membership.user_id == user_id, Membership.state == MembershipState.INVITED)
    return [Waiting(*row) for row in db.session.execute(mine)]


def find_offered(_viewer: Any, _standing: Any, membership_id: uuid.UUID) -> Waiting | None:
    """Loader: a membership of any partnership; the gate lets through only whom it is offered to."""
    row = db.session.execute(_OFFERED.where(Membership.id == membership_id)).first()
    return Waiting(*row) if row else None


def find_role(_viewer: Any, _standing: Standing, member: Membership, role_id: uuid.UUID) -> RoleHeld | None:
    """Loader: a role of that colleague which has not ended."""
    return db.session.scalar(
        select(RoleHeld).where(
            RoleHeld.partnership_id == member.partnership_id,
            RoleHeld.membership_id == member.id,
            RoleHeld.id == role_id,
            RoleHeld.ended_at.is_(None),
        )
    )


def _row(names: Directory, member: Member, last: datetime | None) -> PersonRow:
    roles = [ROLE_WORDS[role] for role in sorted(member.roles)]
    for group_id, held in member.groups.items():
        roles += [f"{ROLE_WORDS[role]}, {names.group_name(group_id)}" for role in sorted(held)]
    sleeps = member.active and is_dormant(last, clock.now(), timedelta(days=60))
    return PersonRow(member, names.agency(member.agency_id), roles, last, sleeps)


def _sentence(names: Directory, held: RoleHeld) -> str:
    group = names.group_name(held.group_id) if held.group_id else ""
    return role_sentence(ROLE_WORDS[held.role], group, held.role is Role.CHAIR)


def _last_sign_ins(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, datetime | None]:
    rows = db.session.execute(select(User.id, User.last_signed_in_at).where(User.id.in_(user_ids)))
    return {row.id: row.last_signed_in_at for row in rows}
