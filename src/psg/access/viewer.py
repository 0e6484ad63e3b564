"""The person asking: built once per request from the database, then a plain value that rules can be tried on."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from psg.access.roles import Role


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One person's place in one partnership, while their membership and their agency's are active."""

    partnership_id: uuid.UUID
    slug: str
    name: str
    prefix: str
    """How its references begin, such as EC."""
    colour: int = 1
    marking: str = "OFFICIAL-SENSITIVE"
    agency_id: uuid.UUID
    agency: str
    membership_id: uuid.UUID
    roles: frozenset[Role] = frozenset()
    """Roles held in the whole partnership."""
    groups: Mapping[uuid.UUID, frozenset[Role]] = field(default_factory=dict)
    """Roles held in single groups."""
    agreement_signed: bool = False
    """Whether the agency has signed a version that counts today."""
    may_refer: bool = True
    """Whether the agency may log cases."""
    names_stamp: uuid.UUID | None = None
    """Changes whenever a name in the partnership does; what processes keep names by."""

    def holds(self, role: Role) -> bool:
        """Whether the role is held here, in the partnership or in any group."""
        return role in self.roles or any(role in held for held in self.groups.values())

    def holds_in(self, role: Role, group_id: uuid.UUID | None) -> bool:
        """Whether a group role is held in that group."""
        return group_id is not None and role in self.groups.get(group_id, frozenset())

    @property
    def only_guest(self) -> bool:
        """Whether the person is here for single agenda items and nothing else."""
        return self.roles == {Role.GUEST} and not self.groups

    @property
    def may_be_guest(self) -> bool:
        """Whether an invitation may open an item: not to those whose role is to see no case text."""
        return self.works_cases or self.roles <= {Role.GUEST}

    @property
    def works_cases(self) -> bool:
        """Whether any role here opens cases at all."""
        return any(self.holds(role) for role in (Role.PRACTITIONER, Role.CHAIR, Role.COORDINATOR))


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A signed-in person, with everything that rules may ask about them. Flask-Login's `current_user` is one."""

    user_id: uuid.UUID
    first_name: str
    name: str
    email: str = ""
    is_system_administrator: bool = False
    standings: Mapping[uuid.UUID, Standing] = field(default_factory=dict)

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Flask-Login's name for the user id."""
        return str(self.user_id)

    def standing(self, partnership_id: uuid.UUID) -> Standing | None:
        """This person's place in a partnership, or None."""
        return self.standings.get(partnership_id)

    def standing_at(self, slug: str) -> Standing | None:
        """This person's place in the partnership with that name in the address."""
        return next((place for place in self.standings.values() if place.slug == slug), None)

    def agency_in(self, partnership_id: uuid.UUID) -> uuid.UUID | None:
        """The agency this person acts for in a partnership."""
        place = self.standings.get(partnership_id)
        return place.agency_id if place else None


def _nobody(_user_id: uuid.UUID) -> Mapping[uuid.UUID, Standing]:
    raise RuntimeError("create_app has not said where standings come from")


class Standings:
    """Where a person's standings are looked up; features that own those facts sit above, so create_app fills it in."""

    look_up: Callable[[uuid.UUID], Mapping[uuid.UUID, Standing]] = staticmethod(_nobody)
