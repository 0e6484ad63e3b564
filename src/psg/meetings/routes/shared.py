"""What the pages of meetings share: the frame's values, kept text after a refusal, files."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as Answer

from psg import settings
from psg.access import standing, viewer
from psg.audit.queries import last_change
from psg.db import AlreadyDone, Clash, DomainError, transaction
from psg.meetings import answering, guests
from psg.meetings.clocks import cut_offs
from psg.meetings.effects import Incomplete
from psg.meetings.live import Workbench
from psg.meetings.models import GuestInvitation, Meeting, Series
from psg.meetings.presenting import Presenter
from psg.partnerships import clashing
from psg.partnerships.queries import GroupPlace, directory
from psg.web.forms import Form


def presenter() -> Presenter:
    """Names of this partnership, for reasons and people."""
    return Presenter(directory(standing().partnership_id))


def group_of(meeting: Meeting) -> GroupPlace:
    """The group of a meeting."""
    group = directory(meeting.partnership_id).group(meeting.group_id)
    if group is None:
        raise LookupError(f"meeting {meeting.id} has no group")
    return group


def address(endpoint: str, meeting: Meeting | None = None, *, anchor: str | None = None, **parts: Any) -> str:
    """The address of a page of this partnership."""
    if meeting is not None:
        parts["meeting_id"] = meeting.id
    return url_for(f"meetings.{endpoint}", partnership=standing().slug, _anchor=anchor, **parts)


def save(form: Form, held: Meeting | Series | GuestInvitation | None, change: Callable[[], str]) -> Answer | int:
    """Run a change as one transaction; give the redirect, or the status of the page that offers the text again.

    held: the record whose version the form carries; another version in the database is a clash.
    change: does it and gives the address to go on with. The form gets the sentence of whatever refused.
    """
    try:
        with transaction(hold=(held,) if held is not None else (), once=form.once_key()) as tx:
            if held is not None:
                form.require_version(held.version)
            tx.result = change()
    except AlreadyDone as done:
        return redirect(done.location, 303)
    except Incomplete as incomplete:
        for field, message in incomplete.missing.items():
            form.put_error(field, message)
        return 422
    except Clash as clash:
        form.put_error(None, str(clash))
        if held is not None:
            then = "This is how it stands now"
            clashing.tell(form, held.partnership_id, last_change(held), did="changed this", then=then)
            form.version.data = held.version  # sending it again replaces what was saved, knowingly
        return 409
    except DomainError as refused:
        form.put_error(refused.field if refused.field in form else None, str(refused))
        return 409
    return redirect(tx.result, 303)


def sent(form: Form, meeting: Meeting, change: Callable[[], str]) -> tuple[Answer | None, int]:
    """What comes of a form about a meeting: the redirect once it was sent and carried out; else None, and the status of
    the page that shows it. A form that is shown anew carries the meeting's version."""
    if form.fresh:
        form.version.data = meeting.version
    if not form.validate_on_submit():
        return None, 422 if form.is_submitted() else 200
    done = save(form, meeting, change)
    return (None, done) if isinstance(done, int) else (done, 303)


def download(content: bytes, kind: str, name: str) -> Response:
    """A file to keep. Nothing of it is cached."""
    answer = current_app.response_class(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def absolute(path: str) -> str:
    """A whole address, for files that leave the site."""
    return settings.current().base_url.rstrip("/") + path


def host() -> str:
    """The name of this site, for the ids of meetings in calendars."""
    return absolute("").split("//")[-1].split("/")[0]


def viewer_id() -> uuid.UUID:
    """The signed-in person's id."""
    return viewer().user_id


def bench_frame(meeting: Meeting, bench: Workbench) -> dict[str, Any]:
    """What the pages on which an agenda is arranged have in common."""
    group = group_of(meeting)
    invited = guests.by_case(meeting)
    return {
        "meeting": meeting,
        "group": group,
        "bench": bench,
        "agenda": bench.agenda,
        "cards": bench.cards,
        "present": presenter(),
        "dates": cut_offs(group, meeting.held_on),
        "guests": invited,
        "not_coming": answering.not_coming(meeting, {one.user_id for line in invited.values() for one in line}),
        "marking": standing().marking,
    }
