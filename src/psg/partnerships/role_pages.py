"""Giving and ending roles. Nobody does either to themselves: the gate and the operation both refuse."""

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, standing, viewer
from psg.audit.events import Event
from psg.partnerships import operations, people, queries
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import ConfirmForm, RoleForm
from psg.partnerships.models import Membership, RoleHeld
from psg.partnerships.queries import directory
from psg.partnerships.saving import save, status_of


@bp.route("/<partnership>/people/<uuid:user_id>/roles/give", methods=["GET", "POST"])
@requires(Permission.ROLE_GRANT, member=queries.find_member)
def give_role(member: Membership) -> Answer:
    """Give a colleague a role."""
    place = standing()
    names = directory(place.partnership_id)
    form = RoleForm().offer(names)

    def change() -> None:
        operations.grant_role(member, form.role.data, group_id=form.group.data, by=viewer())

    to = url_for(".person", partnership=place.slug, user_id=member.user_id)
    if answer := save(form, change, to=to, done="Role given. It counts from their next page on."):
        return answer
    return page(
        "partnerships/give_role.html",
        event=Event.ACCOUNT_LOOKED_AT,
        record=member,
        form=form,
        place=place,
        back=to,
        name=names.user(member.user_id),
        status=status_of(form),
    )


@bp.route("/<partnership>/people/<uuid:user_id>/roles/<uuid:role_id>/end", methods=["GET", "POST"])
@requires(Permission.ROLE_GRANT, member=queries.find_member, held=people.find_role)
def end_role(member: Membership, held: RoleHeld) -> Answer:
    """End a colleague's role."""
    place = standing()
    words = next(line.words for line in people.roles_of(member)[0] if line.held.id == held.id)
    form = ConfirmForm()
    to = url_for(".person", partnership=place.slug, user_id=member.user_id)

    def change() -> None:
        operations.end_role(member, held, by=viewer())

    if answer := save(form, change, to=to, done=f"Role ended: {words}.", hold=(held,)):
        return answer
    return page(
        "partnerships/person_confirm.html",
        event=Event.ACCOUNT_LOOKED_AT,
        record=member,
        form=form,
        place=place,
        title="End a role",
        text=f"{words}: they lose what the role opens from their next page on.",
        button="End the role",
        back=to,
        name=directory(place.partnership_id).user(member.user_id),
        open_things=0,
        open_href="",
        status=status_of(form),
    )
