"""Who may do what. Anything not granted here is refused.

A rule is a pure function of (viewer, facts) whose name reads as policy. A permission is granted when any rule in its
line holds. The agreement is no rule of this table: it is a condition of every line that opens cases (`permits`).
"""

from collections.abc import Callable

from psg.access.facts import (
    ActionFacts,
    AgencyFacts,
    CaseFacts,
    Facts,
    GroupFacts,
    InvitationFacts,
    MeetingFacts,
    PersonFacts,
)
from psg.access.permissions import NEEDS_AGREEMENT, Permission
from psg.access.roles import Role
from psg.access.viewer import Standing, Viewer

Rule = Callable[[Viewer, Facts], bool]


def _place(viewer: Viewer, facts: Facts) -> Standing | None:
    return viewer.standing(facts.partnership_id)


def _case(facts: Facts) -> CaseFacts:
    if isinstance(facts, ActionFacts):
        return facts.case
    if not isinstance(facts, CaseFacts):
        raise TypeError(f"a case rule was asked about {type(facts).__name__}")
    return facts


def _group_role(viewer: Viewer, facts: Facts, role: Role) -> bool:
    place = _place(viewer, facts)
    if place is None or not isinstance(facts, GroupFacts | MeetingFacts):
        return False
    return place.holds_in(role, facts.group_id)


# Rules about a whole partnership


def belongs(viewer: Viewer, facts: Facts) -> bool:
    """Is an active member of the partnership."""
    return _place(viewer, facts) is not None


def belongs_and_is_no_mere_guest(viewer: Viewer, facts: Facts) -> bool:
    """Is an active member of the partnership, and more than a guest of single agenda items."""
    place = _place(viewer, facts)
    return place is not None and not place.only_guest


def practises(viewer: Viewer, facts: Facts) -> bool:
    """Is a practitioner anywhere in the partnership."""
    place = _place(viewer, facts)
    return place is not None and place.holds(Role.PRACTITIONER)


def chairs_a_group(viewer: Viewer, facts: Facts) -> bool:
    """Chairs any group of the partnership."""
    place = _place(viewer, facts)
    return place is not None and place.holds(Role.CHAIR)


def coordinates(viewer: Viewer, facts: Facts) -> bool:
    """Coordinates the partnership."""
    place = _place(viewer, facts)
    return place is not None and Role.COORDINATOR in place.roles


def governs_information(viewer: Viewer, facts: Facts) -> bool:
    """Is an information-governance officer of the partnership."""
    place = _place(viewer, facts)
    return place is not None and Role.GOVERNANCE in place.roles


def leads_an_agency(viewer: Viewer, facts: Facts) -> bool:
    """Is the lead of their agency in the partnership."""
    place = _place(viewer, facts)
    return place is not None and Role.AGENCY_LEAD in place.roles


def reads_figures(viewer: Viewer, facts: Facts) -> bool:
    """Is a partnership viewer."""
    place = _place(viewer, facts)
    return place is not None and Role.FIGURES in place.roles


def refers(viewer: Viewer, facts: Facts) -> bool:
    """Works cases for an agency that may log them."""
    place = _place(viewer, facts)
    return place is not None and place.may_refer and place.works_cases


# Rules about a case or something in it

BEFORE_ACCEPTANCE = frozenset({"sent", "declined"})
AFTER_ACCEPTANCE = frozenset({"open", "closed"})


def wrote_the_draft(viewer: Viewer, facts: Facts) -> bool:
    """Has begun this case and not sent it yet."""
    case = _case(facts)
    return case.state == "draft" and case.referrer_id == viewer.user_id and belongs(viewer, case)


def referred_the_case(viewer: Viewer, facts: Facts) -> bool:
    """Sent this case; it has not been accepted (yet)."""
    case = _case(facts)
    return case.state in BEFORE_ACCEPTANCE and case.referrer_id == viewer.user_id and belongs(viewer, case)


def coordinates_the_case(viewer: Viewer, facts: Facts) -> bool:
    """Coordinates the partnership of a case that has been sent."""
    case = _case(facts)
    return case.state in BEFORE_ACCEPTANCE | AFTER_ACCEPTANCE | {"erased"} and coordinates(viewer, case)


def chairs_its_group(viewer: Viewer, facts: Facts) -> bool:
    """Chairs the group that a sent case belongs to."""
    case = _case(facts)
    place = _place(viewer, case)
    in_sight = case.state in BEFORE_ACCEPTANCE | AFTER_ACCEPTANCE
    return in_sight and place is not None and place.holds_in(Role.CHAIR, case.group_id)


def works_in_its_group(viewer: Viewer, facts: Facts) -> bool:
    """Is a member of the group that an accepted case belongs to."""
    case = _case(facts)
    place = _place(viewer, case)
    return case.state in AFTER_ACCEPTANCE and place is not None and place.holds_in(Role.PRACTITIONER, case.group_id)


def is_named_on_the_case(viewer: Viewer, facts: Facts) -> bool:
    """Is lead officer or owns an action of an open case."""
    case = _case(facts)
    return case.state == "open" and viewer.user_id in case.named and belongs(viewer, case)


def owns_the_action(viewer: Viewer, facts: Facts) -> bool:
    """Owns the action of an open case, in person, and is named on the case for it."""
    return isinstance(facts, ActionFacts) and facts.owner_id == viewer.user_id and is_named_on_the_case(viewer, facts)


def acts_for_the_owning_agency(viewer: Viewer, facts: Facts) -> bool:
    """Works in the case's group for the agency that owns the action."""
    place = _place(viewer, facts)
    if place is None or not isinstance(facts, ActionFacts) or place.agency_id != facts.owner_agency_id:
        return False
    return works_in_its_group(viewer, facts) or is_named_on_the_case(viewer, facts)


# Rules about a group or a meeting


def chairs_the_group(viewer: Viewer, facts: Facts) -> bool:
    """Chairs this group."""
    return _group_role(viewer, facts, Role.CHAIR)


def works_in_the_group(viewer: Viewer, facts: Facts) -> bool:
    """Is a member of this group, whose agenda has been published."""
    if isinstance(facts, MeetingFacts) and not facts.published:
        return False
    return _group_role(viewer, facts, Role.PRACTITIONER)


def is_invited_to_the_item(viewer: Viewer, facts: Facts) -> bool:
    """Is invited to this item, once the agenda is published and until the meeting is over; not while every role held
    is one that sees no case text."""
    place = _place(viewer, facts)
    return (
        isinstance(facts, InvitationFacts)
        and facts.open
        and facts.guest_id == viewer.user_id
        and place is not None
        and place.may_be_guest
    )


# Rules about colleagues and agencies


def leads_their_agency(viewer: Viewer, facts: Facts) -> bool:
    """Leads the agency that this colleague, or this signature, belongs to."""
    place = _place(viewer, facts)
    if place is None or not isinstance(facts, PersonFacts | AgencyFacts):
        return False
    return Role.AGENCY_LEAD in place.roles and place.agency_id == facts.agency_id


def leads_them_not_self(viewer: Viewer, facts: Facts) -> bool:
    """Leads this colleague's agency and is somebody else."""
    return isinstance(facts, PersonFacts) and facts.user_id != viewer.user_id and leads_their_agency(viewer, facts)


def lifts_what_a_lead_did(viewer: Viewer, facts: Facts) -> bool:
    """Leads this colleague's agency, is somebody else, and no coordinator made the suspension."""
    return isinstance(facts, PersonFacts) and facts.suspended_by_lead and leads_them_not_self(viewer, facts)


def is_offered_the_place(viewer: Viewer, facts: Facts) -> bool:
    """Is the person to whom this place is offered, and has not accepted it yet."""
    return isinstance(facts, PersonFacts) and facts.offered and facts.user_id == viewer.user_id


def coordinates_them_not_self(viewer: Viewer, facts: Facts) -> bool:
    """Coordinates the partnership and is somebody else: nobody grants to themselves."""
    return isinstance(facts, PersonFacts) and facts.user_id != viewer.user_id and coordinates(viewer, facts)


def is_the_signatory(viewer: Viewer, facts: Facts) -> bool:
    """Is the agency's named signatory, or one of its leads when none is named."""
    if not isinstance(facts, AgencyFacts) or not leads_their_agency(viewer, facts):
        return False
    return facts.signatory_id in (None, viewer.user_id)


def administers_the_system(viewer: Viewer, facts: Facts) -> bool:  # noqa: ARG001 - every rule has the same shape
    """Is a system administrator. That opens configuration, never a case."""
    return viewer.is_system_administrator


_SEES_CASE: tuple[Rule, ...] = (
    referred_the_case,
    coordinates_the_case,
    chairs_its_group,
    works_in_its_group,
    is_named_on_the_case,
)
_HANDLES_CASE: tuple[Rule, ...] = (coordinates_the_case, chairs_its_group)
_WORKS: tuple[Rule, ...] = (practises, chairs_a_group, coordinates)

RULES: dict[Permission, tuple[Rule, ...]] = {
    Permission.CASE_LIST: _WORKS,
    Permission.CASE_LOG: (refers,),
    Permission.CASE_DRAFT: (wrote_the_draft,),
    Permission.CASE_READ: _SEES_CASE,
    Permission.CASE_DECIDE: _HANDLES_CASE,
    Permission.CASE_WRITE: _SEES_CASE,
    Permission.CASE_LEAD: _HANDLES_CASE,
    Permission.CASE_CLOSE: _HANDLES_CASE,
    Permission.CASE_REOPEN: _HANDLES_CASE,
    Permission.CASE_LOOKED: _HANDLES_CASE,
    Permission.MATCH_FIND: _WORKS,
    Permission.DUPLICATE_SETTLE: (coordinates,),
    Permission.RISK_ASSESS: _SEES_CASE,
    Permission.ACTION_LIST: _WORKS,
    Permission.ACTION_ADD: (coordinates_the_case, chairs_its_group, works_in_its_group, is_named_on_the_case),
    Permission.ACTION_READ: _SEES_CASE,
    Permission.ACTION_UPDATE: (owns_the_action, acts_for_the_owning_agency, coordinates_the_case, chairs_its_group),
    Permission.ACTION_CHANGE: _HANDLES_CASE,
    Permission.AGENCY_ACTIONS: (leads_an_agency,),
    Permission.MEETING_LIST: _WORKS,
    Permission.MEETING_READ: (coordinates, chairs_the_group, works_in_the_group),
    Permission.ITEM_READ: (is_invited_to_the_item,),
    Permission.ITEM_ANSWER: (is_invited_to_the_item,),
    Permission.AGENDA_BUILD: (coordinates, chairs_the_group),
    Permission.MEETING_RUN: (coordinates, chairs_the_group),
    Permission.MINUTES_AGREE: (coordinates, chairs_the_group),
    Permission.AGREEMENT_READ: (belongs_and_is_no_mere_guest,),
    Permission.AGREEMENT_EDIT: (coordinates, governs_information),
    Permission.AGREEMENT_SIGN: (is_the_signatory,),
    Permission.AGREEMENT_END: (governs_information, leads_their_agency),
    Permission.PEOPLE_LIST: (coordinates, leads_an_agency),
    Permission.PERSON_READ: (coordinates, leads_their_agency),
    Permission.PERSON_INVITE: (coordinates, leads_an_agency),
    Permission.PERSON_SUSPEND: (coordinates_them_not_self, leads_them_not_self),
    Permission.PERSON_RESTORE: (coordinates_them_not_self, lifts_what_a_lead_did),
    Permission.PLACE_ACCEPT: (is_offered_the_place,),
    Permission.ROLE_GRANT: (coordinates_them_not_self,),
    Permission.AGENCY_LIST: (belongs_and_is_no_mere_guest,),
    Permission.AGENCY_EDIT: (coordinates,),
    Permission.GROUP_READ: (belongs_and_is_no_mere_guest,),
    Permission.GROUP_EDIT: (coordinates,),
    Permission.LISTS_EDIT: (coordinates,),
    Permission.DELIVERY_READ: (coordinates,),
    Permission.DELIVERY_RETRY: (coordinates,),
    Permission.AUDIT_READ: (governs_information,),
    Permission.FIGURES_READ: (reads_figures, governs_information, coordinates, chairs_a_group),
    Permission.SYSTEM_STATUS: (administers_the_system,),
    Permission.SYSTEM_PARTNERSHIPS: (administers_the_system,),
}


def granted_by(viewer: Viewer, permission: Permission, facts: Facts) -> str | None:
    """The name of the first rule that grants, which is also the reason the audit keeps; None means refused."""
    if permission in NEEDS_AGREEMENT:
        place = _place(viewer, facts)
        if place is None or not place.agreement_signed:
            return None
    for rule in RULES.get(permission, ()):
        if rule(viewer, facts):
            return rule.__name__
    return None


def permits(viewer: Viewer, permission: Permission, facts: Facts) -> bool:
    """Whether this person may do this to that record."""
    return granted_by(viewer, permission, facts) is not None


def could_ever(place: Standing, permission: Permission) -> bool:
    """Whether any role of this person could open such a thing: only they are told that an agreement is missing.

    Anybody may be invited to an agenda item, so everybody is told there, whether or not there is an invitation.
    """
    works = place.works_cases or Role.AGENCY_LEAD in place.roles
    return permission in NEEDS_AGREEMENT and (works or permission in (Permission.ITEM_READ, Permission.ITEM_ANSWER))
