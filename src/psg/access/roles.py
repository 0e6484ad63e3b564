"""The roles a person may hold in a partnership, or in one of its groups."""

from enum import StrEnum


class Role(StrEnum):
    """Words of the field. Group roles are held in one group; the others in a whole partnership."""

    PRACTITIONER = "practitioner"
    """Logs cases. Held in a group: a member who works on its cases. Held without a group: may refer only."""
    CHAIR = "chair"
    """Decides referrals, arranges and runs one group's meetings."""
    COORDINATOR = "coordinator"
    """Prepares the meetings, sets up groups, members and roles, sees every case that has been sent."""
    AGENCY_LEAD = "agency-lead"
    """Signs the information-sharing agreement and answers for the agency's own people. Sees no case text."""
    GOVERNANCE = "governance"
    """Information-governance officer: agreements and the audit trail. Sees no case text."""
    FIGURES = "figures"
    """Partnership viewer: figures only."""
    GUEST = "guest"
    """Has an account so that they can be invited to single agenda items. Opens nothing by itself."""


GROUP_ROLES = frozenset({Role.PRACTITIONER, Role.CHAIR})
"""Roles that are held in a group."""

ROLE_WORDS = {
    Role.PRACTITIONER: "Practitioner",
    Role.CHAIR: "Chair",
    Role.COORDINATOR: "Coordinator",
    Role.AGENCY_LEAD: "Agency lead",
    Role.GOVERNANCE: "Information-governance officer",
    Role.FIGURES: "Partnership viewer (figures only)",
    Role.GUEST: "Guest (items they are invited to)",
}
