"""Pages of meetings: reading, planning, building the agenda, running the meeting, minutes."""

from flask import Blueprint

bp = Blueprint("meetings", __name__)

from psg.meetings.routes import (  # noqa: E402 - they need bp
    building,
    guests,
    lines,
    minutes,
    pages,
    planning,
    running,
    standing,
    unrecorded,
)

__all__ = ["bp", "building", "guests", "lines", "minutes", "pages", "planning", "running", "standing", "unrecorded"]
