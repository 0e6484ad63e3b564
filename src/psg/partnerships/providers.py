"""What features above partnerships tell these pages; the application connects them, one visible line each."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, url_for

from psg.partnerships.models import Group

open_work: list[Callable[[uuid.UUID, uuid.UUID], int]] = []
"""Each gives how many open things a person (partnership, user) still owns, for the page that suspends them."""


@dataclass(frozen=True)
class SetUpPage:
    """A page of a group's set-up that a feature above has: its endpoint takes `partnership` and `group`."""

    endpoint: str
    title: str
    hint: str


set_up_pages: list[SetUpPage] = [
    SetUpPage("meetings.standing_agenda", "Standing agenda", "The fixed items of every agenda, in order"),
    SetUpPage("meetings.series", "Dates", "How often, when and where the group meets"),
    SetUpPage("setup.group_file", "Set-up file", "Everything above as a file to keep or to load elsewhere"),
]
"""Named, not imported: a page whose feature is not there is not offered."""


def open_things(partnership_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """How many open things a person owns in a partnership."""
    return sum(count(partnership_id, user_id) for count in open_work)


def set_up_links(slug: str, group: Group) -> list[tuple[SetUpPage, str]]:
    """The set-up pages of features above, with their addresses."""
    return [
        (page, url_for(page.endpoint, partnership=slug, group=group.slug))
        for page in set_up_pages
        if page.endpoint in current_app.view_functions
    ]
