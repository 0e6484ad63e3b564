"""What the pages of actions share: how they are shown and audited, and how a change is carried out."""

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, can, page, standing, viewer
from psg.actions import checks, queries
from psg.actions.history import owner_words
from psg.actions.models import Action
from psg.actions.rules import STATE_WORDS, UPDATE_WORDS, name_of, sentence_start
from psg.audit.events import Event
from psg.cases.addresses import case_url
from psg.cases.models import Case
from psg.cases.rules import CaseState, Move, may
from psg.cases.tabs import case_counts
from psg.db import AlreadyDone, Clash, DomainError, Model, transaction
from psg.partnerships import clashing
from psg.partnerships import queries as partnerships
from psg.partnerships.queries import Directory
from psg.reference import labels
from psg.web.forms import Form

bp = Blueprint("actions", __name__)

_OUR_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_.~?=&%-]{0,300}(#[a-z0-9-]{1,80})?")


def directory() -> Directory:
    """Names of the people, agencies and groups of this page's partnership."""
    return partnerships.directory(standing().partnership_id)


def case_path(case: Case) -> str:
    """The case's page."""
    return f"/{standing().slug}/cases/{case.reference}"


def show(template: str, *, event: Event, record: Any = None, form: Form | None = None, **context: Any) -> Response:
    """A page with case text: marked, audited, with 422 when its form has errors."""
    status = context.pop("status", 422 if form is not None and form.error_summary() else 200)
    ids: Sequence[uuid.UUID] = context.pop("ids", ())
    return page(
        template,
        event=event,
        record=record,
        ids=ids,
        status=status,
        form=form,
        marking=standing().marking,
        slug=standing().slug,
        directory=directory(),
        states=STATE_WORDS,
        updates=UPDATE_WORDS,
        priorities=labels("action-priorities"),
        me=viewer().user_id,
        **context,
    )


def show_case_page(template: str, case: Case, *, event: Event, **context: Any) -> Response:
    """A page about a case's actions."""
    return show(template, event=event, record=case, case=case, case_path=case_path(case), **context)


def show_case_tab(template: str, case: Case, *, event: Event, **context: Any) -> Response:
    """One of the pages under a case's frame."""
    erased = case.state is CaseState.ERASED
    return show_case_page(
        template,
        case,
        event=event,
        tab="actions",
        counts=case_counts(case),
        case_title="Erased" if erased else (case.title or "No title yet"),
        case_url=case_url,
        erased=erased,
        here=standing(),
        today=clock.today(),
        may_write=can(Permission.CASE_WRITE, case) and may(Move.WRITE, case.state),
        **context,
    )


def show_action_page(template: str, action: Action, case: Case, **context: Any) -> Response:
    """A page about one action."""
    return show(
        template,
        event=Event.ACTION_LOOKED_AT,
        record=action,
        action=action,
        case=case,
        case_path=case_path(case),
        name=name_of(action.number, case.reference),
        met_on=checks.dates(action.partnership_id, [action.meeting_id]).get(action.meeting_id or action.id),
        **context,
    )


def carry_out(form: Form, change: Callable[[], str], *, hold: Sequence[Model]) -> Answer | None:
    """Make a change that ends at an address; None when the rules refuse it, and the form says why.

    Clash goes on to the caller, who shows both versions.
    """
    try:
        with transaction(hold=hold, once=form.once_key()) as done:
            done.result = change()
    except AlreadyDone as first:
        return redirect(first.location, 303)
    except Clash:
        _forget()
        raise
    except DomainError as refusal:
        _forget()
        form.put_error(None, str(refusal))
        return None
    return redirect(done.result, 303)


def show_clash(form: Form, action: Action, case: Case, theirs: dict[str, str]) -> None:
    """Put beside what was typed what somebody else saved meanwhile: who, what and when stand in the history."""
    entry = queries.history(action)[-1]
    who = directory().user(entry.by)
    action.know_case(case.facts())
    form.show_clash(by=who, theirs=theirs, version=action.version)
    form.put_error(
        None,
        f"{who} changed this action {clashing.moment(entry.at)}, while you were writing: "
        f"{UPDATE_WORDS[entry.kind].lower()}. "
        "Compare the two versions, then save yours if it still holds",
    )


def say(action: Action, case: Case, words: str, *, undo: bool = False) -> None:
    """A message for the top of the next page. undo: with a button that takes it back."""
    category = f"undo {url_for('actions.undo', partnership=standing().slug, action_id=action.id)}" if undo else "done"
    flash(f"{sentence_start(name_of(action.number, case.reference))}: {words}", category)


def owner_of(action: Action) -> str:
    """The owner in words: the person and the agency, or the agency."""
    return owner_words(action.partnership_id, action.owner_id, action.owner_agency_id)


def action_url(action: Action, endpoint: str = "actions.show", **values: Any) -> str:
    """The address of a page about the action."""
    return url_for(endpoint, partnership=standing().slug, action_id=action.id, **values)


def back_to(default: str) -> str:
    """The page of ours that the button was pressed on or the page opened from, when it says so; else the default."""
    sent = request.form.get("back") or request.args.get("back", "")
    return sent if _OUR_PATH.fullmatch(sent) else default


def _forget() -> None:
    """A failed transaction lets go of everything that was read, names included."""
    partnerships.forget_directory(standing().partnership_id)
    g.pop("psg_nav", None)
