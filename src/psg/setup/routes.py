"""The system administrator's pages, and a group's set-up as a file."""

from flask import Blueprint, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, Role, page, requires, standing, viewer
from psg.audit.events import Event
from psg.crypto import keyring
from psg.db import db
from psg.partnerships import inviting, operations
from psg.partnerships.models import Group, Partnership
from psg.partnerships.providers import SetUpPage
from psg.partnerships.queries import find_group
from psg.partnerships.saving import save, status_of
from psg.risk import operations as risk
from psg.setup.exporting import as_file
from psg.setup.forms import NewPartnershipForm

bp = Blueprint("setup", __name__)
SET_UP_PAGE = SetUpPage("setup.group_file", "Set-up file", "Everything above as a file to keep or to load elsewhere")


@bp.route("/system/partnerships")
@requires(Permission.SYSTEM_PARTNERSHIPS)
def partnerships() -> Answer:
    """The partnerships of the installation, and whether each has its keys."""
    ring = keyring()
    found = db.session.scalars(select(Partnership).order_by(Partnership.name))
    rows = [(partnership, ring.has_partnership(partnership.id)) for partnership in found]
    return page(
        "setup/partnerships.html",
        event=Event.PARTNERSHIP_LOOKED_AT,
        ids=[partnership.id for partnership, _ in rows],
        rows=rows,
        without_keys=[partnership for partnership, has_keys in rows if not has_keys],
    )


@bp.route("/system/partnerships/new", methods=["GET", "POST"])
@requires(Permission.SYSTEM_PARTNERSHIPS)
def new_partnership() -> Answer:
    """A new partnership with its first coordinator, who does everything else."""
    form = NewPartnershipForm(colour=1)

    def change() -> None:
        made = operations.create_partnership(
            slug=form.slug.data,
            name=form.name.data,
            prefix=form.prefix.data.upper(),
            contact_email=form.contact_email.data,
            colour=form.colour.data,
            by=viewer(),
        )
        agency = operations.find_or_add_agency(
            name=form.agency.data, short_name=form.agency_short.data, kind=form.agency_kind.data, by=viewer()
        )
        operations.join_agency(made.id, agency, by=viewer())
        db.session.flush()
        risk.load_schemes(made.id, by=viewer())
        inviting.invite_person(
            made.id,
            email=form.email.data,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            agency_id=agency.id,
            role=Role.COORDINATOR,
            by=viewer(),
        )

    done = "Partnership added and its coordinator invited. Now make its keys: the command stands below."
    if answer := save(form, change, to=url_for(".partnerships"), done=done):
        return answer
    return page("setup/new_partnership.html", form=form, status=status_of(form))


@bp.route("/<partnership>/groups/<group>/set-up/file")
@requires(Permission.GROUP_EDIT, group=find_group)
def group_file(group: Group) -> Answer:
    """The group's set-up as a file to keep, or to load elsewhere."""
    return page(
        "setup/group_file.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        place=standing(),
        group=group,
        content=as_file(group),
    )
