"""Setting up a group: a task list of short pages."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, Role, can, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import DomainError
from psg.partnerships import operations, providers, queries
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import GroupMemberForm, TermsForm
from psg.partnerships.group_pages import members_of
from psg.partnerships.models import Group
from psg.partnerships.offsets import OffsetsForm, chosen, shown
from psg.partnerships.queries import directory, membership
from psg.partnerships.reminder_settings import for_groups
from psg.partnerships.saving import save, status_of


@bp.route("/<partnership>/groups/<group>/set-up")
@requires(Permission.GROUP_EDIT, group=queries.find_group)
def set_up(group: Group) -> Answer:
    """The task list."""
    place = standing()
    return page(
        "partnerships/set_up.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        place=place,
        group=group,
        chairs=members_of(group, Role.CHAIR),
        members=members_of(group, Role.PRACTITIONER),
        own_offsets=len(group.settings),
        more=providers.set_up_tasks(place.slug, group),
    )


@bp.route("/<partnership>/groups/<group>/set-up/terms", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, group=queries.find_group)
def set_up_terms(group: Group) -> Answer:
    """Name and terms of reference."""
    place = standing()

    def values() -> dict[str, Any]:
        return {"name": group.name, "terms": group.terms, "terms_review_on": group.terms_review_on}

    form = TermsForm(version=group.version, **values())

    def change() -> None:
        operations.change_group(group, by=viewer(), **form.values())

    to = url_for(".set_up", partnership=place.slug, group=group.slug)
    if answer := save(form, change, to=to, done="Terms of reference saved.", hold=(group,), values=values):
        return answer
    return page(
        "partnerships/set_up_terms.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        form=form,
        place=place,
        group=group,
        status=status_of(form),
    )


@bp.route("/<partnership>/groups/<group>/set-up/members", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, group=queries.find_group)
def set_up_members(group: Group) -> Answer:
    """Who is in the group, and adding one more."""
    place = standing()
    names = directory(place.partnership_id)
    form = GroupMemberForm()
    form.offer(names, [person for person in names.people if person.user_id != viewer().user_id])

    def change() -> None:
        member = membership(place.partnership_id, form.person.data)
        if member is None or not can(Permission.ROLE_GRANT, member):
            raise DomainError("You cannot give that person a role. Ask another coordinator.")
        operations.grant_role(member, form.role.data, group_id=group.id, by=viewer())

    to = url_for(".set_up_members", partnership=place.slug, group=group.slug)
    if answer := save(form, change, to=to, done="Member added. It counts from their next page on."):
        return answer
    return page(
        "partnerships/set_up_members.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        form=form,
        place=place,
        group=group,
        names=names,
        chairs=members_of(group, Role.CHAIR),
        members=members_of(group, Role.PRACTITIONER),
        status=status_of(form),
    )


@bp.route("/<partnership>/groups/<group>/set-up/reminders", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, group=queries.find_group)
def set_up_reminders(group: Group) -> Answer:
    """When people of this group are reminded."""
    place = standing()
    usual = for_groups(place.partnership_id)

    def values() -> dict[str, Any]:
        return shown(group.settings, usual)

    form = OffsetsForm(version=group.version, **values())

    def change() -> None:
        operations.change_group(group, by=viewer(), settings=chosen(group.settings, usual, form.values()))

    to = url_for(".set_up", partnership=place.slug, group=group.slug)
    if answer := save(form, change, to=to, done="Reminders saved.", hold=(group,), values=values):
        return answer
    return page(
        "partnerships/set_up_reminders.html",
        event=Event.GROUP_LOOKED_AT,
        record=group,
        form=form,
        place=place,
        group=group,
        status=status_of(form),
    )
