"""The whole application, assembled on one screen."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask
from flask_login import LoginManager, current_user
from werkzeug.middleware.proxy_fix import ProxyFix

from psg import __version__, access, audit, crypto, db, logs, paths, settings, web, wiring
from psg.access import guard
from psg.accounts import kept, sessions
from psg.accounts.routes import ask_to_sign_in


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function of ours is a coroutine; Flask would look at some twenty of them for each page."""
        return func


def create_app(values: settings.Settings | None = None, *, more: Iterable[Blueprint] = ()) -> Flask:
    """Build the application; raises SettingsError or KeyProblem with everything that stands in the way.

    more: pages of something that stands above the application, such as the demonstration.
    """
    values = values or settings.load()
    app = _Application("psg", template_folder=str(paths.TEMPLATES), static_folder=None)
    app.extensions["psg.settings"] = values
    logs.init_app(app, values.log_level)

    keys = crypto.Keyring.open(values)
    crypto.install(app, keys)
    app.config.update(
        DEBUG=False,  # whatever FLASK_DEBUG says: a debugger on a page would run anybody's code
        SECRET_KEY=keys.app_secret("flask").hex(),
        SQLALCHEMY_DATABASE_URI=values.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(values.database_url),
        TRUSTED_HOSTS=[values.host.rsplit(":", 1)[0], "localhost", "127.0.0.1"],
        SESSION_COOKIE_SECURE=True,
        VERSION=__version__,
    )
    db.init_app(app)
    audit.init_app(app)

    sessions.init_app(app)
    login = LoginManager(app)
    login.session_protection = None  # our own sessions table says who is signed in
    login.request_loader(wiring.viewer_of_request)
    login.unauthorized_handler(ask_to_sign_in)

    guard.init_app(app)  # before the form token is checked, so that a timed-out form can be kept
    web.init_app(
        app,
        https=values.https,
        build_nav=wiring.navigation,
        who=lambda: current_user.user_id if current_user.is_authenticated else None,
        find_kept=kept.for_this_page,
    )
    # Working pages of a case that was erased: there is nothing left to work on.
    app.register_error_handler(crypto.Erased, lambda _: web.errors.render(404))
    wiring.connect(app)
    for blueprint in (*wiring.blueprints(), *more):
        app.register_blueprint(blueprint)
    access.guard.check_declared(app)

    if values.proxy_hops:
        hops = values.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    logging.getLogger("psg").info("ready")
    return app
