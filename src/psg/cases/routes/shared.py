"""What the pages of cases share: their addresses, how a form is carried out, and how a page is shown and audited."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from flask import Blueprint, Response, current_app, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from psg import clock
from psg.access import page, standing, viewer
from psg.audit import Event
from psg.cases import drafting
from psg.cases.addresses import case_url
from psg.cases.drafting import DraftPage, Fields
from psg.cases.models import Case
from psg.cases.rules import kept_until
from psg.cases.tabs import case_tabs, case_tag, has_page
from psg.db import AlreadyDone, Clash, DomainError, Model, transaction
from psg.partnerships import queries as partnerships
from psg.partnerships.queries import Directory
from psg.web.forms import Form
from psg.web.words import long_date

bp = Blueprint("cases", __name__)
bp.add_app_template_global(case_tabs)
bp.add_app_template_global(case_tag)
bp.add_app_template_global(has_page)


def directory() -> Directory:
    """Names of the people, agencies and groups of this page's partnership."""
    return partnerships.directory(standing().partnership_id)


def labels() -> Mapping[tuple[str, str], str]:
    """The words of this partnership's lists."""
    return partnerships.labels(standing().partnership_id)


def show(template: str, case: Case | None, *, form: Form | None = None, **context: Any) -> Response:
    """A page with case text: audited as a look at the case, marked, with 422 when its form has errors and 409 when
    the rules refused what it asked for."""
    closed = request.method == "POST" and bool(context.get("closed_to"))
    wrong = 409 if g.get("refused") or closed else 422
    status = context.pop("status", wrong if closed or (form is not None and form.error_summary()) else 200)
    event = context.pop("event", Event.CASE_LOOKED_AT)
    return page(
        template,
        event=event,
        record=case,
        ids=context.pop("ids", ()),
        status=status,
        case=case,
        form=form,
        marking=standing().marking,
        here=standing(),
        me=viewer(),
        directory=directory(),
        labels=labels(),
        case_url=case_url,
        today=clock.today(),
        **context,
    )


def carry_out(
    form: Form,
    change: Callable[[], str],
    *,
    hold: Sequence[Model] = (),
    overtaken: Callable[[], object] | None = None,
) -> AnyResponse | None:
    """Make a change that ends at an address. None when the rules refused it, or somebody
    else came first: then the form says why. The same form sent twice leads to where its first sending led.

    overtaken: shows both versions when somebody else saved the same thing first.
    """
    try:
        with transaction(hold=hold, once=form.once_key()) as done:
            done.result = change()
    except AlreadyDone as first:
        return redirect(first.location, 303)
    except DomainError as refusal:
        # The failed transaction has let go of everything that was read, names included.
        partnerships.forget_directory(standing().partnership_id)
        if overtaken is not None and isinstance(refusal, Clash):
            overtaken()
        else:
            form.put_error(None, str(refusal))
        g.refused = True
        return None
    return redirect(done.result, 303)


def keep_page(case: Case, page_code: str, *, back: str, empty: bool = False, **values: Any) -> Response:
    """Keep a page about a case while it is being written. back: the page's endpoint."""
    draft_page = drafting.CasePage(case, page_code, viewer())
    return keep_draft(draft_page, drafting.sent_fields(), back=case_url(case, back, **values), empty=empty)


def keep_draft(draft_page: DraftPage, fields: Fields, *, back: str, empty: bool = False) -> Response:
    """Keep a page that is being written, as the page itself asks every few seconds: says until when it is kept.

    Somebody who pressed the button that forgets the draft is led to the page again, at `back`.
    """
    if (answer := drafting.refused(fields)) is not None:
        return answer
    forget = request.form.get("then") == "forget"
    with transaction(hold=(draft_page.held,)):
        if forget or empty or not fields:
            draft_page.discard()
        else:
            draft_page.keep(fields)
            return Response(long_date(kept_until(clock.now())), mimetype="text/plain")
    return current_app.make_response(redirect(back, 303)) if forget else Response(status=204)


def keep_refused(draft_page: DraftPage, may: Callable[[], bool], fields: Fields | None = None) -> None:
    """Keep what was sent with a form that is shown again instead of carried out: whoever leaves its page loses nothing.

    may: whether it would be kept while it is written, asked once its record is held.
    """
    fields = drafting.sent_fields() if fields is None else fields
    if request.method == "POST" and fields and drafting.refused(fields) is None:
        with transaction(hold=(draft_page.held,)):
            if may():
                draft_page.keep(fields)


class Saved(Protocol):
    """A draft, as far as its page speaks of it."""

    @property
    def saved_at(self) -> datetime:
        """When it was last kept."""


def begun(draft: Saved | None) -> dict[str, Any]:
    """What a page says about the draft that it holds."""
    if draft is None:
        return {"begun_at": None, "removed_on": None}
    return {"begun_at": draft.saved_at, "removed_on": kept_until(draft.saved_at)}
