"""What my work adds for chairs, coordinators, agency leads and information-governance officers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, union_all

from psg import clock
from psg.access import Permission, Role, Standing, Viewer, policy
from psg.access.facts import AgencyFacts
from psg.accounts.models import User
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.queries import NEWEST
from psg.audit.models import AuditSeal
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db
from psg.partnerships.models import Agency, Membership
from psg.partnerships.rules import MembershipState
from psg.reminders.models import Delivery
from psg.reminders.rules import DeliveryState
from psg.worklist.meetings import MeetingLine, MinutesLine, meetings_of
from psg.worklist.mine import may_decide

_AGENCY, _PERSON = "agency", "person"
_REVIEW_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class OverdueLine:
    """How many actions of an agency, or of a colleague, are overdue."""

    place: Standing
    who: str
    count: int


@dataclass(frozen=True)
class AgreementLine:
    """An agreement to sign or to review."""

    place: Standing
    title: str
    number: int
    href: str
    on: date

    @property
    def overdue(self) -> bool:
        """Whether the day is over."""
        return self.on < clock.today()


_FIRST_DAYS = timedelta(days=28)


@dataclass(frozen=True)
class Counts:
    """Numbers that need no list."""

    failed_mails: int
    not_accepted: int
    in_first_days: bool
    """Until the first action is done, or four weeks have gone by."""


@dataclass(frozen=True)
class Duties:
    """Everything that comes with a role."""

    meetings: list[MeetingLine]
    minutes: list[MinutesLine]
    agencies: list[OverdueLine]
    people: list[OverdueLine]
    to_sign: list[AgreementLine]
    to_review: list[AgreementLine]
    counts: Counts
    sealed_at: datetime | None


def duties_of(viewer: Viewer) -> Duties:
    """At most five queries, whatever roles there are."""
    places = list(viewer.standings.values())
    meetings, minutes = meetings_of(viewer, [place for place in places if place.agreement_signed])
    overdue = _overdue(places)
    to_sign, to_review = _agreements(viewer, places)
    governs = any(Role.GOVERNANCE in place.roles for place in places)
    return Duties(
        meetings=meetings,
        minutes=minutes,
        agencies=[line for kind, line in overdue if kind == _AGENCY],
        people=[line for kind, line in overdue if kind == _PERSON],
        to_sign=to_sign,
        to_review=to_review,
        counts=_counts(viewer, places),
        sealed_at=db.session.scalar(select(func.max(AuditSeal.sealed_at))) if governs else None,
    )


def _holding(places: Sequence[Standing], role: Role) -> list[Standing]:
    return [place for place in places if role in place.roles]


def _ids(places: Sequence[Standing]) -> list[uuid.UUID]:
    return [place.partnership_id for place in places]


def _overdue(places: Sequence[Standing]) -> list[tuple[str, OverdueLine]]:
    """Overdue actions by agency for chairs and coordinators, by colleague for agency leads. Counts only."""
    signed = [place for place in places if place.agreement_signed]
    late = (Action.state == ActionState.OPEN, Action.due_on < clock.today(), Case.state == CaseState.OPEN)
    same_case = and_(Case.partnership_id == Action.partnership_id, Case.id == Action.case_id)
    parts: list[Any] = []
    if (handled := may_decide(signed)) is not None:
        parts.append(
            select(literal(_AGENCY).label("kind"), Action.partnership_id, Agency.short_name.label("who"), _COUNT)
            .join(Case, same_case)
            .join(Agency, Agency.id == Action.owner_agency_id)
            .where(handled, *late)
            .group_by(Action.partnership_id, Agency.short_name)
        )
    if leads := _holding(signed, Role.AGENCY_LEAD):
        whose = or_(
            *(and_(Action.partnership_id == p.partnership_id, Action.owner_agency_id == p.agency_id) for p in leads)
        )
        name = func.coalesce(User.first_name + " " + User.last_name, "Not given to anybody yet")
        parts.append(
            select(literal(_PERSON).label("kind"), Action.partnership_id, name.label("who"), _COUNT)
            .join(Case, same_case)
            .outerjoin(User, User.id == Action.owner_id)
            .where(whose, *late)
            .group_by(Action.partnership_id, name)
        )
    if not parts:
        return []
    by_id = {place.partnership_id: place for place in places}
    rows: list[Any] = list(db.session.execute(union_all(*parts)))
    rows.sort(key=lambda row: (-row.count_, row.who))
    return [(row.kind, OverdueLine(by_id[row.partnership_id], row.who, row.count_)) for row in rows]


_COUNT = func.count().label("count_")


def _agreements(viewer: Viewer, places: Sequence[Standing]) -> tuple[list[AgreementLine], list[AgreementLine]]:
    """Versions that the person may sign and has not, and versions whose review comes near: each agreement's newest."""
    concerned = [p for p in places if p.roles & {Role.AGENCY_LEAD, Role.GOVERNANCE, Role.COORDINATOR}]
    if not concerned:
        return [], []
    by_id = {place.partnership_id: place for place in concerned}
    own_part = or_(
        *(
            and_(AgreementParty.partnership_id == p.partnership_id, AgreementParty.agency_id == p.agency_id)
            for p in concerned
        )
    )
    statement = (
        select(Agreement, AgreementVersion, AgreementParty, Signature.id.label("signature"))
        .join(
            AgreementVersion,
            and_(
                AgreementVersion.partnership_id == Agreement.partnership_id,
                AgreementVersion.agreement_id == Agreement.id,
            ),
        )
        .outerjoin(
            AgreementParty,
            and_(
                AgreementParty.partnership_id == AgreementVersion.partnership_id,
                AgreementParty.version_id == AgreementVersion.id,
                own_part,
            ),
        )
        .outerjoin(
            Signature,
            and_(
                Signature.partnership_id == AgreementParty.partnership_id,
                Signature.version_id == AgreementParty.version_id,
                Signature.agency_id == AgreementParty.agency_id,
                Signature.ended_at.is_(None),
            ),
        )
        .where(
            Agreement.partnership_id.in_(_ids(concerned)),
            NEWEST,
            AgreementVersion.ends_on >= clock.today(),
        )
        .order_by(AgreementVersion.sign_by)
    )
    to_sign, to_review = [], []
    rows: Any = db.session.execute(statement)
    for agreement, version, party, signature in rows:
        place = by_id[agreement.partnership_id]
        href = f"/{place.slug}/agreements/{agreement.slug}/{version.number}"
        if party is not None and signature is None and _signs(viewer, party):
            to_sign.append(AgreementLine(place, agreement.title, version.number, f"{href}/sign", version.sign_by))
        writes = place.roles & {Role.GOVERNANCE, Role.COORDINATOR}
        if writes and version.review_on <= clock.today() + _REVIEW_AHEAD:
            to_review.append(AgreementLine(place, agreement.title, version.number, href, version.review_on))
    return to_sign, to_review


def _signs(viewer: Viewer, party: AgreementParty) -> bool:
    facts = AgencyFacts(party.partnership_id, party.agency_id, party.signatory_id)
    return policy.permits(viewer, Permission.AGREEMENT_SIGN, facts)


def _counts(viewer: Viewer, places: Sequence[Standing]) -> Counts:
    coordinated = _ids(_holding(places, Role.COORDINATOR))
    led = _holding(places, Role.AGENCY_LEAD)
    invited = or_(
        Membership.partnership_id.in_(coordinated),
        *(and_(Membership.partnership_id == p.partnership_id, Membership.agency_id == p.agency_id) for p in led),
    )
    failed = select(func.count(Delivery.id)).where(
        Delivery.partnership_id.in_(coordinated), Delivery.state == DeliveryState.FAILED
    )
    waiting = select(func.count(Membership.id)).where(invited, Membership.state == MembershipState.INVITED)
    ended = select(Action.id).where(Action.partnership_id.in_(_ids(places)), Action.ended_by == viewer.user_id).exists()
    long_since = clock.now() - _FIRST_DAYS
    settled = select(User.id).where(User.id == viewer.user_id, User.created_at < long_since).exists()
    row = db.session.execute(select(failed.scalar_subquery(), waiting.scalar_subquery(), or_(ended, settled))).one()
    return Counts(row[0], row[1], not row[2])
