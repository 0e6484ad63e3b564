"""Everything that changes meetings. Called inside `transaction()`; each writes its audit event and commits nothing."""

from psg.meetings.arranging import arrange, ask_for, move, move_to, park, put_on, set_minutes, take_off
from psg.meetings.effects import OUTSIDE, Decision, Incomplete
from psg.meetings.planning import (
    StandingLine,
    add_meeting,
    cancel_meeting,
    change_meeting,
    plan_meetings,
    set_series,
    set_standing_agenda,
)
from psg.meetings.publishing import Published, publish
from psg.meetings.recording import (
    Presence,
    add_addendum,
    agree_minutes,
    check_day,
    correct_agreed,
    end_meeting,
    read_statement,
    record_attendance,
    record_note,
    record_outcome,
)
from psg.meetings.recurrence import Rhythm

__all__ = [
    "OUTSIDE",
    "Decision",
    "Incomplete",
    "Presence",
    "Published",
    "Rhythm",
    "StandingLine",
    "add_addendum",
    "add_meeting",
    "agree_minutes",
    "arrange",
    "ask_for",
    "cancel_meeting",
    "change_meeting",
    "check_day",
    "correct_agreed",
    "end_meeting",
    "move",
    "move_to",
    "park",
    "plan_meetings",
    "publish",
    "put_on",
    "read_statement",
    "record_attendance",
    "record_note",
    "record_outcome",
    "set_minutes",
    "set_series",
    "set_standing_agenda",
    "take_off",
]
