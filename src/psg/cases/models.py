"""Tables of cases. Everything that a person typed about a case is sealed under the case's own key.

What stays plain is what lists, clocks and access need: ids, states, dates, codes and the latest band (docs/crypto.md).
"""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psg.access.facts import CaseFacts
from psg.cases.rules import CaseState, DecisionKind, NamedAs, Precision, SubjectKind, Tone
from psg.crypto import Sealed, sealed_json, sealed_text
from psg.db import Model, Owned, Versioned, owned_fk


class Case(Sealed, Versioned, Owned, Model):
    """A problem that agencies are asked to work on together, or have agreed to."""

    __tablename__ = "cases"
    __key_owner__ = "id"
    __allow_unmapped__ = True  # for what loaders put beside the columns, below
    __table_args__ = (
        owned_fk("group_id", "groups"),
        UniqueConstraint("partnership_id", "reference"),
        Index("ix_cases_review", "partnership_id", "state", "review_on", "id"),
        Index("ix_cases_activity", "partnership_id", "state", "last_activity_at", "id"),
        Index("ix_cases_band", "partnership_id", "state", "band_rank", "id"),
        Index("ix_cases_reference", "partnership_id", "state", "reference"),
        Index("ix_cases_group", "partnership_id", "group_id", "state", "review_on", "id"),
        Index("ix_cases_referrer", "partnership_id", "referrer_id", "state"),
    )

    reference: Mapped[str] = mapped_column(String(12))
    state: Mapped[CaseState] = mapped_column(default=CaseState.DRAFT)
    group_id: Mapped[uuid.UUID | None]
    """The one group it belongs to; None while the referrer is not sure."""
    subject_kind: Mapped[SubjectKind | None]
    referrer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    referrer_agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    lead_agency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agencies.id"))
    lead_officer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    lawful_basis: Mapped[str] = mapped_column(default="")
    """Codes of the partnership's lawful-bases list, parted by spaces; so are the next two."""
    purpose: Mapped[str] = mapped_column(default="")
    handling: Mapped[str] = mapped_column(default="")
    review_on: Mapped[date | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was declined, closed or erased."""
    last_activity_at: Mapped[datetime]
    band: Mapped[str] = mapped_column(String(40), default="")
    """Label of the latest risk band; empty when never assessed."""
    band_tone: Mapped[Tone] = mapped_column(default=Tone.NONE)
    band_rank: Mapped[int] = mapped_column(default=0)
    band_direction: Mapped[int] = mapped_column(default=0)
    """-1 down, 0 same or first, 1 up."""
    assessed_at: Mapped[datetime | None]
    closure_proposed_at: Mapped[datetime | None]
    now_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    now_at: Mapped[datetime | None]

    title = sealed_text()
    """Working title, without names."""
    summary = sealed_text()
    """Score in words for lists, such as '18 of 24, up 3'; written by an assessment."""
    narrative = sealed_text()
    """What is happening, as referred."""
    now_text = sealed_text()
    """What is going on now."""
    referral = sealed_json()
    """since, last_time, at_risk_now, tried, why_agencies, wants: the rest of the referral form."""

    _facts: CaseFacts | None = None
    _seen: tuple[uuid.UUID, datetime, datetime | None] | None = None
    """Id, time and time before of the viewer's last look; put in place by the loader."""

    def facts(self) -> CaseFacts:
        """What access rules may know about it; `named` is filled in by the loader (queries.find)."""
        if self._facts is None or self._facts.state != self.state or self._facts.group_id != self.group_id:
            named = self._facts.named if self._facts else frozenset()
            self._facts = CaseFacts(self.partnership_id, self.group_id, self.state.value, self.referrer_id, named)
        return self._facts


class CaseTheme(Owned, Model):
    """A theme that a case is tagged with; plain, because lists filter by it."""

    __tablename__ = "case_themes"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        UniqueConstraint("partnership_id", "case_id", "code"),
        Index("ix_case_themes_code", "partnership_id", "code", "case_id"),
    )

    case_id: Mapped[uuid.UUID]
    code: Mapped[str] = mapped_column(String(40))


class CaseNamed(Owned, Model):
    """A person who may see an open case because they lead it or own an action on it."""

    __tablename__ = "case_named"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        UniqueConstraint("partnership_id", "case_id", "user_id", "named_as", "source_id"),
        Index("ix_case_named_user", "partnership_id", "user_id", "case_id"),
    )

    case_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    named_as: Mapped[NamedAs]
    source_id: Mapped[uuid.UUID]
    """The case for a lead officer, the action for its owner."""


class CaseDecision(Sealed, Owned, Model):
    """A dated decision about the whole case, with its reason. Never changed."""

    __tablename__ = "case_decisions"
    __key_owner__ = "case_id"
    __table_args__ = (owned_fk("case_id", "cases"), Index("ix_case_decisions_case", "partnership_id", "case_id"))

    case_id: Mapped[uuid.UUID]
    kind: Mapped[DecisionKind]
    decided_at: Mapped[datetime]
    decided_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    from_group_id: Mapped[uuid.UUID | None]
    to_group_id: Mapped[uuid.UUID | None]
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason = sealed_text()
    changed_for_person = sealed_text()
    """At closure: what changed for the person harmed."""


class Involvement(Sealed, Versioned, Owned, Model):
    """A person's part in a case, with everything about them that this case needs."""

    __tablename__ = "involvements"
    __key_owner__ = "case_id"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        owned_fk("person_id", "people"),
        Index("ix_involvements_case", "partnership_id", "case_id"),
        Index("ix_involvements_person", "partnership_id", "person_id"),
    )

    case_id: Mapped[uuid.UUID]
    person_id: Mapped[uuid.UUID]
    added_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    role = sealed_text()
    """A code of the partnership's person-roles list."""
    details = sealed_json()
    """address, postcode, phone, email, safe_contact, vulnerabilities, how_we_know, note."""


class CasePlace(Sealed, Versioned, Owned, Model):
    """A place that a case is about, or where things happen."""

    __tablename__ = "case_places"
    __key_owner__ = "case_id"
    __table_args__ = (owned_fk("case_id", "cases"), Index("ix_case_places_case", "partnership_id", "case_id"))

    case_id: Mapped[uuid.UUID]
    added_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    details = sealed_json()
    """description, address, postcode, note."""


class AgencyReference(Sealed, Owned, Model):
    """An agency's own number for a case, such as a crime number or a housing case number; exactly findable."""

    __tablename__ = "agency_references"
    __key_owner__ = "case_id"
    __table_args__ = (owned_fk("case_id", "cases"), Index("ix_agency_references_case", "partnership_id", "case_id"))

    case_id: Mapped[uuid.UUID]
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    added_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]
    number = sealed_text()
    meaning = sealed_text()
    """What kind of number it is, such as crime number."""


class Event(Sealed, Owned, Model):
    """Something that happened, on a case's timeline: when it happened and when it was entered are two things.

    Never edited after its correction window: a correction is a new event that names the one it corrects.
    """

    __tablename__ = "case_events"
    __key_owner__ = "case_id"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        Index("ix_case_events_when", "partnership_id", "case_id", "sort_on", "id"),
        Index("ix_case_events_entered", "partnership_id", "case_id", "entered_at"),
    )

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(40))
    """A code of the partnership's event-kinds list."""
    sort_on: Mapped[date | None]
    """First day of the time it happened in; None when not known."""
    precision: Mapped[Precision]
    owning_agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    """Whose information it is: who is asked before it goes further."""
    entered_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When its author last put it right inside the correction window."""
    corrects_id: Mapped[uuid.UUID | None]
    what = sealed_text()
    who = sealed_text()
    """Who, in the source's words."""
    period = sealed_text()
    """The words of the period, such as 'summer 2012'."""
    at_time = sealed_text()
    """Time of day, HH:MM, when it is known."""


class PossibleDuplicate(Owned, Model):
    """Two cases that may be about the same person or place, for the coordinator to look at."""

    __tablename__ = "possible_duplicates"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        owned_fk("other_case_id", "cases"),
        UniqueConstraint("partnership_id", "case_id", "other_case_id"),
    )

    case_id: Mapped[uuid.UUID]
    other_case_id: Mapped[uuid.UUID]
    matched_by: Mapped[str] = mapped_column(String(100))
    """Names of the indexes that matched, such as name-and-birth."""
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    same: Mapped[bool | None]


class LastSeen(Owned, Model):
    """When a person last looked at a case, for 'since you looked'. Kept apart from the audit."""

    __tablename__ = "last_seen"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        owned_fk("case_id", "cases"),
        UniqueConstraint("partnership_id", "user_id", "case_id"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[uuid.UUID]
    seen_at: Mapped[datetime]
    before_at: Mapped[datetime | None]
    """The look before, so that reloading the page does not empty 'since you looked' (a visit lasts an hour)."""


class NoteDraft(Sealed, Owned, Model):
    """A page being written, saved by itself: one for each person, case and page."""

    __tablename__ = "note_drafts"
    __key_owner__ = "case_id"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        owned_fk("case_id", "cases"),
        UniqueConstraint("partnership_id", "case_id", "user_id", "page"),
    )

    case_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    page: Mapped[str] = mapped_column(String(60), default="note")
    """Which page it is of: note, now, what, why, an assessment by one scheme, or an item of a meeting."""
    saved_at: Mapped[datetime]
    fields = sealed_json()
