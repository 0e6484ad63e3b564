"""One action: reading it, saying how it stands, one press of Done, and taking that back."""

from typing import Any

from flask import Response
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, can, requires, viewer
from psg.actions import operations, queries
from psg.actions.forms import DONE, NOT_DONE, OutcomeForm, PressForm, UpdateForm, put_offers
from psg.actions.history import last_press
from psg.actions.models import Action
from psg.actions.queries import find, find_case
from psg.actions.routes.shared import (
    action_url,
    back_to,
    bp,
    carry_out,
    say,
    show_action_page,
    show_clash,
)
from psg.actions.rules import STATE_WORDS, ActionState, due_offers, may_undo
from psg.cases import checks as case_checks
from psg.cases.models import Case
from psg.db import Clash
from psg.web.forms import Form


@bp.route("/<partnership>/actions/<uuid:action_id>")
@requires(Permission.ACTION_READ, action=find, case=find_case)
def show(action: Action, case: Case) -> Response:
    """What was agreed, how it stands, and its whole history."""
    return _page(action, case)


def _page(action: Action, case: Case, *, refused: Form | None = None) -> Response:
    press = last_press(action)
    return show_action_page(
        "actions/show.html",
        action,
        case,
        entries=queries.history(action),
        today=clock.today(),
        undoable=press is not None and press.by == viewer().user_id and may_undo(press.kind, press.at, clock.now()),
        form=refused,
        status=409 if refused is not None else 200,
    )


@bp.route("/<partnership>/actions/<uuid:action_id>/update", methods=["GET", "POST"])
@requires(Permission.ACTION_UPDATE, action=find, case=find_case)
def update(action: Action, case: Case) -> Answer:
    """Done, not done with the reason, or still going; with a new date where one may set it."""
    form = UpdateForm(version=action.version)
    may_move = can(Permission.ACTION_CHANGE, action)
    offers = due_offers(clock.today(), case_checks.next_meeting(case.partnership_id, case.group_id))
    put_offers(form.due, offers, prefer=False)
    status = None
    if form.validate_on_submit():
        try:
            if (answer := _update(form, action, case, may_move=may_move)) is not None:
                return answer
            status = 409
        except Clash:
            show_clash(form, action, case, _theirs(action))
            status = 409
    context: dict[str, Any] = {"status": status} if status else {}
    back = back_to(action_url(action))
    return show_action_page("actions/update.html", action, case, form=form, may_move=may_move, back=back, **context)


def _update(form: UpdateForm, action: Action, case: Case, *, may_move: bool) -> Answer | None:
    def change() -> str:
        form.require_version(action.version)
        words = form.text.data
        if form.result.data == DONE:
            operations.mark_done(action, outcome=words, evidence=form.evidence.data, by=viewer())
            say(action, case, "marked as done.", undo=True)
        elif form.result.data == NOT_DONE:
            operations.mark_not_done(action, reason=words, by=viewer())
            say(action, case, "marked as not done.", undo=True)
        elif may_move and form.due.data is not None and form.due.data != action.due_on:
            operations.move(action, due_on=form.due.data, reason=words, by=viewer())
            say(action, case, "new date saved.", undo=True)
        else:
            operations.note_progress(action, text=words, by=viewer())
            say(action, case, "saved how it is going.")
        return back_to(action_url(action, _anchor="history"))

    return carry_out(form, change, hold=(case, action))


def _theirs(action: Action) -> dict[str, str]:
    last = queries.history(action)[-1]
    return {"result": STATE_WORDS[action.state], "text": last.text or ""}


@bp.route("/<partnership>/actions/<uuid:action_id>/done", methods=["POST"])
@requires(Permission.ACTION_UPDATE, action=find, case=find_case)
def done(action: Action, case: Case) -> Answer:
    """One press: done. Goes back to the list it was pressed in, with a way to take it back."""
    form = PressForm()
    form.validate()

    def change() -> str:
        if action.state is not ActionState.DONE:  # a second press of the same button asks for nothing new
            operations.mark_done(action, by=viewer())
        say(action, case, "marked as done.", undo=True)
        return back_to(action_url(action))

    return carry_out(form, change, hold=(case, action)) or _page(action, case, refused=form)


@bp.route("/<partnership>/actions/<uuid:action_id>/undo", methods=["POST"])
@requires(Permission.ACTION_UPDATE, action=find, case=find_case)
def undo(action: Action, case: Case) -> Answer:
    """Take back one's own last press within ten minutes."""
    form = PressForm()
    form.validate()

    def change() -> str:
        operations.undo(action, by=viewer())
        say(action, case, "undone. It stands as before.")
        return back_to(action_url(action, _anchor="history"))

    return carry_out(form, change, hold=(case, action)) or _page(action, case, refused=form)


@bp.route("/<partnership>/actions/<uuid:action_id>/outcome", methods=["GET", "POST"])
@requires(Permission.ACTION_UPDATE, action=find, case=find_case)
def outcome(action: Action, case: Case) -> Answer:
    """Say afterwards how a finished action went."""
    form = OutcomeForm(text=action.outcome, evidence=action.evidence, version=action.version)
    status = None
    if form.validate_on_submit():
        try:
            answer = carry_out(form, lambda: _add_outcome(form, action, case), hold=(case, action))
            if answer is not None:
                return answer
            status = 409
        except Clash:
            show_clash(form, action, case, {"text": action.outcome or "", "evidence": action.evidence or ""})
            status = 409
    context = {"status": status} if status else {}
    return show_action_page("actions/outcome.html", action, case, form=form, **context)


def _add_outcome(form: OutcomeForm, action: Action, case: Case) -> str:
    form.require_version(action.version)
    operations.add_outcome(action, outcome=form.text.data, evidence=form.evidence.data, by=viewer())
    say(action, case, "saved how it went.")
    return action_url(action, _anchor="history")
