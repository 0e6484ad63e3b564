"""Pages of oversight: deliveries, the audit trail, the system's status, and what monitors ask."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, page, public, requires, standing, viewer
from psg.audit.events import Category, Event
from psg.db import DomainError, reading_done, transaction
from psg.oversight import checks, deliveries, trail
from psg.oversight.deliveries import SeenDelivery
from psg.oversight.sentences import kind_words
from psg.oversight.trail import Asked
from psg.partnerships import queries as partnerships
from psg.reminders import kinds, operations

bp = Blueprint("oversight", __name__)


@bp.route("/healthz")
@public
def alive() -> Response:
    """The process answers. Asks nothing else, so that a silent worker does not take the site away."""
    return _for_monitors("ok\n", 200, "text/plain; charset=utf-8")


@bp.route("/readyz")
@public
def ready() -> Response:
    """Whether everything PSG needs is there: names with ok or red, and nothing more."""
    names = checks.ready()
    reading_done()
    well = all(names.values())
    answer = {"status": _word(well), "checks": {name: _word(good) for name, good in names.items()}}
    return _for_monitors(jsonify(answer).get_data(as_text=True), 200 if well else 503, "application/json")


@bp.route("/status")
@requires(Permission.SYSTEM_STATUS)
def status() -> Response:
    """How the installation is, for system administrators."""
    findings = checks.findings()
    return page(
        "oversight/status.html",
        event=Event.STATUS_LOOKED_AT,
        findings=findings,
        red=[finding for finding in findings if finding.word is checks.Word.RED],
        watch=[finding for finding in findings if finding.word is checks.Word.WATCH],
        versions=checks.versions(),
        now=clock.now(),
    )


@bp.route("/<partnership>/deliveries")
@requires(Permission.DELIVERY_READ)
def delivery_list() -> Response:
    """Reminders that were sent, wait or failed."""
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    found = deliveries.listed(standing(), state=state, kind=kind, cursor=request.args.get("at"))
    return page(
        "oversight/deliveries.html",
        event=Event.DELIVERIES_LISTED,
        ids=[delivery.id for delivery in found.rows],
        place=standing(),
        found=found,
        tiles=deliveries.tiles(standing()),
        names=partnerships.directory(standing().partnership_id),
        states=deliveries.STATES,
        state=state,
        kind=kind,
        kinds=[(code, kinds.label(code)) for code in kinds.codes()],
        label=kinds.label,
    )


@bp.route("/<partnership>/deliveries/<uuid:delivery_id>")
@requires(Permission.DELIVERY_READ, seen=deliveries.find)
def delivery(seen: SeenDelivery) -> Response:
    """One reminder: its tries, and what it said where that is kept."""
    return page(
        "oversight/delivery.html",
        event=Event.DELIVERY_LOOKED_AT,
        record=seen.delivery,
        place=standing(),
        seen=seen,
        told=seen.delivery,
        names=partnerships.directory(standing().partnership_id),
        states=deliveries.STATES,
        label=kinds.label,
    )


@bp.route("/<partnership>/deliveries/<uuid:delivery_id>/again", methods=["POST"])
@requires(Permission.DELIVERY_RETRY, seen=deliveries.find)
def send_again(seen: SeenDelivery) -> Answer:
    """Send a failed reminder at the next round."""
    where = url_for(".delivery", partnership=standing().slug, delivery_id=seen.delivery.id)
    try:
        with transaction(hold=(seen.delivery,)):
            operations.try_again(seen.delivery, partnership_id=seen.partnership_id, by=viewer())
    except DomainError as refused:
        flash(str(refused))
        return redirect(where, 303)
    flash("It will be sent again within two minutes.")
    return redirect(where, 303)


@bp.route("/<partnership>/audit")
@requires(Permission.AUDIT_READ)
def audit_trail() -> Response:
    """Who did and looked at what. Looking here is itself recorded."""
    asked = Asked(**{name: request.args.get(name, "")[:80] for name in Asked.__dataclass_fields__})
    found = trail.read(standing(), asked, request.args.get("at"))
    seal = trail.seal()
    return page(
        "oversight/audit.html",
        event=Event.AUDIT_READ,
        ids=[line.id for line in found.lines],
        place=standing(),
        asked=asked,
        found=found,
        seal=seal,
        names=partnerships.directory(standing().partnership_id),
        what=_what(),
        older=url_for(".audit_trail", **_again(asked), at=found.next) if found.next else "",
        first_page=not request.args.get("at"),
    )


def _what() -> list[tuple[str, str]]:
    """The categories, then the single events, for the filter."""
    single = sorted(((event.code, kind_words(event)) for event in Event), key=lambda pair: pair[1])
    return [(category.value, trail.CATEGORY_WORDS[category]) for category in Category] + single


def _again(asked: Asked) -> dict[str, Any]:
    kept = {name: getattr(asked, name) for name in Asked.__dataclass_fields__ if getattr(asked, name)}
    return {"partnership": standing().slug, **kept}


def _word(well: bool) -> str:
    return "ok" if well else "red"


def _for_monitors(body: str, status_code: int, kind: str) -> Response:
    answer = make_response(body, status_code)
    answer.headers["Content-Type"] = kind
    answer.headers["Cache-Control"] = "no-store"
    return answer
