"""What the agreement pages show: the table and matrix, one version, and who would lose what."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from psg import clock
from psg.access import Role
from psg.agreements import queries
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.rules import VersionState, word_for
from psg.db import db
from psg.partnerships.people import who_would_lose_access
from psg.partnerships.queries import AgencyPlace, Member, directory


@dataclass(frozen=True)
class AgreementRow:
    """One agreement of the table."""

    agreement: Agreement
    newest: AgreementVersion | None
    """The newest published version that has not been withdrawn."""
    drafts: list[AgreementVersion]
    older: list[AgreementVersion]
    signed: int
    parties: int


@dataclass(frozen=True)
class Overview:
    """All agreements of a partnership, and each agency's word under each."""

    rows: list[AgreementRow]
    agencies: list[AgencyPlace]
    words: dict[tuple[uuid.UUID, uuid.UUID], str]
    """(agency, agreement) -> Signed, Waiting, Ended or nothing"""


@dataclass(frozen=True)
class PartyLine:
    """One party of a version."""

    agency_id: uuid.UUID
    agency: str
    signatory: str
    signature: Signature | None
    ended: list[Signature]


def overview(partnership_id: uuid.UUID) -> Overview:
    """Four queries, however many agreements there are."""
    agreements = queries.of_partnership(partnership_id)
    versions = list(
        db.session.scalars(
            select(AgreementVersion)
            .where(AgreementVersion.partnership_id == partnership_id)
            .order_by(AgreementVersion.number.desc())
        )
    )
    signatures = queries.signatures_of(partnership_id, [version.id for version in versions])
    parties = list(db.session.scalars(select(AgreementParty).where(AgreementParty.partnership_id == partnership_id)))
    agencies = [agency for agency in directory(partnership_id).agencies if agency.active]
    rows: list[AgreementRow] = []
    words: dict[tuple[uuid.UUID, uuid.UUID], str] = {}
    for agreement in agreements:
        row = _row(agreement, [v for v in versions if v.agreement_id == agreement.id], parties, signatures)
        rows.append(row)
        own = {version.id for version in [*row.older, *([row.newest] if row.newest else [])]}
        for agency in agencies:
            theirs = [s for s in signatures if s.agency_id == agency.id and s.version_id in own]
            newest = row.newest is not None and any(
                s.version_id == row.newest.id and s.ended_at is None for s in theirs
            )
            party = row.newest is not None and any(
                p.version_id == row.newest.id and p.agency_id == agency.id for p in parties
            )
            words[agency.id, agreement.id] = word_for(newest, bool(theirs) and not party, party)
    return Overview(rows, agencies, words)


def _row(
    agreement: Agreement,
    versions: list[AgreementVersion],
    parties: list[AgreementParty],
    signatures: list[Signature],
) -> AgreementRow:
    published = [version for version in versions if version.state is VersionState.PUBLISHED]
    newest = published[0] if published else None
    asked = {party.agency_id for party in parties if newest and party.version_id == newest.id}
    signed = {s.agency_id for s in signatures if newest and s.version_id == newest.id and s.ended_at is None}
    return AgreementRow(
        agreement=agreement,
        newest=newest,
        drafts=[version for version in versions if version.state is VersionState.DRAFT],
        older=[v for v in versions if v.state is not VersionState.DRAFT and v is not newest],
        signed=len(signed & asked),
        parties=len(asked),
    )


def party_lines(version: AgreementVersion) -> list[PartyLine]:
    """The parties of a version with their signatures, by name."""
    names = directory(version.partnership_id)
    signatures = queries.signatures_of(version.partnership_id, [version.id])
    lines = []
    for party in queries.parties_of(version):
        theirs = [s for s in signatures if s.agency_id == party.agency_id]
        lines.append(
            PartyLine(
                agency_id=party.agency_id,
                agency=names.agency_name(party.agency_id),
                signatory=names.user(party.signatory_id) if party.signatory_id else "Any lead of the agency",
                signature=next((s for s in theirs if s.ended_at is None), None),
                ended=[s for s in theirs if s.ended_at is not None],
            )
        )
    return sorted(lines, key=lambda line: line.agency)


def leads_of(partnership_id: uuid.UUID, agency_id: uuid.UUID) -> list[Member]:
    """The active leads of an agency."""
    people = directory(partnership_id).people
    return [p for p in people if p.active and p.agency_id == agency_id and p.holds(Role.AGENCY_LEAD)]


def losing_without(partnership_id: uuid.UUID, without: uuid.UUID) -> list[tuple[str, int]]:
    """Agencies, with their number of people, who would see no case any more without a version or a signature."""
    now = queries.signed_agencies([partnership_id]).get(partnership_id, set())
    then = queries.signed_agencies([partnership_id], without=without).get(partnership_id, set())
    names = directory(partnership_id)
    return sorted((names.agency_name(agency), who_would_lose_access(partnership_id, agency)) for agency in now - then)


def in_date_until(version: AgreementVersion) -> str:
    """A word on where a published version stands today."""
    today = clock.today()
    if version.state is VersionState.WITHDRAWN:
        return "Withdrawn"
    if version.state is VersionState.DRAFT:
        return "Draft"
    if today > version.ends_on:
        return "Ended"
    return "Not in force yet" if today < version.in_force_from else "In date"
