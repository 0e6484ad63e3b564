"""Who holds a role. The statements are built once: every reminder asks them."""

import uuid
from functools import lru_cache

from sqlalchemy import Select, Uuid, and_, bindparam, select

from psg.access import Role
from psg.db import db
from psg.partnerships.models import Membership, RoleHeld
from psg.partnerships.rules import MembershipState


def holders(
    partnership_id: uuid.UUID,
    role: Role,
    *,
    group_id: uuid.UUID | None = None,
    agency_id: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """User ids of the active members who hold a role (in a group), of one agency when given."""
    given = {"partnership": partnership_id, "role": role, "group": group_id, "agency": agency_id}
    values = {name: value for name, value in given.items() if value is not None}
    return list(db.session.connection().scalars(_holders("group" in values, "agency" in values), values))


@lru_cache(maxsize=4)
def _holders(in_group: bool, of_agency: bool) -> Select[uuid.UUID]:
    statement = (
        select(Membership.user_id)
        .join(
            RoleHeld,
            and_(RoleHeld.partnership_id == Membership.partnership_id, RoleHeld.membership_id == Membership.id),
        )
        .where(
            Membership.partnership_id == bindparam("partnership", type_=Uuid()),
            Membership.state == MembershipState.ACTIVE,
            RoleHeld.role == bindparam("role"),
            RoleHeld.ended_at.is_(None),
            RoleHeld.group_id == bindparam("group", type_=Uuid()) if in_group else RoleHeld.group_id.is_(None),
        )
        .distinct()
    )
    return statement.where(Membership.agency_id == bindparam("agency", type_=Uuid())) if of_agency else statement
