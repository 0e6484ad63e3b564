"""Tables of risk schemes and assessments."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from psg.crypto import Sealed, sealed_json
from psg.db import Model, Owned, owned_fk


class Scheme(Owned, Model):
    """One version of a scoring scheme, as data. Old assessments keep the version they were made under."""

    __tablename__ = "risk_schemes"
    __table_args__ = (UniqueConstraint("partnership_id", "code", "version"),)

    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(String(20))
    """person or place: what it scores"""
    title: Mapped[str]
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    """questions, options with points, bands; the shape of reference/risk-victim.yaml"""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class Assessment(Sealed, Owned, Model):
    """A case scored once with one scheme. Immutable; the band of the latest one also stands on the case."""

    __tablename__ = "assessments"
    __key_owner__ = "case_id"
    __table_args__ = (
        owned_fk("case_id", "cases"),
        owned_fk("scheme_id", "risk_schemes"),
        Index("ix_assessments_case", "partnership_id", "case_id", "assessed_at"),
    )

    case_id: Mapped[uuid.UUID]
    scheme_id: Mapped[uuid.UUID]
    assessed_at: Mapped[datetime]
    assessed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agencies.id"))
    replaces_id: Mapped[uuid.UUID | None]
    result = sealed_json()
    """answers {question: {option, points, evidence}}, total, maximum, scored_band and band (codes), tone,
    override_reason, subject (person or place)."""
