"""Writing, publishing, signing and ending agreements. Called inside `transaction()`."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from psg import audit, clock, reference
from psg.access import Viewer
from psg.agreements import queries
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.agreements.rules import VersionState, rhythm
from psg.audit import Actor
from psg.audit.events import Event
from psg.db import DomainError, db
from psg.partnerships.models import Partnership
from psg.reminders import operations as reminders
from psg.reminders.rules import Rhythm

SIGNED = "agreement-signed"
"""The kind of message that a signatory gets as their copy."""


def create_agreement(
    partnership_id: uuid.UUID, *, slug: str, title: str, opens_cases: bool = True, by: Actor
) -> Agreement:
    """A new agreement, without a version yet."""
    taken = select(Agreement.id).where(Agreement.partnership_id == partnership_id, Agreement.slug == slug)
    if db.session.scalar(taken):
        raise DomainError("Another agreement already has that name in addresses.")
    agreement = Agreement(
        partnership_id=partnership_id, slug=slug, title=title, opens_cases=opens_cases, created_at=clock.now()
    )
    db.session.add(agreement)
    db.session.flush()
    audit.record(Event.AGREEMENT_ADDED, agreement, by=by)
    return agreement


def draft_version(agreement: Agreement, *, by: Actor, **values: Any) -> AgreementVersion:
    """A new draft: text or file, purposes and dates. The parties are named at publication."""
    _check_dates(values)
    last = db.session.scalar(
        select(func.max(AgreementVersion.number)).where(
            AgreementVersion.partnership_id == agreement.partnership_id,
            AgreementVersion.agreement_id == agreement.id,
        )
    )
    version = AgreementVersion(
        partnership_id=agreement.partnership_id,
        agreement_id=agreement.id,
        number=(last or 0) + 1,
        created_by=by.user_id,
        created_at=clock.now(),
        **values,
    )
    db.session.add(version)
    db.session.flush()
    audit.record(Event.AGREEMENT_CHANGED, version, by=by, fields=("version",))
    return version


def change_draft(version: AgreementVersion, *, by: Actor, **values: Any) -> None:
    """Change a draft. A published version is fixed: it is what people signed."""
    if version.state is not VersionState.DRAFT:
        raise DomainError("This version has been published and cannot be changed. Make a new version.")
    _check_dates(values)
    for name, value in values.items():
        setattr(version, name, value)
    audit.record(Event.AGREEMENT_CHANGED, version, by=by, fields=tuple(values))


def publish_version(version: AgreementVersion, *, parties: Mapping[uuid.UUID, uuid.UUID | None], by: Actor) -> None:
    """Fix a version's words and ask its parties to sign.

    parties: agency id -> the user named to sign for it, or None when any lead of the agency may.
    """
    if version.state is not VersionState.DRAFT:
        raise DomainError("This version has already been published.")
    if not version.text and not version.file:
        raise DomainError("Enter the text of the agreement, or add its file, before publishing it.")
    if not parties:
        raise DomainError("Select the agencies that are to sign.")
    if version.number > 1 and version.sign_by < clock.today():
        # On its sign-by date a version ends the one before: published too late, it would shut everybody out at once.
        raise DomainError(
            "The day to sign by is over. Change the draft and enter a day that the agencies can still meet."
        )
    version.sha256 = fingerprint(version.text, version.file)
    version.state = VersionState.PUBLISHED
    version.published_at = clock.now()
    for agency_id, signatory_id in parties.items():
        party = AgreementParty(
            partnership_id=version.partnership_id, version_id=version.id, agency_id=agency_id, signatory_id=signatory_id
        )
        db.session.add(party)
    db.session.flush()
    audit.record(Event.AGREEMENT_VERSION_PUBLISHED, version, by=by)
    _owe_signatures(version)
    _owe_review(version)
    _let_older_versions_rest(version)


def sign(
    version: AgreementVersion, *, agency_id: uuid.UUID, name: str, post: str, authority: str, by: Viewer
) -> Signature:
    """Sign for an agency. The caller has just checked the signatory's password."""
    if not queries.stands(version):
        raise DomainError("This version can no longer be signed.")
    if clock.today() > version.ends_on:
        raise DomainError("This version has ended and can no longer be signed.")
    signed = select(Signature.id).where(
        Signature.partnership_id == version.partnership_id,
        Signature.version_id == version.id,
        Signature.agency_id == agency_id,
        Signature.ended_at.is_(None),
    )
    if db.session.scalar(signed):
        raise DomainError("Your agency has already signed this version.")
    signature = Signature(
        partnership_id=version.partnership_id,
        version_id=version.id,
        agency_id=agency_id,
        signed_by=by.user_id,
        name=name,
        post=post,
        authority=authority,
        sha256=version.sha256,
        signed_at=clock.now(),
    )
    db.session.add(signature)
    db.session.flush()
    audit.record(Event.AGREEMENT_SIGNED, signature, by=by)
    party = db.session.scalar(
        select(AgreementParty).where(
            AgreementParty.partnership_id == version.partnership_id,
            AgreementParty.version_id == version.id,
            AgreementParty.agency_id == agency_id,
        )
    )
    if party is not None:
        reminders.settle(partnership_id=version.partnership_id, record_id=party.id)
    agreement = db.session.get_one(Agreement, (version.partnership_id, version.agreement_id))
    reminders.tell(
        user_id=by.user_id,
        kind=SIGNED,
        key=f"signed {signature.id}",
        partnership_id=version.partnership_id,
        details={"signature": str(signature.id), "number": version.number, "path": _path(version, agreement)},
    )
    return signature


def end_signature(signature: Signature, *, reason: str, by: Viewer) -> None:
    """End an agency's signature: its people lose sight of every case from their next request on.

    It may sign again, because most signatures end for the wrong signatory; an agency is kept out by marking it as left.
    """
    if signature.ended_at is not None:
        raise DomainError("This signature has already ended.")
    signature.ended_at = clock.now()
    signature.ended_by = by.user_id
    signature.end_reason = reason
    audit.record(Event.AGREEMENT_WITHDRAWN, signature, by=by)


def withdraw_version(version: AgreementVersion, *, by: Actor) -> None:
    """Withdraw a published version: no signature of it counts any more, and the one before stands again."""
    if version.state is not VersionState.PUBLISHED:
        raise DomainError("Only a published version can be withdrawn.")
    version.state = VersionState.WITHDRAWN
    version.withdrawn_at = clock.now()
    db.session.flush()
    audit.record(Event.AGREEMENT_CHANGED, version, by=by, fields=("withdrawn",))
    _owe_nothing(version)
    before = queries.standing_version(version.partnership_id, version.agreement_id)
    if before is not None and before.number < version.number:
        _owe_review(before)
        _owe_signatures(before)


def set_file(version: AgreementVersion, *, name: str, content: bytes, by: Actor) -> None:
    """Put a PDF beside, or in place of, the text of a draft."""
    if not looks_like_pdf(content):
        raise DomainError("The file is not a PDF. Save it as PDF and try again.")
    change_draft(version, by=by, file_name=name, file=content)


def looks_like_pdf(content: bytes) -> bool:
    """Whether the content, not the name, is that of a PDF file."""
    return content[:5] == b"%PDF-" and b"%%EOF" in content[-2048:]


def review_rhythm() -> Rhythm:
    """On which days before and after its review date an agreement's review is spoken of."""
    entries = {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}
    return rhythm(entries["agreement-review"])


def fingerprint(text: str, file: bytes | None) -> str:
    """SHA-256 over the text and the file, as hexadecimal: what a signatory signs."""
    digest = hashlib.sha256()
    for part in (text.encode(), file or b""):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _check_dates(values: Mapping[str, Any]) -> None:
    start, end = values.get("in_force_from"), values.get("ends_on")
    if start and end and end < start:
        raise DomainError("The last day must not be before the first.")


def _owe_signatures(version: AgreementVersion) -> None:
    agreement = db.session.get_one(Agreement, (version.partnership_id, version.agreement_id))
    signatures = queries.signatures_of(version.partnership_id, [version.id])
    signed = {signature.agency_id for signature in signatures if signature.ended_at is None}
    for party in queries.parties_of(version):
        if party.agency_id in signed:
            continue
        reminders.owe(
            reminders.Owed(
                partnership_id=version.partnership_id,
                kind="agreement-to-sign",
                record_id=party.id,
                reference=f"version {version.number} of the agreement",
                path=_path(version, agreement),
                user_id=party.signatory_id,
                agency_id=party.agency_id,
                role="agency-lead",
                due_on=version.sign_by,
                next_on=clock.today(),
            )
        )


def _let_older_versions_rest(version: AgreementVersion) -> None:
    """Nobody is reminded to review or to sign what a newer version follows."""
    older = select(AgreementVersion).where(
        AgreementVersion.partnership_id == version.partnership_id,
        AgreementVersion.agreement_id == version.agreement_id,
        AgreementVersion.number < version.number,
    )
    for one in db.session.scalars(older):
        _owe_nothing(one)


def _owe_nothing(version: AgreementVersion) -> None:
    reminders.settle(partnership_id=version.partnership_id, record_id=version.id)
    for party in queries.parties_of(version):
        reminders.settle(partnership_id=version.partnership_id, record_id=party.id)


def _owe_review(version: AgreementVersion) -> None:
    agreement = db.session.get_one(Agreement, (version.partnership_id, version.agreement_id))
    reminders.owe(
        reminders.Owed(
            partnership_id=version.partnership_id,
            kind="agreement-review",
            record_id=version.id,
            reference="review of the agreement",
            path=_path(version, agreement),
            role="coordinator",
            due_on=version.review_on,
            next_on=review_rhythm().on_or_after(version.review_on, clock.today()),
        )
    )


def _path(version: AgreementVersion, agreement: Agreement) -> str:
    """The version's page, below the base address."""
    partnership = db.session.get_one(Partnership, version.partnership_id)
    return f"/{partnership.slug}/agreements/{agreement.slug}/{version.number}"
