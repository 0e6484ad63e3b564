"""Where features meet: every call from a lower feature to a higher one is connected here, one visible line each."""

import importlib
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Flask, Request, Response, make_response, render_template
from flask_login import current_user

from psg.access import Viewer
from psg.access.roles import Role
from psg.access.viewer import Standing, Standings
from psg.accounts import operations as accounts
from psg.accounts import sessions
from psg.accounts.models import User
from psg.agreements import queries as agreements
from psg.db import db
from psg.partnerships import operations as partnerships
from psg.partnerships import queries as partnership_queries
from psg.web.nav import SIGNED_OUT, Nav

FEATURES = (
    "accounts",
    "partnerships",
    "agreements",
    "cases",
    "risk",
    "actions",
    "meetings",
    "casefile",
    "worklist",
    "oversight",
    "setup",
)
"""Features that have pages."""


def blueprints() -> Iterator[Blueprint]:
    """Every feature's pages."""
    for name in FEATURES:
        try:
            yield importlib.import_module(f"psg.{name}.routes").bp
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("psg."):
                raise


def viewer_of_request(_request: Request) -> Viewer | None:
    """The signed-in person of this request, with their places read afresh."""
    session = sessions.current()
    return viewer_from(session.user) if session else None


def viewer_from(user: User) -> Viewer:
    """A person as the rules see them."""
    return Viewer(
        user_id=user.id,
        first_name=user.first_name,
        name=user.name,
        email=user.email,
        is_system_administrator=user.is_system_administrator,
        standings=Standings.look_up(user.id),
    )


def viewer_of(user_id: uuid.UUID) -> Viewer | None:
    """The person with an id as the rules see them now; None for no such account."""
    user = db.session.get(User, user_id)
    return viewer_from(user) if user else None


def navigation() -> Nav:
    """The frame of a page for the person signed in."""
    if not current_user.is_authenticated:
        return SIGNED_OUT
    from psg.worklist.navigation import build

    return build()


def connect(app: Flask) -> None:
    """Connect features that must not import each other."""
    Standings.look_up = staticmethod(agreements.standings_of)
    app.extensions["psg.agreement_needed"] = _agreement_needed
    if _open_memberships not in accounts.on_activation:
        accounts.on_activation.append(_open_memberships)


def _open_memberships(user_id: uuid.UUID) -> None:
    person = viewer_of(user_id)
    if person is not None:
        partnerships.activate_memberships(user_id, by=person)


def _agreement_needed(place: Standing) -> Response:
    return make_response(render_template("agreements/needed.html", place=place), 403)


_LATER: tuple[Any, ...] = (Role, date, partnership_queries)
