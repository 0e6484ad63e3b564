"""The partnership's home and its settings."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, can, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import db
from psg.partnerships import operations
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import PartnershipForm
from psg.partnerships.models import Partnership
from psg.partnerships.queries import directory
from psg.partnerships.rules import GroupState
from psg.partnerships.saving import save, status_of


@dataclass(frozen=True)
class Door:
    """A place of the partnership that its home leads to."""

    path: str
    title: str
    hint: str
    permission: Permission


DOORS = (
    Door("cases", "Cases", "Cases of your groups, referrals and drafts", Permission.CASE_LIST),
    Door("actions", "Actions", "What was agreed, who does it, what is overdue", Permission.ACTION_LIST),
    Door("meetings", "Meetings", "Agendas, meetings and their records", Permission.MEETING_LIST),
    Door("agreements", "Agreements", "What was agreed about sharing, and who has signed", Permission.AGREEMENT_READ),
    Door("people", "People", "Who works here, with which roles", Permission.PEOPLE_LIST),
    Door("agencies", "Agencies", "The agencies of the partnership", Permission.AGENCY_LIST),
    Door("lists", "Lists", "The partnership's own words, such as themes", Permission.LISTS_EDIT),
    Door("settings", "Settings", "Name, mailbox, marking and colour", Permission.GROUP_EDIT),
    Door("figures", "Figures", "Numbers of cases by month, without any case", Permission.FIGURES_READ),
    Door("deliveries", "Deliveries", "Which reminders went out, wait or failed", Permission.DELIVERY_READ),
    Door("audit", "Audit", "Who looked at what and changed what", Permission.AUDIT_READ),
)
"""Every place there may be; only those that the person may open are shown."""


@bp.route("/<partnership>/")
@requires(Permission.AGENCY_LIST)
def home() -> Answer:
    """Where a person may go in this partnership."""
    place = standing()
    doors = [(door, f"/{place.slug}/{door.path}") for door in DOORS if can(door.permission)]
    groups = [group for group in directory(place.partnership_id).groups if group.state is GroupState.ACTIVE]
    return page("partnerships/home.html", place=place, doors=doors, groups=groups)


@bp.route("/<partnership>/settings", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT)
def settings() -> Answer:
    """Name, mailbox, marking and colour."""
    place = standing()
    partnership = db.session.get_one(Partnership, place.partnership_id)

    def values() -> dict[str, Any]:
        return {name: getattr(partnership, name) for name in ("name", "contact_email", "marking", "colour")}

    form = PartnershipForm(version=partnership.version, **values())

    def change() -> None:
        operations.change_partnership(partnership, by=viewer(), **form.values())

    to = url_for(".home", partnership=place.slug)
    answer = save(form, change, to=to, done="Settings saved.", hold=(partnership,), values=values)
    if answer:
        return answer
    return page(
        "partnerships/settings.html",
        event=Event.PARTNERSHIP_LOOKED_AT,
        record=partnership,
        form=form,
        place=place,
        status=status_of(form),
    )
