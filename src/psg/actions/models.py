"""Tables of actions and their history. The text of an action is case text."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psg.access.facts import ActionFacts, CaseFacts
from psg.actions.rules import ActionState, UpdateKind
from psg.crypto import Sealed, sealed_text
from psg.db import Model, Owned, Versioned, owned_fk


class Action(Sealed, Versioned, Owned, Model):
    """Something agreed on a case, with one owner and one date."""

    __tablename__ = "actions"
    __key_owner__ = "case_id"
    __allow_unmapped__ = True  # for what loaders put beside the columns, below
    __table_args__ = (
        owned_fk("case_id", "cases"),
        UniqueConstraint("partnership_id", "case_id", "number"),
        Index("ix_actions_owner", "partnership_id", "owner_id", "state", "due_on", "id"),
        Index("ix_actions_agency", "partnership_id", "owner_agency_id", "state", "due_on", "id"),
        Index("ix_actions_due", "partnership_id", "state", "due_on", "id"),
    )

    case_id: Mapped[uuid.UUID]
    number: Mapped[int]
    """Counted within the case: action 1 of EC-7QK4-M2."""
    meeting_id: Mapped[uuid.UUID | None]
    """The meeting it was agreed at; meetings are a feature above this one, hence no foreign key."""
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """The person who does it; None when it is the agency's to give out."""
    owner_agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    due_on: Mapped[date]
    """A local date."""
    priority: Mapped[str] = mapped_column(String(20), default="usual")
    """A code of reference/action-priorities.yaml."""
    state: Mapped[ActionState] = mapped_column(default=ActionState.OPEN)
    set_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    times_moved: Mapped[int] = mapped_column(default=0)
    what = sealed_text()
    """What is to be done, beginning with a verb."""
    outcome = sealed_text()
    """How it went, or why it was not done."""
    evidence = sealed_text()
    """Where the proof is."""

    _case_facts: CaseFacts | None = None

    def know_case(self, facts: CaseFacts) -> "Action":
        """Put the case's facts in place, which loaders do before anybody asks the rules."""
        self._case_facts = facts
        return self

    def facts(self) -> ActionFacts:
        """What access rules may know about it."""
        if self._case_facts is None:
            raise RuntimeError("an action was loaded without its case's facts")
        return ActionFacts(self._case_facts, self.owner_id, self.owner_agency_id)


class ActionUpdate(Sealed, Owned, Model):
    """One entry of an action's history. Never changed."""

    __tablename__ = "action_updates"
    __key_owner__ = "case_id"
    __table_args__ = (
        owned_fk("action_id", "actions"),
        owned_fk("case_id", "cases"),
        Index("ix_action_updates_action", "partnership_id", "action_id", "at"),
        Index("ix_action_updates_case", "partnership_id", "case_id", "at"),
    )

    action_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID]
    kind: Mapped[UpdateKind]
    at: Mapped[datetime]
    by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    due_before: Mapped[date | None]
    due_after: Mapped[date | None]
    owner_before: Mapped[uuid.UUID | None]
    owner_after: Mapped[uuid.UUID | None]
    text = sealed_text()
