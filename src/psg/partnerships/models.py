"""Tables of partnerships, agencies, groups, memberships and roles. Plain columns: none of it is about a case."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

from psg.access.facts import GroupFacts, PersonFacts
from psg.access.roles import Role
from psg.db import Model, Owned, Versioned, owned_fk
from psg.ids import new_id
from psg.partnerships.rules import GroupState, MembershipState


class Installation(Model):
    """One row that says what this database is, so that demonstration tools refuse every other one."""

    __tablename__ = "installation"
    __audited__: ClassVar[bool] = False

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    """live or demo"""
    created_at: Mapped[datetime]


class Partnership(Versioned, Model):
    """A Community Safety Partnership."""

    __tablename__ = "partnerships"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    """Its name in addresses, such as east-cambs."""
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(4), unique=True)
    """How its references begin, such as EC."""
    colour: Mapped[int] = mapped_column(default=1)
    """One of six tested colours, 1 to 6."""
    marking: Mapped[str] = mapped_column(String(60), default="OFFICIAL-SENSITIVE")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    """The coordinator's mailbox: where answers to reminders go, and whom a stuck person may ask."""
    created_at: Mapped[datetime]


class NameStamp(Model):
    """Changes whenever a name in a partnership does: people, roles, agencies, lists. Processes keep them till then."""

    __tablename__ = "name_stamps"
    __audited__: ClassVar[bool] = False

    partnership_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("partnerships.id"), primary_key=True)
    stamp: Mapped[uuid.UUID]


class Agency(Versioned, Model):
    """An organisation. One agency may work in several partnerships."""

    __tablename__ = "agencies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    short_name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    """A code of reference/agency-kinds.yaml."""


class PartnerAgency(Versioned, Owned, Model):
    """An agency's place in a partnership."""

    __tablename__ = "partner_agencies"
    __table_args__ = (UniqueConstraint("partnership_id", "agency_id"),)

    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"), index=True)
    may_refer: Mapped[bool] = mapped_column(default=True)
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    liaison_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """The designated liaison officer, when one is named."""


class Group(Versioned, Owned, Model):
    """A Problem Solving Group, or another group that works on cases."""

    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("partnership_id", "slug"),)

    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str]
    terms: Mapped[str] = mapped_column(Text, default="")
    """Terms of reference."""
    terms_review_on: Mapped[date | None]
    state: Mapped[GroupState] = mapped_column(default=GroupState.ACTIVE)
    chair_agency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agencies.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Offsets of the group's clocks over reference/reminder-defaults.yaml, such as due_soon_days."""
    created_at: Mapped[datetime]

    def facts(self) -> GroupFacts:
        """What access rules may know about it."""
        return GroupFacts(self.partnership_id, self.id)


class Membership(Versioned, Owned, Model):
    """A person's membership of a partnership, acting for one agency."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("partnership_id", "user_id"), Index("ix_memberships_user", "user_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    post: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[MembershipState]
    invited_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    suspended_from: Mapped[MembershipState | None] = mapped_column(info={"digest": 2})
    """What it was before the suspension that stands: who had not accepted yet is asked again, not let in."""
    suspended_as: Mapped[Role | None] = mapped_column(info={"digest": 2})
    """As what somebody made it: coordinator or agency lead. None for one made before this was kept, which only a
    coordinator lifts."""

    def facts(self) -> PersonFacts:
        """What access rules may know about it."""
        return PersonFacts(
            self.partnership_id,
            self.user_id,
            self.agency_id,
            suspended_by_lead=self.suspended_as is Role.AGENCY_LEAD,
            offered=self.state is MembershipState.INVITED,
        )


MEMBERS_AGENCY = and_(
    PartnerAgency.partnership_id == Membership.partnership_id, PartnerAgency.agency_id == Membership.agency_id
)
"""Joins a membership to its agency's place in the partnership."""


class RoleHeld(Owned, Model):
    """A role that a member holds, in the whole partnership or in one group."""

    __tablename__ = "roles"
    __table_args__ = (
        owned_fk("membership_id", "memberships"),
        owned_fk("group_id", "groups"),
        Index("ix_roles_membership", "partnership_id", "membership_id"),
        Index("ix_roles_group", "partnership_id", "group_id"),
    )

    membership_id: Mapped[uuid.UUID]
    role: Mapped[Role]
    group_id: Mapped[uuid.UUID | None]
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class Term(Versioned, Owned, Model):
    """An entry of one of the partnership's lists, dated: a case that has a retired one keeps it."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("partnership_id", "list", "code"),)

    list: Mapped[str] = mapped_column(String(30))
    """Such as themes, event-kinds, close-reasons."""
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str]
    hint: Mapped[str] = mapped_column(String(400), default="")
    icon: Mapped[str] = mapped_column(String(20), default="")
    common: Mapped[bool] = mapped_column(default=False)
    """Shown first; the rest stand under More. Of a lawful basis: the partnership's usual one, ticked beforehand."""
    position: Mapped[int]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    reworded: Mapped[bool] = mapped_column(default=False, info={"digest": 2})
    """Whether the partnership has put it into words of its own; then newer standard words are not offered."""


class ReminderSetting(Owned, Model):
    """When a partnership reminds its people, from a day on. Never changed: a later line replaces an earlier one."""

    __tablename__ = "reminder_settings"
    __table_args__ = (Index("ix_reminder_settings_code", "partnership_id", "code", "valid_from"),)

    code: Mapped[str] = mapped_column(String(40))
    """Of reference/reminder-defaults.yaml."""
    value: Mapped[str] = mapped_column(String(20))
    """A number of days, or a time of day such as 08:15."""
    valid_from: Mapped[date]
    set_at: Mapped[datetime]
    set_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """None when a set-up file or the command line set it."""
