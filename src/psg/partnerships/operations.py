"""Changing partnerships, agencies, groups, memberships and roles. Called inside `transaction()`."""

import re
import uuid
from datetime import date
from typing import Any

from sqlalchemy import func, select

from psg import audit, clock
from psg.access.roles import GROUP_ROLES, Role
from psg.accounts.models import User
from psg.audit import Actor
from psg.audit.events import Event
from psg.db import DomainError, db
from psg.partnerships.models import (
    Agency,
    Group,
    Installation,
    Membership,
    PartnerAgency,
    Partnership,
    RoleHeld,
    Term,
)
from psg.partnerships.queries import names_changed
from psg.partnerships.rules import GroupState, MembershipState
from psg.partnerships.standard_lists import COPIED_LISTS, Words, standard_entries, standard_words, standard_words_of

RESERVED_SLUGS = frozenset(
    {
        *("accept-invitation", "accessibility", "blank", "case-review", "demo", "favicon.ico", "find"),
        *(
            "forgotten-password",
            "healthz",
            "help",
            "invitations",
            "joining",
            "kept",
            "my-work",
            "privacy",
            "readyz",
            "reset",
        ),
        *("session", "settings", "sign-in", "sign-out", "static", "status", "system", "version"),
    }
)
"""Words that are pages of the installation, so no partnership may be called so in addresses."""

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def mark_installation(kind: str) -> None:
    """Say once what this database is: live or demo."""
    db.session.add(Installation(id=1, kind=kind, created_at=clock.now()))


def create_partnership(
    *,
    slug: str,
    name: str,
    prefix: str,
    contact_email: str = "",
    colour: int = 1,
    marking: str = "OFFICIAL-SENSITIVE",
    by: Actor,
) -> Partnership:
    """A new partnership with its own copy of the standard lists. Its keys must exist before cases are logged."""
    if not _SLUG.fullmatch(slug) or slug in RESERVED_SLUGS or len(slug) > 40:
        raise DomainError("The name in addresses must be small letters, figures and dashes, and not a page of PSG.")
    if not re.fullmatch(r"[A-Z]{2,4}", prefix):
        raise DomainError("References must begin with two to four capital letters.")
    if db.session.scalar(select(Partnership.id).where((Partnership.slug == slug) | (Partnership.prefix == prefix))):
        raise DomainError("Another partnership already uses that name in addresses, or that beginning of references.")
    partnership = Partnership(
        slug=slug,
        name=name,
        prefix=prefix,
        colour=colour,
        marking=marking,
        contact_email=contact_email,
        created_at=clock.now(),
    )
    db.session.add(partnership)
    db.session.flush()
    audit.record(Event.PARTNERSHIP_ADDED, partnership, by=by, partnership_id=partnership.id)
    seed_terms(partnership.id, by=by)
    return partnership


def seed_terms(partnership_id: uuid.UUID, *, by: Actor) -> None:
    """Give a partnership its own copy of the standard lists."""
    for name in COPIED_LISTS:
        for position, entry in enumerate(standard_entries(name)):
            words = standard_words(entry)
            db.session.add(
                Term(
                    partnership_id=partnership_id,
                    list=name,
                    code=entry["code"],
                    label=words.label,
                    hint=words.hint,
                    icon=entry.get("icon", ""),
                    common=entry.get("common", False),
                    position=position,
                    valid_from=entry.get("valid_from"),
                    valid_until=entry.get("valid_until"),
                )
            )
    audit.record(Event.PARTNERSHIP_CHANGED, None, by=by, partnership_id=partnership_id, fields=("lists",))


def change_partnership(partnership: Partnership, *, by: Actor, **values: Any) -> None:
    """Change name, colour, marking or mailbox."""
    for name, value in values.items():
        setattr(partnership, name, value)
    audit.record(Event.PARTNERSHIP_CHANGED, partnership, by=by, partnership_id=partnership.id, fields=tuple(values))


def find_or_add_agency(*, name: str, short_name: str, kind: str, by: Actor) -> Agency:
    """The agency of that name in the installation, made when there is none: it may sit in several partnerships."""
    agency = db.session.scalar(select(Agency).where(Agency.name == name))
    if agency is None:
        agency = Agency(name=name, short_name=short_name, kind=kind)
        db.session.add(agency)
        db.session.flush()
        audit.record(Event.AGENCY_ADDED, agency, by=by)
    return agency


def join_agency(partnership_id: uuid.UUID, agency: Agency, *, may_refer: bool = True, by: Actor) -> PartnerAgency:
    """Make an agency a member of a partnership, again when it had left."""
    place = db.session.scalar(
        select(PartnerAgency).where(
            PartnerAgency.partnership_id == partnership_id, PartnerAgency.agency_id == agency.id
        )
    )
    if place is not None and place.left_on is None:
        raise DomainError(f"{agency.name} is already in this partnership.")
    if place is None:
        place = PartnerAgency(partnership_id=partnership_id, agency_id=agency.id, joined_on=clock.today())
        db.session.add(place)
    place.may_refer = may_refer
    place.left_on = None
    audit.record(Event.AGENCY_JOINED, place, by=by)
    names_changed(partnership_id)
    return place


def change_agency_place(place: PartnerAgency, *, may_refer: bool, liaison_id: uuid.UUID | None, by: Actor) -> None:
    """Change whether an agency may refer, and who its designated liaison officer is."""
    place.may_refer = may_refer
    place.liaison_id = liaison_id
    audit.record(Event.AGENCY_CHANGED, place, by=by, fields=("may_refer", "liaison"))
    names_changed(place.partnership_id)


def leave_agency(place: PartnerAgency, *, by: Actor) -> None:
    """Record that an agency has left: from the next request its people see nothing here."""
    if place.left_on is not None:
        raise DomainError("This agency has already left the partnership.")
    place.left_on = clock.today()
    audit.record(Event.AGENCY_LEFT, place, by=by)
    names_changed(place.partnership_id)


def create_group(
    partnership_id: uuid.UUID,
    *,
    slug: str,
    name: str,
    terms: str = "",
    chair_agency_id: uuid.UUID | None = None,
    settings: dict[str, Any] | None = None,
    by: Actor,
) -> Group:
    """A new group of a partnership."""
    if not _SLUG.fullmatch(slug) or len(slug) > 40:
        raise DomainError("The name in addresses must be small letters, figures and dashes.")
    if db.session.scalar(select(Group.id).where(Group.partnership_id == partnership_id, Group.slug == slug)):
        raise DomainError("Another group of this partnership already has that name in addresses.")
    group = Group(
        partnership_id=partnership_id,
        slug=slug,
        name=name,
        terms=terms,
        chair_agency_id=chair_agency_id,
        settings=settings or {},
        created_at=clock.now(),
    )
    db.session.add(group)
    db.session.flush()
    audit.record(Event.GROUP_ADDED, group, by=by)
    names_changed(partnership_id)
    return group


def change_group(group: Group, *, by: Actor, **values: Any) -> None:
    """Change a group's name, terms, review date of the terms, settings or state."""
    for name, value in values.items():
        setattr(group, name, value)
    audit.record(Event.GROUP_CHANGED, group, by=by, fields=tuple(values))
    names_changed(group.partnership_id)


def end_group(group: Group, *, by: Actor) -> None:
    """A group takes no more cases and plans no more meetings."""
    change_group(group, by=by, state=GroupState.ENDED)


def add_member(
    partnership_id: uuid.UUID,
    *,
    user_id: uuid.UUID,
    agency_id: uuid.UUID,
    post: str = "",
    state: MembershipState = MembershipState.INVITED,
    by: Actor,
) -> Membership:
    """Make a person a member of a partnership, acting for one of its agencies. Never a system administrator."""
    if db.session.scalar(select(User.is_system_administrator).where(User.id == user_id)):
        raise DomainError("This person administers the system, and so holds no role in a partnership.")
    place = db.session.scalar(
        select(PartnerAgency).where(
            PartnerAgency.partnership_id == partnership_id,
            PartnerAgency.agency_id == agency_id,
            PartnerAgency.left_on.is_(None),
        )
    )
    if place is None:
        raise DomainError("That agency is not in this partnership.")
    if db.session.scalar(
        select(Membership.id).where(Membership.partnership_id == partnership_id, Membership.user_id == user_id)
    ):
        raise DomainError("That person is already in this partnership.")
    member = Membership(
        partnership_id=partnership_id,
        user_id=user_id,
        agency_id=agency_id,
        post=post,
        state=state,
        invited_by=by.user_id,
        created_at=clock.now(),
    )
    db.session.add(member)
    db.session.flush()
    audit.record(Event.INVITATION_SENT, member, by=by)
    names_changed(partnership_id)
    return member


def activate_memberships(user_id: uuid.UUID, *, by: Actor) -> None:
    """An invitation was accepted: every membership that waited for it opens."""
    waiting = select(Membership).where(Membership.user_id == user_id, Membership.state == MembershipState.INVITED)
    for member in db.session.scalars(waiting):
        member.state = MembershipState.ACTIVE
        audit.record(Event.INVITATION_ACCEPTED, member, by=by)
        names_changed(member.partnership_id)


def person_renamed(user_id: uuid.UUID) -> None:
    """A person changed their own name: every partnership they are in shows the new one."""
    for partnership_id in list(
        db.session.scalars(select(Membership.partnership_id).where(Membership.user_id == user_id))
    ):
        names_changed(partnership_id)


def grant_role(member: Membership, role: Role, *, group_id: uuid.UUID | None = None, by: Actor) -> RoleHeld:
    """Give a member a role. Nobody grants to themselves; a chair's role is always of one group."""
    if member.user_id == by.user_id:
        raise DomainError("You cannot give yourself a role. Ask another coordinator.")
    if role is Role.CHAIR and group_id is None:
        raise DomainError("A chair is the chair of one group. Select the group.")
    if role not in GROUP_ROLES and group_id is not None:
        raise DomainError("That role is held in the whole partnership, not in a group.")
    held = db.session.scalar(
        select(RoleHeld.id).where(
            RoleHeld.partnership_id == member.partnership_id,
            RoleHeld.membership_id == member.id,
            RoleHeld.role == role,
            RoleHeld.group_id == group_id if group_id else RoleHeld.group_id.is_(None),
            RoleHeld.ended_at.is_(None),
        )
    )
    if held:
        raise DomainError("This person already holds that role.")
    given = RoleHeld(
        partnership_id=member.partnership_id,
        membership_id=member.id,
        role=role,
        group_id=group_id,
        granted_by=by.user_id,
        granted_at=clock.now(),
    )
    db.session.add(given)
    audit.record(Event.ROLE_GIVEN, given, by=by, why=role.value)
    names_changed(member.partnership_id)
    return given


def end_role(member: Membership, held: RoleHeld, *, by: Actor) -> None:
    """End a role, from the holder's next request on."""
    if member.user_id == by.user_id:
        raise DomainError("You cannot end your own role. Ask another coordinator.")
    if held.ended_at is not None:
        raise DomainError("That role has already ended.")
    held.ended_at = clock.now()
    held.ended_by = by.user_id
    audit.record(Event.ROLE_ENDED, held, by=by, why=held.role.value)
    names_changed(member.partnership_id)


def add_term(partnership_id: uuid.UUID, name: str, *, code: str, label: str, hint: str = "", by: Actor) -> Term:
    """Add an entry to one of the partnership's lists."""
    last = db.session.scalar(
        select(func.max(Term.position)).where(Term.partnership_id == partnership_id, Term.list == name)
    )
    term = Term(
        partnership_id=partnership_id,
        list=name,
        code=code,
        label=label,
        hint=hint,
        position=(last or 0) + 1,
        valid_from=clock.today(),
    )
    db.session.add(term)
    audit.record(Event.PARTNERSHIP_CHANGED, term, by=by, fields=(_as_field(name),))
    names_changed(partnership_id)
    return term


def change_term(
    term: Term, *, label: str, hint: str, valid_until: date | None, common: bool | None = None, by: Actor
) -> None:
    """Reword an entry, for every case that has it, or retire it after a date: cases that have it keep it.

    common: of a lawful basis, whether the partnership names it as the usual one, so that referrals begin with it.
    """
    if common is not None:
        term.common = common
    if (label, hint) != (term.label, term.hint):
        term.reworded = Words(label, hint) != standard_words_of(term)
    term.label = label
    term.hint = hint
    term.valid_until = valid_until
    audit.record(Event.PARTNERSHIP_CHANGED, term, by=by, fields=(_as_field(term.list),))
    names_changed(term.partnership_id)


def _as_field(name: str) -> str:
    """The name of a list as the audit takes names: event_kinds."""
    return name.replace("-", "_")
