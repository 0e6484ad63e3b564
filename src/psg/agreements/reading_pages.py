"""Reading agreements: the table and matrix, one version, its file."""

import io

from flask import abort, send_file
from werkzeug.wrappers import Response as Answer

from psg import audit
from psg.access import Permission, page, requires, standing, viewer
from psg.agreements import finding, queries, showing
from psg.agreements.blueprint import bp
from psg.agreements.models import AgreementVersion
from psg.audit.events import Event
from psg.partnerships.queries import directory


@bp.route("/<partnership>/agreements")
@requires(Permission.AGREEMENT_READ)
def agreement_list() -> Answer:
    """All agreements, and which agency has signed which."""
    place = standing()
    seen = showing.overview(place.partnership_id)
    return page(
        "agreements/list.html",
        event=Event.AGREEMENTS_LISTED,
        ids=[row.agreement.id for row in seen.rows],
        place=place,
        seen=seen,
        stands=showing.in_date_until,
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>")
@requires(Permission.AGREEMENT_READ, version=finding.find_version)
def show_version(version: AgreementVersion) -> Answer:
    """One version: its words, fingerprint, parties, purposes and history."""
    place = standing()
    agreement = finding.agreement_of(version)
    return page(
        "agreements/version.html",
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        place=place,
        agreement=agreement,
        version=version,
        lines=showing.party_lines(version),
        stands=showing.in_date_until(version),
        newest=queries.standing_version(place.partnership_id, agreement.id),
        own_party=finding.party_for(viewer(), place, agreement.slug, version.number),
        names=directory(place.partnership_id),
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/file")
@requires(Permission.AGREEMENT_READ, version=finding.find_version)
def open_file(version: AgreementVersion) -> Answer:
    """The agreement's PDF, to keep."""
    content, name = version.file, version.file_name
    if content is None:
        abort(404)
    audit.looked(Event.AGREEMENT_FILE_OPENED, version, by=viewer(), partnership_id=version.partnership_id)
    return send_file(io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name)
