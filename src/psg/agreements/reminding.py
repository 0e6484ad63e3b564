"""Reminders of agreements: to sign, to review; and the signatory's copy."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import and_, select

from psg import clock, reference
from psg.access import Permission, Viewer
from psg.access.policy import permits
from psg.agreements.models import AgreementParty, AgreementVersion, Signature
from psg.agreements.operations import SIGNED, review_rhythm
from psg.agreements.queries import NEWEST
from psg.db import db
from psg.reminders.kinds import Message, MessageKind, ObligationKind
from psg.reminders.models import Obligation
from psg.reminders.outgoing import Outgoing
from psg.web.words import date_and_time, long_date, plural


def _sign_line(obligation: Obligation, today: date) -> str:
    late = ": until it is signed, nobody of your agency sees a case" if today > obligation.due_on else ""
    return f"{obligation.reference} to sign, by {long_date(obligation.due_on)}{late}"


def _sign_again(obligation: Obligation, told_on: date) -> date:  # noqa: ARG001 - the shape of every kind's rhythm
    entries = {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}
    return clock.working_day_on_or_after(told_on + timedelta(days=int(entries["agreement-unsigned"])))


def _to_sign(owed: Sequence[Obligation]) -> dict[uuid.UUID, AgreementParty]:
    """The parties whose version stands and is not signed yet, by obligation."""
    by_record = {obligation.record_id: obligation.id for obligation in owed}
    signed = Signature.id.is_not(None).label("signed")
    rows = db.session.execute(
        select(AgreementParty, AgreementVersion.ends_on, signed)
        .join(
            AgreementVersion,
            and_(
                AgreementVersion.partnership_id == AgreementParty.partnership_id,
                AgreementVersion.id == AgreementParty.version_id,
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
        .where(AgreementParty.id.in_(list(by_record)), NEWEST)
    )
    return {
        by_record[party.id]: party for party, ends_on, is_signed in rows if not is_signed and clock.today() <= ends_on
    }


def _sign_wanted(viewer: Viewer, _obligation: Obligation, party: AgreementParty) -> bool:
    return permits(viewer, Permission.AGREEMENT_SIGN, party.facts())


def _review_line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - the shape of every kind's `line`
    return f"{obligation.reference}, due {long_date(obligation.due_on)}"


def _review_again(obligation: Obligation, told_on: date) -> date | None:
    return review_rhythm().after(obligation.due_on, told_on)


def _to_review(owed: Sequence[Obligation]) -> dict[uuid.UUID, AgreementVersion]:
    """The versions that still stand, by obligation."""
    by_record = {obligation.record_id: obligation.id for obligation in owed}
    versions = db.session.scalars(select(AgreementVersion).where(AgreementVersion.id.in_(list(by_record)), NEWEST))
    return {by_record[version.id]: version for version in versions}


def _review_wanted(viewer: Viewer, _obligation: Obligation, version: AgreementVersion) -> bool:
    return permits(viewer, Permission.AGREEMENT_EDIT, version.facts())


def _signature(delivery: Outgoing) -> Signature | None:
    return db.session.scalar(
        select(Signature).where(
            Signature.partnership_id == delivery.partnership_id,
            Signature.id == uuid.UUID(delivery.details["signature"]),
        )
    )


def _copy_wanted(_viewer: Viewer, delivery: Outgoing) -> bool:
    return _signature(delivery) is not None


def _copy(_viewer: Viewer, delivery: Outgoing) -> Message:
    signature = _signature(delivery)
    if signature is None:
        raise LookupError("the signature is gone")
    number = delivery.details["number"]
    return Message(
        subject=f"PSG: you signed version {number} of the agreement",
        paragraphs=[
            f"You signed version {number} of the agreement for your agency on {date_and_time(signature.signed_at)}.",
            f"Fingerprint of what you signed: {signature.sha256}",
        ],
        link=delivery.details["path"],
        why="You get this because you signed for your agency.",
    )


AGREEMENT_TO_SIGN = ObligationKind(
    "agreement-to-sign",
    _sign_line,
    _sign_again,
    _to_sign,
    _sign_wanted,
    always=True,
    heading="Agreements",
    subject=lambda count: f"{plural(count, 'agreement')} to sign",
    label="Agreement to sign",
)
AGREEMENT_REVIEW = ObligationKind(
    "agreement-review",
    _review_line,
    _review_again,
    _to_review,
    _review_wanted,
    heading="Agreements",
    subject=lambda count: f"{plural(count, 'agreement review')} due",
    label="Agreement review due",
)
AGREEMENT_SIGNED = MessageKind(SIGNED, _copy_wanted, _copy, label="Copy of a signature")

KINDS = (AGREEMENT_TO_SIGN, AGREEMENT_REVIEW, AGREEMENT_SIGNED)
