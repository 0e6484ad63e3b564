"""Tables of agreements. Plain columns: an agreement is a public-body contract, not case text."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psg.access.facts import AgencyFacts, PartnershipFacts
from psg.agreements.rules import VersionDates, VersionState
from psg.db import Model, Owned, Versioned, owned_fk


class Agreement(Versioned, Owned, Model):
    """An information-sharing agreement of a partnership."""

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("partnership_id", "slug"),)

    slug: Mapped[str] = mapped_column(String(40))
    title: Mapped[str]
    opens_cases: Mapped[bool] = mapped_column(default=True)
    """Whether signing it opens the partnership's cases."""
    created_at: Mapped[datetime]

    def facts(self) -> PartnershipFacts:
        """What access rules may know about it."""
        return PartnershipFacts(self.partnership_id)


class AgreementVersion(Versioned, Owned, Model):
    """One version of an agreement: its words or file, and its dates. Fixed once published."""

    __tablename__ = "agreement_versions"
    __table_args__ = (
        owned_fk("agreement_id", "agreements"),
        UniqueConstraint("partnership_id", "agreement_id", "number"),
    )

    agreement_id: Mapped[uuid.UUID]
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT)
    text: Mapped[str] = mapped_column(Text, default="")
    purposes: Mapped[str] = mapped_column(Text, default="")
    """One purpose a line."""
    file_name: Mapped[str] = mapped_column(default="")
    file: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A PDF instead of, or beside, the text."""
    sha256: Mapped[str] = mapped_column(String(64), default="")
    """Fingerprint of text and file, fixed at publication; what a signatory signs."""
    in_force_from: Mapped[date]
    ends_on: Mapped[date]
    review_on: Mapped[date]
    sign_by: Mapped[date]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """None where a set-up file put it in: nobody of the partnership was there."""
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    def dates(self) -> VersionDates:
        """The dates that decide whether a signature of it counts."""
        return VersionDates(
            self.number, self.in_force_from, self.ends_on, self.sign_by, self.state is VersionState.WITHDRAWN
        )

    def facts(self) -> PartnershipFacts:
        """What access rules may know about it."""
        return PartnershipFacts(self.partnership_id)


class AgreementParty(Owned, Model):
    """An agency that is to sign a version, and who signs for it."""

    __tablename__ = "agreement_parties"
    __table_args__ = (
        owned_fk("version_id", "agreement_versions"),
        UniqueConstraint("partnership_id", "version_id", "agency_id"),
    )

    version_id: Mapped[uuid.UUID]
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"), index=True)
    signatory_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """The named signatory; None while any lead of the agency may sign."""

    def facts(self) -> AgencyFacts:
        """What access rules may know about it."""
        return AgencyFacts(self.partnership_id, self.agency_id, self.signatory_id)


class Signature(Owned, Model):
    """An agency's signature of a version: never changed, only ended."""

    __tablename__ = "signatures"
    __table_args__ = (
        owned_fk("version_id", "agreement_versions"),
        Index("ix_signatures_agency", "partnership_id", "agency_id"),
    )

    version_id: Mapped[uuid.UUID]
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    signed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    post: Mapped[str]
    authority: Mapped[str] = mapped_column(String(400))
    """The sentence the signatory agreed to, such as 'I am authorised to sign for …'."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Fingerprint of what was signed."""
    signed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str] = mapped_column(String(400), default="")

    def facts(self) -> AgencyFacts:
        """What access rules may know about it."""
        return AgencyFacts(self.partnership_id, self.agency_id)
