"""What features above partnerships tell these pages; the application connects them, one visible line each."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from psg.partnerships.models import Group

open_work: list[Callable[[uuid.UUID, uuid.UUID], int]] = []
"""Each gives how many open things a person (partnership, user) still owns, for the page that suspends them."""


@dataclass(frozen=True)
class SetUpPage:
    """A page of a group's set-up that a feature above has: its endpoint takes `partnership` and `group`.

    state: what has been set there, as in "18 sections"; "" while it is still to do. None where there is nothing to do.
    """

    endpoint: str
    title: str
    hint: str
    state: Callable[[Group], str] | None = None


set_up_pages: list[SetUpPage] = []
"""In the order in which they are offered."""


@dataclass(frozen=True)
class SetUpTask:
    """A line of a group's set-up."""

    title: str
    hint: str
    href: str
    state: str | None
    """As the page says it of this group."""


def open_things(partnership_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """How many open things a person owns in a partnership."""
    return sum(count(partnership_id, user_id) for count in open_work)


def set_up_tasks(slug: str, group: Group) -> list[SetUpTask]:
    """The set-up pages of features above, each with what has been set there."""
    return [
        SetUpTask(
            one.title,
            one.hint,
            url_for(one.endpoint, partnership=slug, group=group.slug),
            one.state(group) if one.state else None,
        )
        for one in set_up_pages
    ]
