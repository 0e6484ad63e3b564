"""The actions of one case, and agreeing a new one."""

from flask import Response, flash
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, requires, viewer
from psg.actions import checks, operations, queries
from psg.actions.forms import AddActionForm
from psg.actions.owing import plan_for
from psg.actions.routes.shared import back_to, bp, carry_out, case_path, owner_of, show_case_page, show_case_tab
from psg.actions.rules import ActionState, due_offers
from psg.agreements.queries import signed_agencies
from psg.audit.events import Event
from psg.cases import checks as case_checks
from psg.cases.models import Case
from psg.cases.queries import find
from psg.cases.rules import CaseState
from psg.web.words import join_and, long_date


@bp.route("/<partnership>/cases/<reference>/actions")
@requires(Permission.ACTION_READ, case=find)
def of_case(case: Case) -> Response:
    """Every action of a case: open ones by date, then those that have ended."""
    # Nothing can be read of an erased case: only that it was there.
    actions = [] if case.state is CaseState.ERASED else queries.of_case(case)
    return show_case_tab(
        "actions/of_case.html",
        case,
        event=Event.ACTIONS_LISTED,
        back=back_to(""),
        ids=[action.id for action in actions],
        open_actions=[action for action in actions if action.state is ActionState.OPEN],
        ended_actions=[action for action in actions if action.state is not ActionState.OPEN],
    )


@bp.route("/<partnership>/cases/<reference>/actions/add", methods=["GET", "POST"])
@requires(Permission.ACTION_ADD, case=find)
def add(case: Case) -> Answer:
    """Agree an action: what, who, by when."""
    form = AddActionForm(priority="usual")
    meeting = case_checks.next_meeting(case.partnership_id, case.group_id)
    form.put_choices(
        case.partnership_id, due_offers(clock.today(), meeting), checks.choices(case.partnership_id, case.group_id)
    )
    if form.validate_on_submit() and (answer := _add(form, case)) is not None:
        return answer
    return show_case_page("actions/add.html", case, event=Event.CASE_LOOKED_AT, form=form)


def _add(form: AddActionForm, case: Case) -> Answer | None:
    def change() -> str:
        owner_id, agency_id = form.owner.data
        action = operations.add_action(
            case,
            what=form.what.data,
            owner_id=owner_id,
            owner_agency_id=agency_id,
            due_on=form.due.data,
            priority=form.priority.data,
            meeting_id=form.meeting.data,
            by=viewer(),
        )
        plan = plan_for(case)
        days = {plan.first_to_owner(action.due_on, clock.today()), action.due_on} - {None}
        if agency_id in signed_agencies([case.partnership_id]).get(case.partnership_id, set()):
            then = f"We will remind them on {join_and(long_date(day) for day in sorted(filter(None, days)))}."
        else:
            then = "They will not see it until the agreement of their agency is signed: tell them yourself."
        flash(f"Action given to {owner_of(action)}. {then}")
        return f"{case_path(case)}/actions#action-{action.number}"

    return carry_out(form, change, hold=(case,))
