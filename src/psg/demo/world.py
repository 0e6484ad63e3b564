"""Who and what of the content has been made: names of the content on one side, records on the other."""

import uuid
from dataclasses import dataclass, field

from psg.access import Standing, Viewer
from psg.access.viewer import Standings
from psg.accounts.models import User
from psg.db import db
from psg.demo.reading import Content, Row
from psg.demo.timing import Calendar
from psg.partnerships.models import Group
from psg.settings import Settings


@dataclass
class World:
    """What the steps share."""

    content: Content
    calendar: Calendar
    settings: Settings
    partnerships: dict[str, uuid.UUID] = field(default_factory=dict)
    agencies: dict[str, uuid.UUID] = field(default_factory=dict)
    groups: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)
    """By partnership and group."""
    users: dict[str, uuid.UUID] = field(default_factory=dict)
    cases: dict[str, uuid.UUID] = field(default_factory=dict)
    case_rows: dict[uuid.UUID, Row] = field(default_factory=dict)
    """The content of a case by its id."""
    _viewers: dict[str, Viewer] = field(default_factory=dict)

    def user_row(self, key: str) -> Row:
        """The content of a user."""
        return next(row for row in self.content.users if row["key"] == key)

    def viewer(self, key: str) -> Viewer:
        """A person as the rules see them; looked up again once roles or signatures have changed."""
        known = self._viewers.get(key)
        if known is not None:
            return known
        user = db.session.get_one(User, self.users[key])
        viewer = Viewer(
            user_id=user.id,
            first_name=user.first_name,
            name=user.name,
            email=user.email,
            is_system_administrator=user.is_system_administrator,
            standings=Standings.look_up(user.id),
        )
        self._viewers[key] = viewer
        return viewer

    def forget_viewers(self) -> None:
        """Roles or signatures have changed."""
        self._viewers.clear()

    def place(self, key: str, slug: str) -> Standing:
        """A person's place in a partnership."""
        place = self.viewer(key).standing(self.partnerships[slug])
        if place is None:
            raise LookupError(f"{key} has no place in {slug}")
        return place

    def group(self, slug: str, group: str) -> Group:
        """A group of a partnership."""
        return db.session.get_one(Group, (self.partnerships[slug], self.groups[slug, group]))

    def coordinator(self, slug: str) -> str:
        """The coordinator's key in the content."""
        return next(
            str(row["key"])
            for row in self.content.users
            if {"partnership": slug, "role": "coordinator"} in [dict(role) for role in row["roles"]]
        )

    def owner(self, key: str) -> tuple[uuid.UUID | None, uuid.UUID]:
        """The person (None for an agency's own to give out) and agency that an action's owner means."""
        if key in self.agencies:
            return None, self.agencies[key]
        return self.users[key], self.agencies[self.user_row(key)["agency"]]
