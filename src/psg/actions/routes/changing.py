"""Changing an action: another date, another owner, or not wanted any more. For the chair and the coordinator."""

from collections.abc import Callable

from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, requires, viewer
from psg.actions import operations
from psg.actions.forms import CancelForm, GiveForm, MoveForm, put_offers
from psg.actions.models import Action
from psg.actions.owners import owner_value
from psg.actions.queries import find, find_case
from psg.actions.routes.shared import (
    action_url,
    bp,
    carry_out,
    owner_of,
    say,
    show_action_page,
    show_clash,
)
from psg.actions.rules import STATE_WORDS, due_offers
from psg.cases import checks as case_checks
from psg.cases.models import Case
from psg.db import Clash
from psg.web.forms import Form
from psg.web.words import long_date


@bp.route("/<partnership>/actions/<uuid:action_id>/move", methods=["GET", "POST"])
@requires(Permission.ACTION_CHANGE, action=find, case=find_case)
def move(action: Action, case: Case) -> Answer:
    """Another date, with the reason."""
    form = MoveForm(version=action.version)
    meeting = case_checks.next_meeting(case.partnership_id, case.group_id)
    put_offers(form.due, due_offers(clock.today(), meeting))

    def change() -> str:
        form.require_version(action.version)
        operations.move(action, due_on=form.due.data, reason=form.reason.data, by=viewer())
        say(action, case, f"now due {long_date(action.due_on)}.", undo=True)
        return action_url(action, _anchor="history")

    return _page("actions/move.html", form, action, case, change, lambda: {"due": long_date(action.due_on)})


@bp.route("/<partnership>/actions/<uuid:action_id>/give", methods=["GET", "POST"])
@requires(Permission.ACTION_CHANGE, action=find, case=find_case)
def give(action: Action, case: Case) -> Answer:
    """Another owner, who hears of it at once."""
    form = GiveForm(version=action.version)
    if form.owner.data is None:
        form.owner.process_data(owner_value(action.owner_id, action.owner_agency_id))
    form.put_choices(case.partnership_id)

    def change() -> str:
        form.require_version(action.version)
        owner_id, agency_id = form.owner.data
        operations.give(action, owner_id=owner_id, owner_agency_id=agency_id, by=viewer())
        say(action, case, f"given to {owner_of(action)}. They have been told.")
        return action_url(action, _anchor="history")

    return _page("actions/give.html", form, action, case, change, lambda: {"owner": owner_of(action)})


@bp.route("/<partnership>/actions/<uuid:action_id>/cancel", methods=["GET", "POST"])
@requires(Permission.ACTION_CHANGE, action=find, case=find_case)
def cancel(action: Action, case: Case) -> Answer:
    """Not wanted any more, with the reason."""
    form = CancelForm(version=action.version)

    def change() -> str:
        form.require_version(action.version)
        operations.cancel(action, reason=form.reason.data, by=viewer())
        say(action, case, "cancelled.", undo=True)
        return action_url(action, _anchor="history")

    theirs = {"reason": f"{STATE_WORDS[action.state]}: {action.outcome}" if action.outcome else ""}
    return _page("actions/cancel.html", form, action, case, change, lambda: theirs)


def _page(
    template: str,
    form: Form,
    action: Action,
    case: Case,
    change: Callable[[], str],
    theirs: Callable[[], dict[str, str]],
) -> Answer:
    """Show the form, or carry it out; 409 with both versions when somebody else was quicker, or the rules refuse it."""
    status = None
    if form.validate_on_submit():
        try:
            if (answer := carry_out(form, change, hold=(case, action))) is not None:
                return answer
        except Clash:
            show_clash(form, action, case, theirs())
        status = 409
    context = {"status": status} if status else {}
    return show_action_page(template, action, case, form=form, **context)
