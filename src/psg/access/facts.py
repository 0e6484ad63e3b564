"""What the rules may know about a record: small plain values, so that a rule is a pure function."""

import uuid
from dataclasses import dataclass, field
from typing import Protocol


class Facts(Protocol):
    """Every subject of a rule belongs to a partnership."""

    @property
    def partnership_id(self) -> uuid.UUID:
        """The partnership that owns the record."""


class HasFacts(Protocol):
    """A record that can say what the rules may know about it."""

    def facts(self) -> Facts:
        """The record's facts."""


@dataclass(frozen=True)
class PartnershipFacts:
    """A whole partnership, for decisions that are about no single record."""

    partnership_id: uuid.UUID


@dataclass(frozen=True)
class GroupFacts:
    """A group, or something that belongs to one."""

    partnership_id: uuid.UUID
    group_id: uuid.UUID


@dataclass(frozen=True)
class MeetingFacts:
    """A meeting of a group."""

    partnership_id: uuid.UUID
    group_id: uuid.UUID
    published: bool


@dataclass(frozen=True)
class InvitationFacts:
    """An invitation of one person to one agenda item of one meeting."""

    partnership_id: uuid.UUID
    guest_id: uuid.UUID
    open: bool
    """Published, still on the agenda, not withdrawn, and the meeting not over."""


@dataclass(frozen=True)
class CaseFacts:
    """A case, or something that belongs to one."""

    partnership_id: uuid.UUID
    group_id: uuid.UUID | None
    state: str
    """One of psg.cases.rules.CaseState: draft, sent, open, declined, closed, erased."""
    referrer_id: uuid.UUID
    named: frozenset[uuid.UUID] = field(default=frozenset())
    """Lead officer and action owners."""


@dataclass(frozen=True)
class ActionFacts:
    """An action and the case it belongs to."""

    case: CaseFacts
    owner_id: uuid.UUID | None
    owner_agency_id: uuid.UUID

    @property
    def partnership_id(self) -> uuid.UUID:
        """The partnership of its case."""
        return self.case.partnership_id


@dataclass(frozen=True)
class PersonFacts:
    """A colleague's membership of a partnership."""

    partnership_id: uuid.UUID
    user_id: uuid.UUID
    agency_id: uuid.UUID
    suspended_by_lead: bool = False
    """Whether the suspension that stands was made by a lead of their agency, not by a coordinator."""
    offered: bool = False
    """Whether the place is offered and not accepted yet."""


@dataclass(frozen=True)
class AgencyFacts:
    """An agency's part in something of a partnership, such as its place under an agreement."""

    partnership_id: uuid.UUID
    agency_id: uuid.UUID
    signatory_id: uuid.UUID | None = None
    """The person named to sign for the agency; None when any lead of it may."""
