"""Finding agreements, and each person's standing: their place in a partnership and whether their agency has signed."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import and_, select

from psg import clock
from psg.access import Role, Standing
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.rules import VersionDates, VersionState, counts
from psg.db import db
from psg.partnerships.models import Agency, Membership, PartnerAgency, Partnership, RoleHeld
from psg.partnerships.rules import MembershipState

_PLACES = (
    select(
        Membership.partnership_id,
        Membership.id,
        Membership.agency_id,
        Partnership.slug,
        Partnership.name,
        Partnership.prefix,
        Partnership.colour,
        Partnership.marking,
        Agency.short_name,
        PartnerAgency.may_refer,
        PartnerAgency.left_on,
        RoleHeld.role,
        RoleHeld.group_id,
        Membership.user_id,
    )
    .join(Partnership, Partnership.id == Membership.partnership_id)
    .join(Agency, Agency.id == Membership.agency_id)
    .join(
        PartnerAgency,
        and_(
            PartnerAgency.partnership_id == Membership.partnership_id,
            PartnerAgency.agency_id == Membership.agency_id,
        ),
    )
    .outerjoin(
        RoleHeld,
        and_(
            RoleHeld.partnership_id == Membership.partnership_id,
            RoleHeld.membership_id == Membership.id,
            RoleHeld.ended_at.is_(None),
        ),
    )
    .where(Membership.state == MembershipState.ACTIVE)
    .order_by(Partnership.name)
)

_VERSIONS = (
    select(
        AgreementVersion.partnership_id,
        AgreementVersion.agreement_id,
        AgreementVersion.id,
        AgreementVersion.number,
        AgreementVersion.in_force_from,
        AgreementVersion.ends_on,
        AgreementVersion.sign_by,
        AgreementVersion.state,
        Signature.agency_id,
        Signature.id.label("signature_id"),
    )
    .join(
        Agreement,
        and_(
            Agreement.partnership_id == AgreementVersion.partnership_id, Agreement.id == AgreementVersion.agreement_id
        ),
    )
    .outerjoin(
        Signature,
        and_(
            Signature.partnership_id == AgreementVersion.partnership_id,
            Signature.version_id == AgreementVersion.id,
            Signature.ended_at.is_(None),
        ),
    )
    .where(Agreement.opens_cases, AgreementVersion.state != VersionState.DRAFT)
)


def standings_of(user_id: uuid.UUID) -> dict[uuid.UUID, Standing]:
    """A person's places by partnership id, read afresh: what changed a moment ago already counts."""
    return standings_of_all([user_id]).get(user_id, {})


def standings_of_all(user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, Standing]]:
    """The places of several people at once: two queries for any number of them."""
    found: dict[tuple[uuid.UUID, uuid.UUID], dict[str, Any]] = {}
    today = clock.today()
    for row in db.session.execute(_PLACES.where(Membership.user_id.in_(list(user_ids)))):
        if row.left_on is not None and row.left_on <= today:
            continue
        place = found.setdefault((row.user_id, row.partnership_id), _place(row))
        if row.role is not None:
            _add_role(place, row.role, row.group_id)
    signed = signed_agencies({partnership_id for _, partnership_id in found})
    result: dict[uuid.UUID, dict[uuid.UUID, Standing]] = {}
    for (user_id, partnership_id), place in found.items():
        agreement_signed = place["agency_id"] in signed.get(partnership_id, ())
        result.setdefault(user_id, {})[partnership_id] = Standing(
            **{
                **place,
                "roles": frozenset(place["roles"]),
                "groups": {g: frozenset(r) for g, r in place["groups"].items()},
            },
            agreement_signed=agreement_signed,
        )
    return result


def signed_agencies(
    partnership_ids: Iterable[uuid.UUID], *, without: uuid.UUID | None = None
) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    """The agencies of each partnership that have signed a version which counts today.

    without: a version or a signature that is left out of account, to see who would lose by its end.
    """
    wanted = list(partnership_ids)
    if not wanted:
        return {}
    versions: dict[tuple[uuid.UUID, uuid.UUID], dict[int, VersionDates]] = {}
    signers: dict[tuple[uuid.UUID, uuid.UUID, int], set[uuid.UUID]] = {}
    for row in db.session.execute(_VERSIONS.where(AgreementVersion.partnership_id.in_(wanted))):
        agreement = (row.partnership_id, row.agreement_id)
        withdrawn = row.state is VersionState.WITHDRAWN or row.id == without
        dates = VersionDates(row.number, row.in_force_from, row.ends_on, row.sign_by, withdrawn)
        versions.setdefault(agreement, {})[row.number] = dates
        if row.agency_id is not None and row.signature_id != without:
            signers.setdefault((*agreement, row.number), set()).add(row.agency_id)
    today = clock.today()
    result: dict[uuid.UUID, set[uuid.UUID]] = {}
    for (partnership_id, agreement_id, number), agencies in signers.items():
        published = versions[partnership_id, agreement_id]
        if counts(published[number], published.values(), today):
            result.setdefault(partnership_id, set()).update(agencies)
    return result


def _place(row: Any) -> dict[str, Any]:
    return {
        "partnership_id": row.partnership_id,
        "slug": row.slug,
        "name": row.name,
        "prefix": row.prefix,
        "colour": row.colour,
        "marking": row.marking,
        "agency_id": row.agency_id,
        "agency": row.short_name,
        "membership_id": row.id,
        "may_refer": row.may_refer,
        "roles": set(),
        "groups": {},
    }


def _add_role(place: dict[str, Any], role: Role, group_id: uuid.UUID | None) -> None:
    if group_id is None:
        place["roles"].add(role)
    else:
        place["groups"].setdefault(group_id, set()).add(role)


def find(_viewer: Any, standing: Standing, agreement: str) -> Agreement | None:
    """Loader: the agreement with that slug in the partnership of the page."""
    return db.session.scalar(
        select(Agreement).where(Agreement.partnership_id == standing.partnership_id, Agreement.slug == agreement)
    )


def of_partnership(partnership_id: uuid.UUID) -> list[Agreement]:
    """The partnership's agreements."""
    return list(
        db.session.scalars(
            select(Agreement).where(Agreement.partnership_id == partnership_id).order_by(Agreement.title)
        )
    )


def versions_of(agreement: Agreement) -> list[AgreementVersion]:
    """All versions, newest first."""
    return list(
        db.session.scalars(
            select(AgreementVersion)
            .where(
                AgreementVersion.partnership_id == agreement.partnership_id,
                AgreementVersion.agreement_id == agreement.id,
            )
            .order_by(AgreementVersion.number.desc())
        )
    )


def parties_of(version: AgreementVersion) -> list[AgreementParty]:
    """The agencies that are to sign a version."""
    return list(
        db.session.scalars(
            select(AgreementParty).where(
                AgreementParty.partnership_id == version.partnership_id, AgreementParty.version_id == version.id
            )
        )
    )


def signatures_of(partnership_id: uuid.UUID, version_ids: Iterable[uuid.UUID]) -> list[Signature]:
    """Every signature of these versions, ended ones too."""
    return list(
        db.session.scalars(
            select(Signature)
            .where(Signature.partnership_id == partnership_id, Signature.version_id.in_(list(version_ids)))
            .order_by(Signature.signed_at)
        )
    )


def party_for(_viewer: Any, standing: Standing, agreement: str, number: int) -> AgreementParty | None:
    """Loader: the viewer's own agency's part under a published version."""
    return db.session.scalar(
        select(AgreementParty)
        .join(
            AgreementVersion,
            and_(
                AgreementVersion.partnership_id == AgreementParty.partnership_id,
                AgreementVersion.id == AgreementParty.version_id,
            ),
        )
        .join(
            Agreement,
            and_(
                Agreement.partnership_id == AgreementVersion.partnership_id,
                Agreement.id == AgreementVersion.agreement_id,
            ),
        )
        .where(
            AgreementParty.partnership_id == standing.partnership_id,
            AgreementParty.agency_id == standing.agency_id,
            Agreement.slug == agreement,
            AgreementVersion.number == number,
            AgreementVersion.state == VersionState.PUBLISHED,
        )
    )
