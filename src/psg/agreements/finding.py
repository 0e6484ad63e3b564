"""Loaders of agreement pages: what the gate hands to a view."""

import uuid
from typing import Any

from sqlalchemy import and_, select

from psg.access import Role, Standing
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.queries import find, party_for
from psg.agreements.rules import VersionState
from psg.db import db

__all__ = ["agreement_of", "find", "find_draft", "find_signature", "find_version", "party_for", "version_of"]


def find_version(_viewer: Any, standing: Standing, agreement: str, number: int) -> AgreementVersion | None:
    """Loader: a version; a draft only for those who write agreements."""
    version = db.session.scalar(
        select(AgreementVersion)
        .join(
            Agreement,
            and_(
                Agreement.partnership_id == AgreementVersion.partnership_id,
                Agreement.id == AgreementVersion.agreement_id,
            ),
        )
        .where(
            AgreementVersion.partnership_id == standing.partnership_id,
            Agreement.slug == agreement,
            AgreementVersion.number == number,
        )
    )
    if version is None or version.state is not VersionState.DRAFT:
        return version
    return version if standing.roles & {Role.COORDINATOR, Role.GOVERNANCE} else None


def find_draft(viewer: Any, standing: Standing, agreement: str, number: int) -> AgreementVersion | None:
    """Loader: a version that has not been published yet."""
    version = find_version(viewer, standing, agreement, number)
    return version if version is not None and version.state is VersionState.DRAFT else None


def find_signature(
    viewer: Any, standing: Standing, agreement: str, number: int, agency_id: uuid.UUID
) -> Signature | None:
    """Loader: an agency's signature of a version that has not ended."""
    version = find_version(viewer, standing, agreement, number)
    if version is None:
        return None
    return db.session.scalar(
        select(Signature).where(
            Signature.partnership_id == standing.partnership_id,
            Signature.version_id == version.id,
            Signature.agency_id == agency_id,
            Signature.ended_at.is_(None),
        )
    )


def version_of(_viewer: Any, _standing: Standing, part: AgreementParty | Signature) -> AgreementVersion | None:
    """Loader: the version that a party or a signature belongs to."""
    return db.session.get(AgreementVersion, (part.partnership_id, part.version_id))


def agreement_of(version: AgreementVersion) -> Agreement:
    """The agreement of a version."""
    return db.session.get_one(Agreement, (version.partnership_id, version.agreement_id))
