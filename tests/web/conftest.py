"""A tiny application with nothing but the web kit."""

from __future__ import annotations

import jinja2
import pytest
from flask import Flask, flash, redirect, render_template_string, request
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from psg import web
from psg.paths import TEMPLATES
from psg.web.nav import Nav, NavItem, NavPartnership, NavUser

from .sample import Sample

PAGE = """{% extends "layouts/page.html" %}{% import "components/forms.html" as forms %}
{% block title %}Add a note{% endblock %}
{% block main %}<h1 class="govuk-heading-l">Add a note</h1>
{% call forms.form(form) %}
{% for field in form.questions() %}{{ field() }}{% endfor %}{{ forms.button("Save") }}
{% endcall %}
{% endblock %}"""


def build_nav() -> Nav:
    if request.path == "/broken-nav":
        raise ZeroDivisionError
    if "signed-out" in request.args:
        return Nav()
    return Nav(
        items=(NavItem(text="My work", href="/my-work", badge=2), NavItem(text="Cases", href="/cases", current=True)),
        partnership=NavPartnership(name="East", slug="east", colour=2),
        others=(NavPartnership(name="West", slug="west"),),
        user=NavUser(name="P Nair", agency="Reedmere Homes"),
        find=True,
        session_seconds=1800,
    )


def make_app() -> Flask:
    app = Flask("kit", template_folder=str(TEMPLATES), static_folder=None)
    app.secret_key = "for tests of the kit only"
    app.jinja_options = {"undefined": jinja2.StrictUndefined}
    web.init_app(app, https=False, build_nav=build_nav, max_body=200_000)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> tuple[str, int] | Response:
        sample = Sample()
        if request.method == "GET":
            return render_template_string(PAGE, form=sample), 200
        if sample.validate():
            flash("Note saved at 10:42am.")
            return redirect("/form", 303)
        return render_template_string(PAGE, form=sample), 422

    @app.route("/boom", methods=["GET", "POST"])
    def boom() -> str:
        return str(1 // len(""))

    @app.route("/busy", methods=["POST"])
    def busy() -> str:
        raise OperationalError("select 1", {}, Exception("the database is away"))

    @app.get("/only-read")
    def only_read() -> str:
        return "read"

    @app.get("/broken-nav")
    def broken_nav() -> str:
        return render_template_string(PAGE, form=Sample())

    return app


@pytest.fixture
def app() -> Flask:
    app = make_app()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
