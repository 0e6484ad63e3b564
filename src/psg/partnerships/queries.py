"""Finding people, agencies, groups and the partnership's own words. Staff names are plain; nothing is about a case."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import and_, insert, select, update

from psg import clock
from psg.access import Role
from psg.access.facts import GroupFacts
from psg.accounts.models import User
from psg.db import db
from psg.partnerships.models import Agency, Group, Membership, NameStamp, PartnerAgency, Partnership, RoleHeld, Term
from psg.partnerships.rules import GroupState, MembershipState


@dataclass(frozen=True)
class Member:
    """A person of the partnership, with the roles they hold today."""

    user_id: uuid.UUID
    membership_id: uuid.UUID
    name: str
    first_name: str
    email: str
    agency_id: uuid.UUID
    post: str
    state: MembershipState
    roles: frozenset[Role] = frozenset()
    groups: dict[uuid.UUID, frozenset[Role]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether the membership opens anything."""
        return self.state is MembershipState.ACTIVE

    def holds(self, role: Role, group_id: uuid.UUID | None = None) -> bool:
        """Whether the role is held in the partnership, or in that group."""
        return role in (self.roles if group_id is None else self.groups.get(group_id, frozenset()))

    @property
    def may_be_guest(self) -> bool:
        """Whether they can be invited to an agenda item: not with roles that see no case text, and those only."""
        return self.works_cases or self.roles <= {Role.GUEST}

    @property
    def works_cases(self) -> bool:
        """Whether any role of theirs opens cases at all, in the partnership or in a group."""
        held = self.roles.union(*self.groups.values())
        return not held.isdisjoint((Role.PRACTITIONER, Role.CHAIR, Role.COORDINATOR))


@dataclass(frozen=True)
class AgencyPlace:
    """An agency in the partnership."""

    id: uuid.UUID
    place_id: uuid.UUID
    name: str
    short_name: str
    kind: str
    may_refer: bool
    joined_on: date
    left_on: date | None
    liaison_id: uuid.UUID | None = None

    @property
    def active(self) -> bool:
        """Whether the agency is a member today."""
        return self.left_on is None or self.left_on > clock.today()


@dataclass(frozen=True)
class Entry:
    """An entry of one of the partnership's lists."""

    list: str
    code: str
    label: str
    hint: str
    icon: str
    common: bool
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True)
class GroupPlace:
    """A group of the partnership, as lists and choices need it."""

    id: uuid.UUID
    partnership_id: uuid.UUID
    slug: str
    name: str
    state: GroupState
    terms: str
    settings: Mapping[str, Any]
    chair_agency_id: uuid.UUID | None

    def facts(self) -> GroupFacts:
        """What access rules may know about it."""
        return GroupFacts(self.partnership_id, self.id)


AnyGroup = Group | GroupPlace
"""A group's record, or what the directory keeps of it: enough for whoever only reads."""


class Directory:
    """Names of a partnership's people, agencies and groups: read once, then looked up by id."""

    def __init__(self, people: Sequence[Member], agencies: Sequence[AgencyPlace], groups: Sequence[GroupPlace]) -> None:
        self.people = list(people)
        self.agencies = list(agencies)
        self.groups = list(groups)
        self._people = {person.user_id: person for person in people}
        self._agencies = {agency.id: agency for agency in agencies}
        self._groups = {group.id: group for group in groups}
        self.agency_names = tuple((str(agency.id), agency.short_name) for agency in agencies)
        self.group_names = tuple((str(group.id), group.name) for group in groups)
        """Of all, by their ids as text: what lists are filtered by."""

    def member(self, user_id: uuid.UUID | None) -> Member | None:
        """The member with that user id, whatever their state, or None."""
        return self._people.get(user_id) if user_id else None

    def user(self, user_id: uuid.UUID | None) -> str:
        """A person's name; 'Somebody who has left' when they are in the partnership no more."""
        member = self.member(user_id)
        return member.name if member else ("Somebody who has left" if user_id else "Nobody yet")

    def agency(self, agency_id: uuid.UUID | None) -> str:
        """An agency's short name."""
        place = self._agencies.get(agency_id) if agency_id else None
        return place.short_name if place else ("An agency that has left" if agency_id else "None yet")

    def agency_name(self, agency_id: uuid.UUID | None) -> str:
        """An agency's full name."""
        place = self._agencies.get(agency_id) if agency_id else None
        return place.name if place else self.agency(agency_id)

    def group(self, group_id: uuid.UUID | None) -> GroupPlace | None:
        """The group with that id."""
        return self._groups.get(group_id) if group_id else None

    def group_name(self, group_id: uuid.UUID | None) -> str:
        """A group's name; 'Not sure yet' for none."""
        group = self.group(group_id)
        return group.name if group else "Not sure yet"


def directory(partnership_id: uuid.UUID) -> Directory:
    """Everybody and everything with a name in a partnership, looked up once per request."""
    return _names(partnership_id).directory


def forget_directory(partnership_id: uuid.UUID) -> None:
    """Read the names again next time, after one of them changed in this request."""
    _request_store("names").pop(partnership_id, None)
    _request_store("changed")[partnership_id] = True


def names_changed(partnership_id: uuid.UUID) -> None:
    """Say that a name in the partnership changed, so that every process reads them again. Inside `transaction()`."""
    forget_directory(partnership_id)
    stamp = uuid.uuid4()
    changed = update(NameStamp).where(NameStamp.partnership_id == partnership_id).values(stamp=stamp)
    if not db.session.execute(changed.returning(NameStamp.stamp)).all():
        db.session.execute(insert(NameStamp).values(partnership_id=partnership_id, stamp=stamp))


def terms(partnership_id: uuid.UUID, name: str) -> Sequence[Entry]:
    """The entries of one of the partnership's lists that are valid today, in order."""
    return _names(partnership_id).valid(name, clock.today())


def term_names(partnership_id: uuid.UUID, name: str) -> tuple[tuple[str, str], ...]:
    """(code, label) of the entries that are valid today: what lists are filtered by."""
    return tuple((term.code, term.label) for term in terms(partnership_id, name))


def labels(partnership_id: uuid.UUID) -> Mapping[tuple[str, str], str]:
    """(list, code) -> label for every entry there ever was: cases keep retired ones."""
    return _names(partnership_id).labels


def by_slug(slug: str) -> Partnership | None:
    """The partnership with that name in the address."""
    return db.session.scalar(select(Partnership).where(Partnership.slug == slug))


def membership(partnership_id: uuid.UUID, user_id: uuid.UUID) -> Membership | None:
    """A person's membership, whatever its state."""
    return db.session.scalar(
        select(Membership).where(Membership.partnership_id == partnership_id, Membership.user_id == user_id)
    )


def _request_store(name: str) -> dict[uuid.UUID, Any]:
    """A dictionary that lives as long as the request; without one, an empty one each time."""
    if not has_request_context():
        return {}
    stores: dict[str, dict[uuid.UUID, Any]] = g.setdefault("psg_directory", {})
    return stores.setdefault(name, {})


@dataclass(frozen=True)
class _Names:
    directory: Directory
    entries: Sequence[Entry]
    labels: Mapping[tuple[str, str], str]
    _valid: dict[str, tuple[date, Sequence[Entry]]] = field(default_factory=dict)

    def valid(self, name: str, day: date) -> Sequence[Entry]:
        """The entries of a list that are valid on a day, found once a day."""
        found = self._valid.get(name)
        if found is None or found[0] != day:
            entries = tuple(
                term
                for term in self.entries
                if term.list == name
                and (term.valid_from is None or term.valid_from <= day)
                and (term.valid_until is None or day <= term.valid_until)
            )
            found = self._valid[name] = (day, entries)
        return found[1]


_kept: dict[uuid.UUID, tuple[uuid.UUID, _Names]] = {}
"""Names by partnership with the stamp they were read under: one entry for each partnership of the installation."""


def _names(partnership_id: uuid.UUID) -> _Names:
    known: dict[uuid.UUID, _Names] = _request_store("names")
    if partnership_id not in known:
        known[partnership_id] = _names_by_stamp(partnership_id)
    return known[partnership_id]


def _names_by_stamp(partnership_id: uuid.UUID) -> _Names:
    """The names of this process when the viewer's standing, read a moment ago, has the same stamp; else read anew."""
    place = current_user.standing(partnership_id) if has_request_context() and current_user.is_authenticated else None
    stamp = place.names_stamp if place and partnership_id not in _request_store("changed") else None
    kept = _kept.get(partnership_id)
    if kept is not None and stamp is not None and kept[0] == stamp:
        return kept[1]
    entries = _entries(partnership_id)
    labelled = {(entry.list, entry.code): entry.label for entry in entries}
    people = Directory(_members(partnership_id), _agencies(partnership_id), _groups(partnership_id))
    names = _Names(people, entries, labelled)
    if stamp is not None:
        _kept[partnership_id] = (stamp, names)
    return names


def _entries(partnership_id: uuid.UUID) -> list[Entry]:
    columns = (
        Term.list,
        Term.code,
        Term.label,
        Term.hint,
        Term.icon,
        Term.common,
        Term.valid_from,
        Term.valid_until,
    )
    statement = select(*columns).where(Term.partnership_id == partnership_id).order_by(Term.list, Term.position)
    return [Entry(*row) for row in db.session.execute(statement)]


_MEMBERS = (
    select(
        Membership.user_id,
        Membership.id,
        User.first_name,
        User.last_name,
        User.email,
        Membership.agency_id,
        Membership.post,
        Membership.state,
        Membership.suspended_from,
        RoleHeld.role,
        RoleHeld.group_id,
    )
    .join(User, User.id == Membership.user_id)
    .outerjoin(
        RoleHeld,
        and_(
            RoleHeld.partnership_id == Membership.partnership_id,
            RoleHeld.membership_id == Membership.id,
            RoleHeld.ended_at.is_(None),
        ),
    )
)


def _members(partnership_id: uuid.UUID) -> list[Member]:
    rows = db.session.execute(
        _MEMBERS.where(Membership.partnership_id == partnership_id).order_by(User.last_name, User.first_name, User.id)
    )
    people: dict[uuid.UUID, Member] = {}
    for user_id, membership_id, first, last, email, agency_id, post, state, suspended_from, role, group_id in rows:
        person = people.get(user_id)
        if person is None:
            # Until an invitation is accepted, an address gives no name away: the account may be one that existed.
            accepted = MembershipState.INVITED not in (state, suspended_from)
            name = f"{first} {last}" if accepted else email
            person = Member(user_id, membership_id, name, first if accepted else "", email, agency_id, post, state)
        if role is not None:
            person = _with_role(person, role, group_id)
        people[user_id] = person
    return list(people.values())


def _with_role(person: Member, role: Role, group_id: uuid.UUID | None) -> Member:
    roles, groups = person.roles, dict(person.groups)
    if group_id is None:
        roles |= {role}
    else:
        groups[group_id] = groups.get(group_id, frozenset()) | {role}
    return replace(person, roles=roles, groups=groups)


def _agencies(partnership_id: uuid.UUID) -> list[AgencyPlace]:
    statement = (
        select(
            Agency.id,
            PartnerAgency.id,
            Agency.name,
            Agency.short_name,
            Agency.kind,
            PartnerAgency.may_refer,
            PartnerAgency.joined_on,
            PartnerAgency.left_on,
            PartnerAgency.liaison_id,
        )
        .join(PartnerAgency, PartnerAgency.agency_id == Agency.id)
        .where(PartnerAgency.partnership_id == partnership_id)
        .order_by(Agency.name)
    )
    return [AgencyPlace(*row) for row in db.session.execute(statement)]


def _groups(partnership_id: uuid.UUID) -> list[GroupPlace]:
    columns = (
        Group.id,
        Group.partnership_id,
        Group.slug,
        Group.name,
        Group.state,
        Group.terms,
        Group.settings,
        Group.chair_agency_id,
    )
    statement = select(*columns).where(Group.partnership_id == partnership_id).order_by(Group.name)
    return [GroupPlace(*row) for row in db.session.execute(statement)]


def find_group(_viewer: Any, standing: Any, group: str) -> Group | None:
    """Loader: the group with that slug in the partnership of the page."""
    return db.session.scalar(select(Group).where(Group.partnership_id == standing.partnership_id, Group.slug == group))


def find_member(_viewer: Any, standing: Any, user_id: uuid.UUID) -> Membership | None:
    """Loader: a colleague's membership of the partnership of the page."""
    return membership(standing.partnership_id, user_id)


def find_agency(_viewer: Any, standing: Any, agency_id: uuid.UUID) -> PartnerAgency | None:
    """Loader: an agency's place in the partnership of the page."""
    return db.session.scalar(
        select(PartnerAgency).where(
            PartnerAgency.partnership_id == standing.partnership_id, PartnerAgency.agency_id == agency_id
        )
    )


def find_term(_viewer: Any, standing: Any, name: str, term_id: uuid.UUID) -> Term | None:
    """Loader: an entry of a list of the partnership of the page."""
    return db.session.scalar(
        select(Term).where(Term.partnership_id == standing.partnership_id, Term.list == name, Term.id == term_id)
    )
