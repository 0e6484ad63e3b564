"""One way to save a form: what the rules refuse becomes an error on the same page, with everything typed kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import flash, g, redirect
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as Answer

from psg.db import AlreadyDone, Clash, DomainError, transaction
from psg.partnerships import clashing
from psg.web.forms import Form
from psg.web.words import full_date


def save(
    form: Form,
    change: Callable[[], str | None],
    *,
    to: str,
    done: str = "",
    hold: Sequence[Any] = (),
    values: Callable[[], Mapping[str, Any]] | None = None,
) -> Answer | None:
    """Run `change` in one transaction when the form was sent and is right; None when its page is to be shown (again).

    change: may give the address to go to; else the browser goes to `to`. done: the sentence shown there.
    hold: the record that was edited first; the version in the form must still be its version.
    values: the answers as they are saved now, for the clash page.
    """
    if not form.validate_on_submit():
        return None
    try:
        with transaction(once=form.once_key(), hold=hold) as change_made:
            _check_version(form, hold)
            change_made.result = change() or to
    except AlreadyDone as first:
        return redirect(first.location or to, 303)
    except (Clash, IntegrityError):
        _forget_what_was_read()
        _show_clash(form, hold, values)
        return None
    except DomainError as problem:
        _forget_what_was_read()
        form.put_error(None, str(problem))
        return None
    if done:
        flash(done)
    return redirect(change_made.result, 303)


def status_of(form: Form) -> int:
    """The status of the page that shows this form: 409 for a clash, 422 for an error, 200 when it was not sent."""
    if form.theirs_by:
        return 409
    return 422 if form.is_submitted() else 200


def _check_version(form: Form, hold: Sequence[Any]) -> None:
    if hold and form.of_a_record:
        form.require_version(hold[0].version)


def _show_clash(form: Form, hold: Sequence[Any], values: Callable[[], Mapping[str, Any]] | None) -> None:
    theirs: dict[str, str] = {}
    if values is not None:
        saved = type(form)(formdata=None, **values())
        theirs = {
            field.short_name: _words(form[field.short_name], field.data)
            for field in saved.questions()
            if field.data != form[field.short_name].data
        }
    version = getattr(hold[0], "version", None) if hold else None
    if hold:
        clashing.show(form, hold[0], theirs=theirs, version=version if version is not None else 0)
        return
    name = clashing.tell(form, None, None)
    form.show_clash(by=name, theirs=theirs, version=0)


def _forget_what_was_read() -> None:
    """A failed transaction lets go of every record that was read, so names are read afresh."""
    for name in ("psg_directory", "psg_nav"):
        g.pop(name, None)


def _words(field: Any, value: Any) -> str:
    """A saved answer as the clash page shows it: a choice by its label, a date in words."""
    if isinstance(value, date):
        return full_date(value)
    labels = {str(choice.value): choice.label for choice in getattr(field, "choices", ())}
    return str(labels.get(str(value), "" if value is None else value))
