"""Every decision that a person could be refused, named `thing:verb`."""

from enum import StrEnum


class Permission(StrEnum):
    """One member per decision; what grants it stands in `policy.RULES`."""

    CASE_LIST = "case:list"
    """See the list of cases one may see."""
    CASE_LOG = "case:log"
    """Log a new case and send it to a group."""
    CASE_DRAFT = "case:draft"
    """Go on with one's own unsent case."""
    CASE_READ = "case:read"
    """Read a case and everything in it."""
    CASE_DECIDE = "case:decide"
    """Accept, pass on or decline a referral."""
    CASE_WRITE = "case:write"
    """Add notes, people, places and references to a case."""
    CASE_LEAD = "case:lead"
    """Set a case's lead agency, lead officer and review date."""
    CASE_CLOSE = "case:close"
    """Close a case."""
    CASE_REOPEN = "case:reopen"
    """Open a closed case again."""
    CASE_LOOKED = "case:looked"
    """See who has looked at a case."""
    MATCH_FIND = "match:find"
    """Find a person or an address among the cases one may see."""
    DUPLICATE_SETTLE = "duplicate:settle"
    """Say whether two cases are about the same person or place."""
    RISK_ASSESS = "risk:assess"
    """Score a case with a scheme of the partnership."""
    ACTION_LIST = "action:list"
    """See the actions of the cases one may see."""
    ACTION_ADD = "action:add"
    """Agree an action on a case."""
    ACTION_READ = "action:read"
    """Read an action and its history."""
    ACTION_UPDATE = "action:update"
    """Say how an action went, or that it is done or not done."""
    ACTION_CHANGE = "action:change"
    """Move an action's date, give it to somebody else or cancel it."""
    AGENCY_ACTIONS = "action:agency-counts"
    """See references, dates and counts of one's agency's actions, without their text."""
    MEETING_LIST = "meeting:list"
    """See one's groups' meetings."""
    MEETING_READ = "meeting:read"
    """Read a published agenda, the record and the minutes of a meeting."""
    ITEM_READ = "item:read"
    """Read the one agenda item one is invited to as a guest or observer."""
    ITEM_ANSWER = "item:answer"
    """Say whether one comes to the item one is invited to."""
    AGENDA_BUILD = "agenda:build"
    """Arrange and publish an agenda."""
    MEETING_RUN = "meeting:run"
    """Record attendance, decisions and actions at a meeting."""
    MINUTES_AGREE = "minutes:agree"
    """Mark minutes as agreed, or add an addendum."""
    AGREEMENT_READ = "agreement:read"
    """Read the partnership's information-sharing agreements and who has signed."""
    AGREEMENT_EDIT = "agreement:edit"
    """Write, publish and withdraw versions of an agreement."""
    AGREEMENT_SIGN = "agreement:sign"
    """Sign for one's agency."""
    AGREEMENT_END = "agreement:end"
    """End an agency's signature."""
    PEOPLE_LIST = "people:list"
    """See the people of the partnership, or of one's own agency."""
    PERSON_READ = "person:read"
    """See a colleague's roles and state."""
    PERSON_INVITE = "person:invite"
    """Invite a colleague."""
    PERSON_SUSPEND = "person:suspend"
    """Suspend a colleague."""
    PERSON_RESTORE = "person:restore"
    """Lift a colleague's suspension."""
    PLACE_ACCEPT = "place:accept"
    """Accept a place in a partnership with an account that one has."""
    ROLE_GRANT = "role:grant"
    """Give or end a role."""
    AGENCY_LIST = "agency:list"
    """See the agencies of the partnership."""
    AGENCY_EDIT = "agency:edit"
    """Add an agency to the partnership, or mark it as having left."""
    GROUP_READ = "group:read"
    """See a group's terms and members."""
    GROUP_EDIT = "group:edit"
    """Set up a group: terms, standing agenda, dates, reminders."""
    LISTS_EDIT = "lists:edit"
    """Change the partnership's own lists, such as themes."""
    DELIVERY_READ = "delivery:read"
    """See which reminders were sent, wait or failed."""
    DELIVERY_RETRY = "delivery:retry"
    """Send a failed reminder again."""
    AUDIT_READ = "audit:read"
    """Read the audit trail."""
    FIGURES_READ = "figures:read"
    """See the partnership's figures."""
    SYSTEM_STATUS = "system:status"
    """See whether the installation is well."""
    SYSTEM_PARTNERSHIPS = "system:partnerships"
    """Create partnerships and invite their first coordinators."""


NEEDS_AGREEMENT = frozenset(
    {
        Permission.CASE_LIST,
        Permission.CASE_LOG,
        Permission.CASE_DRAFT,
        Permission.CASE_READ,
        Permission.CASE_DECIDE,
        Permission.CASE_WRITE,
        Permission.CASE_LEAD,
        Permission.CASE_CLOSE,
        Permission.CASE_REOPEN,
        Permission.CASE_LOOKED,
        Permission.MATCH_FIND,
        Permission.DUPLICATE_SETTLE,
        Permission.RISK_ASSESS,
        Permission.ACTION_LIST,
        Permission.ACTION_ADD,
        Permission.ACTION_READ,
        Permission.ACTION_UPDATE,
        Permission.ACTION_CHANGE,
        Permission.AGENCY_ACTIONS,
        Permission.MEETING_LIST,
        Permission.MEETING_READ,
        Permission.ITEM_READ,
        Permission.ITEM_ANSWER,
        Permission.AGENDA_BUILD,
        Permission.MEETING_RUN,
        Permission.MINUTES_AGREE,
    }
)
"""Decisions that open case text: refused to everybody of an agency without a signed agreement in date."""

SHOWS_CASES = NEEDS_AGREEMENT
"""A page behind one of these must write its view into the audit before it is shown."""
