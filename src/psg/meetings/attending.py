"""The form of who came: a line for everybody invited, and one press for a meeting at which nobody is missing."""

import uuid
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from psg import clock
from psg.meetings.models import Attendance, Meeting
from psg.meetings.recording import Presence
from psg.meetings.rules import Attended, has_come
from psg.meetings.words import ATTENDED_WORDS, EXPECTED_WORDS
from psg.partnerships.queries import Member
from psg.web.fields import ChoiceField, TextField, option
from psg.web.forms import Form


def attendance_form(members: Sequence[Member], rows: Iterable[Attendance], meeting: Meeting) -> Any:
    """A form with radios and a deputy's name for each member. Its class is made for the members of this group.

    Before the day it offers what can be said beforehand: apologies and deputies.
    """
    came = {row.user_id: row for row in rows}
    fields: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for number, member in enumerate(members, start=1):
        fields[f"came_{number}"] = ChoiceField(
            f"How {member.name} came",
            inline=True,
            choices=[option(value, word) for value, word in _words(meeting).items()],
            coerce=Attended,
        )
        fields[f"deputy_{number}"] = TextField(f"Deputy for {member.name}", max=120)
        if member.user_id in came:
            given[f"came_{number}"] = came[member.user_id].attended
            given[f"deputy_{number}"] = came[member.user_id].deputy
    made: type[Form] = type("AttendanceForm", (Form,), fields)
    form = made(**given)
    if form.fresh:
        form.version.data = meeting.version
    return form


def presences(form: Any, members: Sequence[Member], meeting: Meeting) -> dict[uuid.UUID, Presence] | None:
    """Who came, from a form that was found right; people without an answer are left out.

    The name of a deputy alone means that the deputy came. None, with the errors added, when a name stands beside an
    answer that has no deputy: it would be lost.
    """
    found: dict[uuid.UUID, Presence] = {}
    right = True
    for number, member in enumerate(members, start=1):
        attended, deputy = form[f"came_{number}"].data, form[f"deputy_{number}"].data or ""
        if deputy and attended not in (None, Attended.DEPUTY):
            wanted = _words(meeting)[Attended.DEPUTY]
            form.put_error(f"deputy_{number}", f"Select {wanted} for {member.name}, or leave the name empty")
            right = False
        elif attended is not None or deputy:
            found[member.user_id] = Presence(member.agency_id, attended or Attended.DEPUTY, deputy)
    return found if right else None


def _words(meeting: Meeting) -> Mapping[Attended, str]:
    return ATTENDED_WORDS if has_come(meeting.held_on, clock.today()) else EXPECTED_WORDS


def with_the_rest(
    came: Mapping[uuid.UUID, Presence],
    members: Sequence[Member],
    rows: Iterable[Attendance],
    guests: Container[uuid.UUID],
    signed: Container[uuid.UUID],
) -> dict[uuid.UUID, Presence]:
    """The same with everybody as here who has no answer yet, neither now nor saved before.

    Apologies and deputies stay as they are. Guests come for one item, and whose agency has not signed may hear none, so
    each of these is marked by name.
    """
    answered = {row.user_id for row in rows} | set(came)
    rest = [
        member
        for member in members
        if member.user_id not in answered and member.user_id not in guests and member.agency_id in signed
    ]
    return {**came, **{member.user_id: Presence(member.agency_id, Attended.HERE) for member in rest}}


def news(came: Mapping[uuid.UUID, Presence], rows: Iterable[Attendance]) -> dict[uuid.UUID, Presence]:
    """What differs from what is saved."""
    saved = {row.user_id: Presence(row.agency_id, row.attended, row.deputy) for row in rows}
    return {user_id: presence for user_id, presence in came.items() if saved.get(user_id) != presence}
