"""What the pages of cases share: their addresses, how a form is carried out, and how a page is shown and audited."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, g, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from psg import clock
from psg.access import page, standing, viewer
from psg.audit import Event
from psg.cases.models import Case
from psg.cases.tabs import case_tabs, case_tag, has_page
from psg.db import AlreadyDone, DomainError, Model, transaction
from psg.partnerships import queries as partnerships
from psg.partnerships.queries import Directory
from psg.web.forms import Form

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


def case_url(case: Case, endpoint: str = "casefile.show", **values: Any) -> str:
    """The address of a page of a case."""
    return url_for(endpoint, partnership=standing().slug, reference=case.reference, **values)


def show(template: str, case: Case | None, *, form: Form | None = None, **context: Any) -> Response:
    """A page with case text: audited as a look at the case, marked, with 422 when its form has errors and 409 when
    the rules refused what it asked for."""
    wrong = 409 if g.get("refused") else 422
    status = context.pop("status", wrong if form is not None and form.error_summary() else 200)
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


def carry_out(form: Form, change: Callable[[], str], *, hold: Sequence[Model] = ()) -> AnyResponse | None:
    """Make a change that ends at an address. None when the rules refused it, or somebody
    else came first: then the form says why. The same form sent twice leads to where its first sending led."""
    try:
        with transaction(hold=hold, once=form.once_key()) as done:
            done.result = change()
    except AlreadyDone as first:
        return redirect(first.location, 303)
    except DomainError as refusal:
        # The failed transaction has let go of everything that was read, names included.
        partnerships.forget_directory(standing().partnership_id)
        form.put_error(None, str(refusal))
        g.refused = True
        return None
    return redirect(done.result, 303)


def say_clash(form: Form, *, by: str, theirs: dict[str, str], version: int) -> int:
    """Show what somebody else saved beside what was typed; gives the status."""
    form.show_clash(by=by, theirs=theirs, version=version)
    form.put_error(None, f"{by} saved this before you did. Compare the two versions, then save yours")
    return 409


def stale(form: Form, version: int) -> bool:
    """Whether the form was filled from another version than the one in force."""
    return form.version.data is not None and form.version.data != version
