"""The people of a partnership: the list, one person, inviting, suspending and restoring."""

from collections.abc import Callable

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, standing, viewer
from psg.audit.events import Event
from psg.partnerships import inviting, people, places, providers, queries
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import ConfirmForm, InviteForm
from psg.partnerships.models import Membership
from psg.partnerships.queries import directory
from psg.partnerships.saving import save, status_of


@bp.route("/<partnership>/people")
@requires(Permission.PEOPLE_LIST)
def people_list() -> Answer:
    """Everybody for a coordinator; their own people for an agency lead."""
    place = standing()
    rows = people.people_of(place)
    return page(
        "partnerships/people.html",
        event=Event.ACCOUNTS_LISTED,
        ids=[row.member.membership_id for row in rows],
        place=place,
        rows=rows,
        everybody=people.coordinates(place),
    )


@bp.route("/<partnership>/people/invite", methods=["GET", "POST"])
@requires(Permission.PERSON_INVITE)
def invite() -> Answer:
    """Invite a colleague by e-mail."""
    place = standing()
    form = InviteForm.for_inviter(place, directory(place.partnership_id))

    def change() -> None:
        given = form.values()
        inviting.invite_person(
            place.partnership_id,
            email=given["email"],
            first_name=given["first_name"],
            last_name=given["last_name"],
            agency_id=given.get("agency") or place.agency_id,
            post=given["post"],
            role=given.get("role") or None,
            group_id=given.get("group") or None,
            by=viewer(),
        )

    to = url_for(".people_list", partnership=place.slug)
    done = (
        "Invited. A new account gets a link that works for 48 hours; somebody who has one already is asked to accept, "
        "or added if they work for the same agency elsewhere."
    )
    if answer := save(form, change, to=to, done=done):
        return answer
    return page("partnerships/invite.html", form=form, place=place, status=status_of(form))


@bp.route("/<partnership>/people/<uuid:user_id>")
@requires(Permission.PERSON_READ, member=queries.find_member)
def person(member: Membership) -> Answer:
    """A colleague's roles and state."""
    place = standing()
    held, ended = people.roles_of(member)
    names = directory(place.partnership_id)
    return page(
        "partnerships/person.html",
        event=Event.ACCOUNT_LOOKED_AT,
        record=member,
        place=place,
        member=member,
        person=names.member(member.user_id),
        agency=names.agency_name(member.agency_id),
        held=held,
        ended=ended,
        myself=member.user_id == viewer().user_id,
    )


@bp.route("/<partnership>/people/<uuid:user_id>/invite-again", methods=["GET", "POST"])
@requires(Permission.PERSON_INVITE, member=people.find_invited)
def invite_again(member: Membership) -> Answer:
    """Send a new invitation to somebody who has not accepted yet."""
    return _confirm(
        member,
        lambda: inviting.invite_again(member, by=viewer()),
        title="Send a new invitation",
        text="The link in the older e-mail stops working.",
        button="Send it",
        done="A new invitation is on its way. Its link works for 48 hours.",
    )


@bp.route("/<partnership>/people/<uuid:user_id>/suspend", methods=["GET", "POST"])
@requires(Permission.PERSON_SUSPEND, member=queries.find_member)
def suspend(member: Membership) -> Answer:
    """Close everything to a colleague."""
    open_things = providers.open_things(member.partnership_id, member.user_id)
    who_lifts = _WHO_LIFTS[people.coordinates(standing())]
    return _confirm(
        member,
        lambda: places.suspend(member, by=viewer()),
        title="Suspend",
        text=f"They see nothing of this partnership from their next page on. {who_lifts}",
        button="Suspend",
        done="Suspended. They see nothing of this partnership any more.",
        open_things=open_things,
    )


@bp.route("/<partnership>/people/<uuid:user_id>/restore", methods=["GET", "POST"])
@requires(Permission.PERSON_RESTORE, member=queries.find_member)
def restore(member: Membership) -> Answer:
    """Open the partnership to a suspended colleague again."""
    return _confirm(
        member,
        lambda: places.restore(member, by=viewer()),
        title="Restore",
        text="They see again what their roles open, if their agency's agreement is signed.",
        button="Restore",
        done="Restored. Their roles count again.",
    )


_WHO_LIFTS = {
    True: "Only a coordinator can lift a suspension that you make.",
    False: "You, another lead of your agency or a coordinator can lift it.",
}
"""By whether the person coordinates."""


def _confirm(
    member: Membership,
    change: Callable[[], None],
    *,
    title: str,
    text: str,
    button: str,
    done: str,
    open_things: int = 0,
) -> Answer:
    place = standing()
    form = ConfirmForm(version=member.version)
    to = url_for(".person", partnership=place.slug, user_id=member.user_id)
    if answer := save(form, change, to=to, done=done, hold=(member,)):
        return answer
    return page(
        "partnerships/person_confirm.html",
        event=Event.ACCOUNT_LOOKED_AT,
        record=member,
        form=form,
        place=place,
        title=title,
        text=text,
        button=button,
        back=to,
        name=directory(place.partnership_id).user(member.user_id),
        open_things=open_things,
        open_href=f"/{place.slug}/actions",
        status=status_of(form),
    )
