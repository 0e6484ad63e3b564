"""Finding agreements, and each person's standing: their place in a partnership and whether their agency has signed."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from psg import clock
from psg.access import Role, Standing
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.rules import VersionDates, VersionState, counts
from psg.db import ask, db
from psg.partnerships.models import MEMBERS_AGENCY, Agency, Membership, NameStamp, PartnerAgency, Partnership, RoleHeld
from psg.partnerships.rules import MembershipState

_NEWER = aliased(AgreementVersion)
_FOLLOWED = exists().where(
    _NEWER.partnership_id == AgreementVersion.partnership_id,
    _NEWER.agreement_id == AgreementVersion.agreement_id,
    _NEWER.number > AgreementVersion.number,
    _NEWER.state == VersionState.PUBLISHED,
)
NEWEST = and_(AgreementVersion.state == VersionState.PUBLISHED, ~_FOLLOWED)
"""The version of an agreement that stands: published, not withdrawn, and no newer one follows it. It alone is to be
signed and reviewed; a signature of the one before only goes on counting for a while (`rules.counts`)."""
_SIGNED = (
    select(Signature.id)
    .join(
        AgreementVersion,
        and_(
            AgreementVersion.partnership_id == Signature.partnership_id,
            AgreementVersion.id == Signature.version_id,
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
        Signature.partnership_id == Membership.partnership_id,
        Signature.agency_id == Membership.agency_id,
        Signature.ended_at.is_(None),
        Agreement.opens_cases,
        AgreementVersion.state == VersionState.PUBLISHED,
        AgreementVersion.in_force_from <= bindparam("today"),
        AgreementVersion.ends_on >= bindparam("today"),
        ~_FOLLOWED.where(_NEWER.sign_by < bindparam("today")),
    )
    .correlate(Membership)
    .exists()
)
"""`rules.counts` in the words of the database: a test compares the two over many dates."""

PLACES = (
    select(
        Membership.user_id,
        Membership.partnership_id,
        Membership.id.label("membership_id"),
        Membership.agency_id,
        Partnership.slug,
        Partnership.name,
        Partnership.prefix,
        Partnership.colour,
        Partnership.marking,
        Agency.short_name.label("agency"),
        PartnerAgency.may_refer,
        NameStamp.stamp,
        _SIGNED.label("signed"),
        RoleHeld.role,
        RoleHeld.group_id,
    )
    .join(Partnership, Partnership.id == Membership.partnership_id)
    .join(Agency, Agency.id == Membership.agency_id)
    .join(PartnerAgency, MEMBERS_AGENCY)
    .outerjoin(NameStamp, NameStamp.partnership_id == Membership.partnership_id)
    .outerjoin(
        RoleHeld,
        and_(
            RoleHeld.partnership_id == Membership.partnership_id,
            RoleHeld.membership_id == Membership.id,
            RoleHeld.ended_at.is_(None),
        ),
    )
    .where(
        Membership.state == MembershipState.ACTIVE,
        or_(PartnerAgency.left_on.is_(None), PartnerAgency.left_on > bindparam("today")),
    )
)
"""One row for each role of a membership that stands, and one for a membership without any; of everybody."""
_PLACES_OF_ALL = PLACES.where(Membership.user_id.in_(bindparam("user_ids", expanding=True))).order_by(Partnership.name)
_PLACES_OF_ONE = PLACES.where(Membership.user_id == bindparam("user_id")).order_by(Partnership.name)

_VERSIONS = (
    select(
        AgreementVersion.partnership_id,
        AgreementVersion.agreement_id,
        AgreementVersion.id.label("version_id"),
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
    """A person's places by partnership id in one query, read afresh: what changed a moment ago already counts."""
    return standings_in(ask(_PLACES_OF_ONE, {"user_id": user_id, "today": clock.today()}))


def standings_in(rows: Iterable[Any]) -> dict[uuid.UUID, Standing]:
    """One person's places by partnership id, from rows of PLACES; rows without a partnership are passed over."""
    return next(iter(_places(row for row in rows if row.partnership_id is not None).values()), {})


def standings_of_all(user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, Standing]]:
    """The places of several people at once."""
    asked = {"user_ids": list(user_ids), "today": clock.today()}
    return _places(ask(_PLACES_OF_ALL, asked))


def _places(rows: Iterable[Any]) -> dict[uuid.UUID, dict[uuid.UUID, Standing]]:
    held: dict[tuple[uuid.UUID, uuid.UUID], dict[uuid.UUID | None, set[Role]]] = {}
    first: dict[tuple[uuid.UUID, uuid.UUID], Any] = {}
    for row in rows:
        at = (row.user_id, row.partnership_id)
        first.setdefault(at, row)
        roles = held.setdefault(at, {})
        if row.role is not None:
            roles.setdefault(row.group_id, set()).add(row.role)
    result: dict[uuid.UUID, dict[uuid.UUID, Standing]] = {}
    for (user_id, partnership_id), row in first.items():
        roles = held[user_id, partnership_id]
        result.setdefault(user_id, {})[partnership_id] = Standing(
            partnership_id=partnership_id,
            slug=row.slug,
            name=row.name,
            prefix=row.prefix,
            colour=row.colour,
            marking=row.marking,
            agency_id=row.agency_id,
            agency=row.agency,
            membership_id=row.membership_id,
            may_refer=row.may_refer,
            names_stamp=row.stamp,
            agreement_signed=bool(row.signed),
            roles=frozenset(roles.get(None, ())),
            groups={group_id: frozenset(given) for group_id, given in roles.items() if group_id is not None},
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
        withdrawn = row.state is VersionState.WITHDRAWN or row.version_id == without
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


def standing_version(partnership_id: uuid.UUID, agreement_id: uuid.UUID) -> AgreementVersion | None:
    """The newest version of an agreement that is published and not withdrawn."""
    return db.session.scalar(
        select(AgreementVersion).where(
            AgreementVersion.partnership_id == partnership_id, AgreementVersion.agreement_id == agreement_id, NEWEST
        )
    )


def stands(version: AgreementVersion) -> bool:
    """Whether this is the version that is to be signed: published, not withdrawn, and followed by no newer one."""
    newest = standing_version(version.partnership_id, version.agreement_id)
    return newest is not None and newest.id == version.id


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
