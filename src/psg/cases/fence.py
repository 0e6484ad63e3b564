"""Which cases a person may see, as a condition in SQL: the same words as `access.policy`, and a test compares both.

Every statement that lists cases starts from here.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select, true

from psg.access import Role, Standing, Viewer
from psg.cases.models import Case, CaseNamed
from psg.cases.rules import CaseState


@dataclass(frozen=True)
class Sight:
    """What decides which cases somebody sees: values, or the parameters of a statement that is built once."""

    coordinates: bool
    user_id: Any
    chairs: Any
    """Groups in which they are chair."""
    works_in: Any
    """Groups in which they are a member."""


PREPARED = {
    coordinates: Sight(
        coordinates,
        bindparam("viewer_id"),
        bindparam("chairs", expanding=True),
        bindparam("works_in", expanding=True),
    )
    for coordinates in (False, True)
}
"""For statements built once; `parameters` gives their values."""


def sight_of(viewer: Viewer, standing: Standing) -> Sight:
    """What a person sees by."""
    return Sight(
        Role.COORDINATOR in standing.roles,
        viewer.user_id,
        _groups(standing, Role.CHAIR),
        _groups(standing, Role.PRACTITIONER),
    )


def parameters(viewer: Viewer, standing: Standing) -> dict[str, Any]:
    """The values of PREPARED's parameters."""
    sight = sight_of(viewer, standing)
    return {"viewer_id": sight.user_id, "chairs": sight.chairs, "works_in": sight.works_in}


def visible(viewer: Viewer, standing: Standing) -> ColumnElement[bool]:
    """Cases of the partnership that this person may read, and their own drafts."""
    if not standing.agreement_signed:
        return false()
    return and_(Case.partnership_id == standing.partnership_id, in_sight(sight_of(viewer, standing)))


def in_sight(sight: Sight) -> ColumnElement[bool]:
    """Which cases the sight covers. Partnership and signed agreement are conditions of their own."""
    return or_(*(and_(Case.state == state, in_state(state, sight)) for state in CaseState))


def in_state(state: CaseState, sight: Sight) -> ColumnElement[bool]:
    """Which cases of that state the sight covers. The partnership and the state are conditions of their own."""
    if state is CaseState.DRAFT:
        own: ColumnElement[bool] = Case.referrer_id == sight.user_id
        return own
    if sight.coordinates:
        return true()
    if state is CaseState.ERASED:
        return false()
    chaired = Case.group_id.in_(sight.chairs)
    if state in (CaseState.SENT, CaseState.DECLINED):
        return or_(Case.referrer_id == sight.user_id, chaired)
    accepted = or_(chaired, Case.group_id.in_(sight.works_in))
    return or_(accepted, _named(sight.user_id)) if state is CaseState.OPEN else accepted


def _named(user_id: Any) -> ColumnElement[bool]:
    named = select(CaseNamed.case_id).where(
        CaseNamed.partnership_id == Case.partnership_id, CaseNamed.user_id == user_id, CaseNamed.case_id == Case.id
    )
    return named.exists()


def _groups(standing: Standing, role: Role) -> list[uuid.UUID]:
    held: Iterable[tuple[uuid.UUID, frozenset[Role]]] = standing.groups.items()
    return [group_id for group_id, roles in held if role in roles]
