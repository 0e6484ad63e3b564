"""The agencies of a partnership: the list, adding, changing, leaving."""

from typing import Any

from flask import url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg import reference
from psg.access import Permission, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import db
from psg.partnerships import operations, people, queries
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import AddAgencyForm, AgencyPlaceForm, ConfirmForm
from psg.partnerships.models import Agency, PartnerAgency
from psg.partnerships.queries import directory
from psg.partnerships.saving import save, status_of


@bp.route("/<partnership>/agencies")
@requires(Permission.AGENCY_LIST)
def agency_list() -> Answer:
    """The agencies of the partnership, those that have left last."""
    place = standing()
    names = directory(place.partnership_id)
    return page(
        "partnerships/agencies.html",
        event=Event.AGENCIES_LISTED,
        place=place,
        agencies=sorted(names.agencies, key=lambda agency: (not agency.active, agency.name)),
        names=names,
        kinds=reference.labels("agency-kinds"),
        people={agency.id: people.who_would_lose_access(place.partnership_id, agency.id) for agency in names.agencies},
    )


@bp.route("/<partnership>/agencies/add", methods=["GET", "POST"])
@requires(Permission.AGENCY_EDIT)
def add_agency() -> Answer:
    """Add an agency of the installation, or a new one."""
    place = standing()
    here = {agency.id for agency in directory(place.partnership_id).agencies if agency.active}
    known = db.session.execute(select(Agency.id, Agency.name).order_by(Agency.name))
    form = AddAgencyForm()
    form.offer([(agency_id, name) for agency_id, name in known if agency_id not in here])

    def change() -> None:
        agency = db.session.get_one(Agency, form.existing.data) if form.existing.data else _new(form)
        operations.join_agency(place.partnership_id, agency, may_refer=form.may_refer.data == "yes", by=viewer())

    to = url_for(".agency_list", partnership=place.slug)
    complete = not form.is_submitted() or (form.validate() and form.complete())
    if complete and (answer := save(form, change, to=to, done="Agency added. Invite its lead, and ask it to sign.")):
        return answer
    return page("partnerships/add_agency.html", form=form, place=place, status=status_of(form))


def _new(form: AddAgencyForm) -> Agency:
    return operations.find_or_add_agency(
        name=form.name.data, short_name=form.short_name.data, kind=form.kind.data, by=viewer()
    )


@bp.route("/<partnership>/agencies/<uuid:agency_id>", methods=["GET", "POST"])
@requires(Permission.AGENCY_EDIT, agency=queries.find_agency)
def change_agency(agency: PartnerAgency) -> Answer:
    """Whether it may log cases, and who its liaison officer is."""
    place = standing()
    names = directory(place.partnership_id)

    def values() -> dict[str, Any]:
        return {"may_refer": "yes" if agency.may_refer else "no", "liaison": agency.liaison_id}

    form = AgencyPlaceForm(version=agency.version, **values())
    form.offer([person for person in names.people if person.agency_id == agency.agency_id and person.active])

    def change() -> None:
        operations.change_agency_place(
            agency, may_refer=form.may_refer.data == "yes", liaison_id=form.liaison.data, by=viewer()
        )

    to = url_for(".agency_list", partnership=place.slug)
    if answer := save(form, change, to=to, done="Agency changed.", hold=(agency,), values=values):
        return answer
    return page(
        "partnerships/agency.html",
        event=Event.AGENCY_LOOKED_AT,
        record=agency,
        form=form,
        place=place,
        agency=agency,
        name=names.agency_name(agency.agency_id),
        status=status_of(form),
    )


@bp.route("/<partnership>/agencies/<uuid:agency_id>/leave", methods=["GET", "POST"])
@requires(Permission.AGENCY_EDIT, agency=queries.find_agency)
def leave_agency(agency: PartnerAgency) -> Answer:
    """Record that an agency has left: its people see nothing from their next page on."""
    place = standing()
    form = ConfirmForm(version=agency.version)
    to = url_for(".agency_list", partnership=place.slug)

    def change() -> None:
        operations.leave_agency(agency, by=viewer())

    if answer := save(form, change, to=to, done="The agency has left the partnership.", hold=(agency,)):
        return answer
    return page(
        "partnerships/leave.html",
        event=Event.AGENCY_LOOKED_AT,
        record=agency,
        form=form,
        place=place,
        back=to,
        name=directory(place.partnership_id).agency_name(agency.agency_id),
        losing=people.who_would_lose_access(place.partnership_id, agency.agency_id),
        status=status_of(form),
    )
