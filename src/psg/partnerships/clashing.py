"""What somebody is told whose page was overtaken: who saved the other version, and when."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psg import clock
from psg.access import viewer
from psg.audit import queries as trail
from psg.audit.events import Event
from psg.partnerships.queries import directory
from psg.web.forms import Form
from psg.web.words import date_and_time, time_of_day

SOMEBODY = "Somebody else"


def tell(
    form: Form,
    partnership_id: uuid.UUID | None,
    change: tuple[uuid.UUID | None, datetime] | None,
    *,
    did: str = "saved this",
    then: str = "Compare the two versions, then save yours if it still holds",
) -> str:
    """Put the sentence about a clash on a form, in place of whatever it said; gives the name for beside the fields."""
    form.form_errors.clear()
    when = f" {moment(change[1])}" if change is not None else ""
    if change is not None and change[0] == viewer().user_id:
        form.put_error(None, f"You {did}{when} in another window. {then}")
        return "you"
    name = _name(partnership_id, change[0]) if change is not None else SOMEBODY
    form.put_error(None, f"{name} {did}{when}, while you were working on it. {then}")
    return name


def show(
    form: Form,
    record: Any,
    *,
    theirs: Mapping[str, str],
    version: int,
    events: Sequence[Event] = (),
    did: str = "saved this",
) -> int:
    """Make a form a clash page about a record: who changed it and when, and both versions. Gives the status.

    events: the kinds of change that count, for a record of which only some fields stand on the form.
    """
    change = trail.last_change(record, events=events)
    name = tell(form, getattr(record, "partnership_id", None), change, did=did)
    form.show_clash(by=name, theirs=theirs, version=version)
    return 409


def moment(at: datetime) -> str:
    """As in "at 10:42am", or "on Tuesday 8 December at 10:42am" when that was not today."""
    if clock.local(at).date() == clock.today():
        return f"at {time_of_day(at)}"
    return f"on {date_and_time(at)}"


def _name(partnership_id: uuid.UUID | None, user_id: uuid.UUID | None) -> str:
    if user_id is None:
        return "PSG itself"
    return directory(partnership_id).user(user_id) if partnership_id else SOMEBODY
