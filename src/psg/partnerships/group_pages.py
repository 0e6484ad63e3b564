"""Groups: what everybody may read of one, and adding another."""

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, Role, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import DomainError
from psg.partnerships import operations, queries
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import GroupForm
from psg.partnerships.models import Group
from psg.partnerships.queries import Member, directory
from psg.partnerships.saving import save, status_of

RESERVED = frozenset({"add"})
"""Words that are pages beside the groups' own."""


@bp.route("/<partnership>/groups/add", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT)
def add_group() -> Answer:
    """Set up another group."""
    place = standing()
    form = GroupForm()
    to = url_for(".home", partnership=place.slug)

    def change() -> str:
        if form.slug.data in RESERVED:
            raise DomainError("That name in addresses is a word PSG uses itself. Choose another one.")
        group = operations.create_group(place.partnership_id, slug=form.slug.data, name=form.name.data, by=viewer())
        return url_for(".set_up", partnership=place.slug, group=group.slug)

    if answer := save(form, change, to=to, done="Group added. Go through its set-up, one page at a time."):
        return answer
    return page("partnerships/add_group.html", form=form, place=place, status=status_of(form))


@bp.route("/<partnership>/groups/<group>")
@requires(Permission.GROUP_READ, group=queries.find_group)
def show_group(group: Group) -> Answer:
    """A group's terms of reference and its members."""
    place = standing()
    names = directory(place.partnership_id)
    return page(
        "partnerships/group.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        place=place,
        group=group,
        names=names,
        chairs=members_of(group, Role.CHAIR),
        members=members_of(group, Role.PRACTITIONER),
    )


def members_of(group: Group, role: Role) -> list[Member]:
    """The active members who hold a role in the group."""
    people = directory(group.partnership_id).people
    return [person for person in people if person.active and person.holds(role, group.id)]
