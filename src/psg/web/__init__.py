"""The web kit: forms, fields, words, error pages, headers, assets. Knows nothing of cases or people."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from psg.web import addresses, assets, errors, headers, kept, nav, requests, stencil, words
from psg.web.forms import WHO


def init_app(
    app: Flask,
    *,
    https: bool,
    build_nav: Callable[[], nav.Nav] | None = None,
    who: Callable[[], uuid.UUID | None] = lambda: None,
    find_kept: Callable[[], kept.Kept | None] = lambda: None,
    max_body: int = requests.MAX_BODY,
) -> None:
    """Set the kit up on an application.

    https: whether people reach it over TLS. build_nav: makes the frame of a page for the person signed in.
    who: the id of the person signed in, for idempotency keys.
    find_kept: the late post that this page is opened for.
    """
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.template_class = stencil.SharedModules
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions[WHO] = who
    app.extensions[kept.EXTENSION] = find_kept
    # A token lasts as long as its session. The referrer check is replaced by Sec-Fetch-Site, because our own pages
    # send no referrer.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.config["WTF_I18N_ENABLED"] = False
    CSRFProtect(app)
    addresses.init_app(app)
    requests.init_app(app, max_body=max_body)
    headers.init_app(app, https=https)
    assets.init_app(app)
    words.init_app(app)
    nav.init_app(app, build_nav)
    errors.init_app(app)
