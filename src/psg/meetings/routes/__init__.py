"""Pages of meetings: reading, planning, building the agenda, running the meeting, minutes."""

from flask import Blueprint

bp = Blueprint("meetings", __name__)

from psg.meetings.routes import building, guests, minutes, pages, planning, running, standing  # noqa: E402 - they need bp

__all__ = ["bp", "building", "guests", "minutes", "pages", "planning", "running", "standing"]
