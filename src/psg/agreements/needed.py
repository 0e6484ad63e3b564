"""What somebody is told whose agency has not signed: which agreement, since when, who can sign, whom to ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, Standing, can, page, signed_in, standing
from psg.agreements import queries
from psg.agreements.blueprint import bp
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion
from psg.agreements.rules import VersionState
from psg.agreements.showing import leads_of
from psg.db import db
from psg.partnerships.models import Partnership
from psg.partnerships.queries import directory


@dataclass(frozen=True)
class Needed:
    """The words of the page."""

    title: str
    """The agreement's, or "" when the partnership has none published."""
    number: int
    href: str
    sign_href: str
    """Where this person may sign; "" when they may not."""
    since: datetime | None
    """Since when the agency has been without a signature."""
    ended: bool
    """Whether it had signed before."""
    signatories: list[tuple[str, str]]
    """Name and e-mail address of those of the agency who can sign."""
    contact_email: str
    may_lead: bool


def agreement_needed(place: Standing) -> Needed:
    """What to say to a person of an agency without a signature in date."""
    partnership = db.session.get_one(Partnership, place.partnership_id)
    found = _newest(place)
    if found is None:
        return Needed("", 0, "", "", None, False, [], partnership.contact_email, False)
    agreement, version, party = found
    signatures = [
        signature
        for signature in queries.signatures_of(place.partnership_id, _version_ids(agreement))
        if signature.agency_id == place.agency_id
    ]
    ended = [signature.ended_at for signature in signatures if signature.ended_at is not None]
    address: dict[str, Any] = {"partnership": place.slug, "agreement": agreement.slug, "number": version.number}
    may_sign = party is not None and can(Permission.AGREEMENT_SIGN, party)
    return Needed(
        title=agreement.title,
        number=version.number,
        href=url_for("agreements.show_version", **address),
        sign_href=url_for("agreements.sign", **address) if may_sign else "",
        since=max(ended) if ended else version.published_at,
        ended=bool(signatures),
        signatories=_signatories(place, party),
        contact_email=partnership.contact_email,
        may_lead=party is not None,
    )


@bp.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"agreement_needed": agreement_needed}


@bp.route("/<partnership>/agreement-needed")
@signed_in
def needed() -> Answer:
    """The same page at an address of its own: about one's own agency, so also for somebody who is only a guest."""
    place = standing()
    if place.agreement_signed:
        reads = can(Permission.AGREEMENT_READ)
        return redirect(url_for(".agreement_list", partnership=place.slug) if reads else "/my-work")
    return page("agreements/needed.html", place=place)


def _newest(place: Standing) -> tuple[Agreement, AgreementVersion, AgreementParty | None] | None:
    """The newest published version of an agreement that opens cases, with the agency's part in it."""
    row = db.session.execute(
        select(Agreement, AgreementVersion)
        .join(
            AgreementVersion,
            (AgreementVersion.partnership_id == Agreement.partnership_id)
            & (AgreementVersion.agreement_id == Agreement.id),
        )
        .where(
            Agreement.partnership_id == place.partnership_id,
            Agreement.opens_cases,
            AgreementVersion.state == VersionState.PUBLISHED,
        )
        .order_by(AgreementVersion.published_at.desc(), AgreementVersion.number.desc())
    ).first()
    if row is None:
        return None
    agreement, version = row
    party = next((p for p in queries.parties_of(version) if p.agency_id == place.agency_id), None)
    return agreement, version, party


def _version_ids(agreement: Agreement) -> list[Any]:
    return [version.id for version in queries.versions_of(agreement)]


def _signatories(place: Standing, party: AgreementParty | None) -> list[tuple[str, str]]:
    if party is None:
        return []
    if party.signatory_id is not None:
        named = directory(place.partnership_id).member(party.signatory_id)
        return [(named.name, named.email)] if named is not None else []
    return [(lead.name, lead.email) for lead in leads_of(place.partnership_id, place.agency_id)]
