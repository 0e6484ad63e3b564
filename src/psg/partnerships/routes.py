"""The partnership's own pages: its home, people, agencies, groups, lists and settings."""

from psg.partnerships import (
    agency_pages,
    group_pages,
    home_pages,
    joining_pages,
    list_pages,
    people_pages,
    reminder_pages,
    role_pages,
    set_up_pages,
)
from psg.partnerships.blueprint import bp

PAGES = (
    agency_pages,
    group_pages,
    home_pages,
    joining_pages,
    list_pages,
    people_pages,
    reminder_pages,
    role_pages,
    set_up_pages,
)
"""The modules whose views stand on the blueprint."""

__all__ = ["PAGES", "bp"]
