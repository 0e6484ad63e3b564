"""Tables of meetings. Free text about a case is sealed under that case's key, the rest under the meeting's own."""

import uuid
from datetime import date, datetime, time
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from psg.access.facts import InvitationFacts, MeetingFacts
from psg.crypto import Sealed, sealed_json, sealed_text
from psg.db import Model, Owned, Versioned, owned_fk
from psg.meetings.rules import Attended, ComesAs, ItemState, MeetingState, Section


class StandingItem(Versioned, Owned, Model):
    """A fixed section of a group's agendas, in order."""

    __tablename__ = "standing_items"
    __table_args__ = (owned_fk("group_id", "groups"), Index("ix_standing_items_group", "partnership_id", "group_id"))

    group_id: Mapped[uuid.UUID]
    position: Mapped[int]
    title: Mapped[str]
    section: Mapped[Section]
    minutes: Mapped[int] = mapped_column(default=5)


class Series(Versioned, Owned, Model):
    """How a group meets, such as every second Tuesday of the month at 10am."""

    __tablename__ = "series"
    __table_args__ = (owned_fk("group_id", "groups"), UniqueConstraint("partnership_id", "group_id"))

    group_id: Mapped[uuid.UUID]
    ordinal: Mapped[int]
    """1 to 4, or -1 for the last of the month."""
    weekday: Mapped[int]
    """0 is Monday."""
    every_months: Mapped[int] = mapped_column(default=1)
    starts_from: Mapped[date]
    at: Mapped[time]
    minutes: Mapped[int]
    place: Mapped[str] = mapped_column(default="")


class Meeting(Sealed, Versioned, Owned, Model):
    """One meeting of a group. Its address uses the id, since dates move."""

    __tablename__ = "meetings"
    __key_owner__ = "id"
    __table_args__ = (
        owned_fk("group_id", "groups"),
        UniqueConstraint("partnership_id", "group_id", "held_on"),
        Index("ix_meetings_when", "partnership_id", "held_on"),
    )

    group_id: Mapped[uuid.UUID]
    series_on: Mapped[date | None]
    """The date of the series that it stands for, also after it was moved or cancelled; None for an extra meeting."""
    held_on: Mapped[date]
    at: Mapped[time]
    minutes: Mapped[int]
    place: Mapped[str] = mapped_column(default="")
    state: Mapped[MeetingState] = mapped_column(default=MeetingState.PREPARING)
    agenda_version: Mapped[int] = mapped_column(default=0)
    """0 until published; every later publication counts on."""
    published_at: Mapped[datetime | None]
    published_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    statement_read_at: Mapped[datetime | None]
    """When the confidentiality statement was read."""
    ended_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None]
    """When the agenda was last arranged or something was recorded; every such change also raises the version."""
    cancel_reason: Mapped[str] = mapped_column(String(40), default="")
    """A code of psg.meetings.rules.CANCEL_REASONS, when it was cancelled."""
    notes = sealed_text()
    """Nothing writes it. It stays because every meeting's digest covers it: without the column the audit could not
    recompute those digests, and dropping it would need a new baseline of all of them."""

    def facts(self) -> MeetingFacts:
        """What access rules may know about it."""
        return MeetingFacts(self.partnership_id, self.group_id, self.agenda_version > 0)


class AgendaItem(Versioned, Owned, Model):
    """A line of an agenda: a standing item, or a case with the reasons why it is there."""

    __tablename__ = "agenda_items"
    __table_args__ = (
        owned_fk("meeting_id", "meetings"),
        owned_fk("case_id", "cases"),
        Index("ix_agenda_items_meeting", "partnership_id", "meeting_id", "position"),
        Index("ix_agenda_items_case", "partnership_id", "case_id"),
        UniqueConstraint("partnership_id", "meeting_id", "case_id"),
    )

    meeting_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID | None]
    standing_id: Mapped[uuid.UUID | None]
    """The standing item it is a copy of, for its section heading."""
    section: Mapped[Section]
    title: Mapped[str] = mapped_column(default="")
    """Of a standing item; a case's title stays with the case."""
    position: Mapped[int]
    """Of a section on the agenda, of a case in its section; 0 when asked for and not placed by the chair yet."""
    minutes: Mapped[int] = mapped_column(default=5)
    state: Mapped[ItemState] = mapped_column(default=ItemState.ON)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{"code": …, numbers and dates}] as they stood when the agenda was last arranged or published."""
    off_reason: Mapped[str] = mapped_column(String(40), default="")
    """A code; free words would be case text."""
    parked_until: Mapped[date | None]
    in_version: Mapped[int] = mapped_column(default=0)
    """The agenda version in which it was first published; 0 when not yet."""
    published: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What readers see: {section, position, minutes, reasons} as last published; empty when not on that agenda."""


class Attendance(Owned, Versioned, Model):
    """Who came for an agency."""

    __tablename__ = "attendance"
    __table_args__ = (owned_fk("meeting_id", "meetings"), UniqueConstraint("partnership_id", "meeting_id", "user_id"))

    meeting_id: Mapped[uuid.UUID]
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    attended: Mapped[Attended]
    deputy: Mapped[str] = mapped_column(String(120), default="")
    """Name of the deputy, a member of staff."""


class GuestInvitation(Sealed, Versioned, Owned, Model):
    """Somebody from outside the group, invited to one case of one meeting. Withdrawn, never removed."""

    __tablename__ = "guest_invitations"
    __key_owner__ = "case_id"
    __allow_unmapped__ = True  # for what the loader puts beside the columns, below
    __table_args__ = (
        owned_fk("meeting_id", "meetings"),
        owned_fk("case_id", "cases"),
        Index(
            "uq_guest_invitations_open",
            "partnership_id",
            "meeting_id",
            "case_id",
            "user_id",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
            sqlite_where=text("withdrawn_at is null"),
        ),
        Index("ix_guest_invitations_user", "user_id"),
    )

    meeting_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    comes_as: Mapped[ComesAs]
    invited_at: Mapped[datetime]
    invited_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reason = sealed_text()
    """Why this person is needed: for whoever asks later, never shown to the guest."""

    _open: bool = False
    """Whether it opens its item now; put in place by the loader."""

    def facts(self) -> InvitationFacts:
        """What access rules may know about it; closed unless the loader (guests.find) has found it open."""
        return InvitationFacts(self.partnership_id, self.user_id, self._open and self.withdrawn_at is None)


class Outcome(Sealed, Versioned, Owned, Model):
    """What a meeting decided on one case."""

    __tablename__ = "outcomes"
    __key_owner__ = "case_id"
    __table_args__ = (
        owned_fk("meeting_id", "meetings"),
        owned_fk("case_id", "cases"),
        owned_fk("item_id", "agenda_items"),
        UniqueConstraint("partnership_id", "item_id"),
        Index("ix_outcomes_case", "partnership_id", "case_id", "recorded_at"),
    )

    meeting_id: Mapped[uuid.UUID]
    item_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID]
    decision: Mapped[str] = mapped_column(String(40))
    """A code of reference/meeting-decisions.yaml."""
    next_review_on: Mapped[date | None]
    """The next review, or the check after it was closed."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    agreed = sealed_text()
    """The text that was agreed."""


class ItemNote(Sealed, Versioned, Owned, Model):
    """Minutes of a standing item, sealed under the meeting's key."""

    __tablename__ = "item_notes"
    __key_owner__ = "meeting_id"
    __table_args__ = (
        owned_fk("meeting_id", "meetings"),
        owned_fk("item_id", "agenda_items"),
        UniqueConstraint("partnership_id", "item_id"),
    )

    meeting_id: Mapped[uuid.UUID]
    item_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    text = sealed_text()


class ItemDraft(Sealed, Owned, Model):
    """What somebody is typing on the page of a standing item, saved by itself: one for each person and item."""

    __tablename__ = "item_drafts"
    __key_owner__ = "meeting_id"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        owned_fk("meeting_id", "meetings"),
        owned_fk("item_id", "agenda_items"),
        UniqueConstraint("partnership_id", "item_id", "user_id"),
    )

    meeting_id: Mapped[uuid.UUID]
    item_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime]
    fields = sealed_json()


class Addendum(Sealed, Owned, Model):
    """Later truth about agreed minutes. Never changed."""

    __tablename__ = "addenda"
    __key_owner__ = "meeting_id"
    __table_args__ = (owned_fk("meeting_id", "meetings"),)

    meeting_id: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    added_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    text = sealed_text()
