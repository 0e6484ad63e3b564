"""Who holds a role. The statements are built once: every reminder asks them."""

import uuid
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Select, Uuid, and_, bindparam, or_, select

from psg.access import Role
from psg.db import ask
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
    return holders_of_any(partnership_id, [(role, group_id)], agency_id=agency_id)


def holders_of_any(
    partnership_id: uuid.UUID, held: Sequence[tuple[Role, uuid.UUID | None]], *, agency_id: uuid.UUID | None = None
) -> list[uuid.UUID]:
    """User ids of the active members who hold one of these roles, each in its group when one is given."""
    values: dict[str, object] = {"partnership": partnership_id}
    for number, (role, group_id) in enumerate(held):
        values[f"role_{number}"] = role
        if group_id is not None:
            values[f"group_{number}"] = group_id
    if agency_id is not None:
        values["agency"] = agency_id
    in_group = tuple(group_id is not None for _, group_id in held)
    return [row.user_id for row in ask(_holders(in_group, agency_id is not None), values)]


@lru_cache(maxsize=16)
def _holders(in_group: tuple[bool, ...], of_agency: bool) -> Select[uuid.UUID]:
    held = [
        and_(
            RoleHeld.role == bindparam(f"role_{number}"),
            RoleHeld.group_id == bindparam(f"group_{number}", type_=Uuid()) if grouped else RoleHeld.group_id.is_(None),
        )
        for number, grouped in enumerate(in_group)
    ]
    statement = (
        select(Membership.user_id)
        .join(
            RoleHeld,
            and_(RoleHeld.partnership_id == Membership.partnership_id, RoleHeld.membership_id == Membership.id),
        )
        .where(
            Membership.partnership_id == bindparam("partnership", type_=Uuid()),
            Membership.state == MembershipState.ACTIVE,
            RoleHeld.ended_at.is_(None),
            or_(*held),
        )
        .distinct()
    )
    return statement.where(Membership.agency_id == bindparam("agency", type_=Uuid())) if of_agency else statement
