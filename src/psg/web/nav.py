"""What the frame of a page needs to know. Built once a request by the application, drawn by layouts/page.html."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, current_app, g, has_request_context
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from psg import clock
from psg.web.requests import request_id
from psg.web.stencil import draw
from psg.web.words import full_date, time_of_day

BUILDER = "psg.web.nav"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One link of the navigation. `badge` is a number of things due, 0 for none."""

    text: str
    href: str
    current: bool = False
    badge: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NavPartnership:
    """The partnership a page belongs to, or another one to switch to. `colour` is 1 to 6."""

    name: str
    slug: str
    colour: int = 1
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavUser:
    """The person signed in; `agency` is for the foot of a print."""

    name: str
    agency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nav:
    """The frame around a page. The empty one is a signed-out page's.

    session_seconds: how long the session lasts without another request; None when nobody is signed in.
    """

    items: tuple[NavItem, ...] = ()
    partnership: NavPartnership | None = None
    others: tuple[NavPartnership, ...] = ()
    user: NavUser | None = None
    find: bool = False
    session_seconds: int | None = None
    home: str = "/"


SIGNED_OUT = Nav()
_STAND_IN = "\ue000token\ue001"
"""Stands for the form token in what is drawn once for many."""


def current() -> Nav:
    """This request's frame, built on first use."""
    if not has_request_context():
        return SIGNED_OUT
    if "psg_nav" not in g:
        g.psg_nav = current_app.extensions[BUILDER]()
    nav: Nav = g.psg_nav
    return nav


def top(nav: Nav, marking: str | None) -> Markup:
    """The head of a page: drawn once for each frame, with this session's token for the form that signs out."""
    drawn = _top(nav, marking)
    return drawn.replace(_STAND_IN, generate_csrf()) if nav.user else drawn


@lru_cache(maxsize=512)
def _top(nav: Nav, marking: str | None) -> Markup:
    return draw("layouts/top.html", "top", nav, marking, _STAND_IN)


def init_app(app: Flask, build: Callable[[], Nav] | None) -> None:
    """Give templates `nav`, `marking` and `request_id`; a view's own values win."""
    app.extensions[BUILDER] = build or (lambda: SIGNED_OUT)

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"nav": current(), "marking": None, "request_id": request_id()}

    app.jinja_env.globals.update(
        frame_top=top, printed_at=lambda: f"{full_date(clock.now())} at {time_of_day(clock.now())}"
    )
