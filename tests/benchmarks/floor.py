"""The bare floor: Flask, the raw driver with its pool and one plain template; no sign-in, sealing, rules or audit.

It is what a page of the same 50 rows costs whoever leaves all of that out: a pooled connection with a transaction
around the one query, as the driver's pool gives it, and Flask's own `render_template`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask, render_template, request
from flask.testing import FlaskClient
from jinja2 import DictLoader
from psycopg_pool import ConnectionPool
from sqlalchemy.engine import make_url

LIST = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Cases</title>
<link rel="stylesheet" href="/a.css"></head><body><header>PSG</header><main><h1>Cases</h1>
<form><input name="q"><select name="state"><option>open</option><option>closed</option></select>
<button>Filter</button></form>
<table><thead><tr><th>Reference</th><th>Title</th><th>Place</th><th>Summary</th><th>State</th><th>Band</th>
<th>Lead</th><th>Review</th></tr></thead><tbody>
{% for id, ref, title, place, summary, state, band, who, review in rows %}
<tr><td><a href="/case/{{ id }}">{{ ref }}</a></td><td>{{ title }}</td><td>{{ place }}</td><td>{{ summary }}</td>
<td><strong class="tag">{{ state }}</strong></td><td>{{ band }}</td><td>{{ who }}</td><td>{{ review }}</td></tr>
{% endfor %}
</tbody></table></main></body></html>"""

_QUERY = """select c.id, c.reference, p.title, p.place, p.summary, c.state, c.band, u.last_name, c.review_on
from cases c join plain_cases p on p.id = c.id join users u on u.id = c.lead_officer_id
where c.partnership_id = %s and c.state = 'open' order by c.review_on, c.id limit 50"""


def connect(url: str) -> psycopg.Connection[Any]:
    """The raw driver, on the same database."""
    address = make_url(url).set(drivername="postgresql", query={})
    return psycopg.connect(address.render_as_string(hide_password=False))


def make_plain(url: str) -> None:
    """The same words unsealed, beside the sealed ones, for the floor to read."""
    with connect(url) as connection:
        connection.execute(
            "create table plain_cases as select id, repeat('noise street ', 4) as title, repeat('verge ', 5) as place, "
            "repeat('gathering verge ', 20) as summary from cases"
        )
        connection.execute("create unique index on plain_cases (id)")
        connection.execute("analyze plain_cases")


@contextmanager
def pool(url: str) -> Iterator[ConnectionPool]:
    """The driver's own pool, on the same database."""
    with make_pool(url) as connections:
        yield connections


def make_pool(url: str) -> ConnectionPool:
    """The same, for a server that never closes it."""
    address = make_url(url).set(drivername="postgresql", query={})
    return ConnectionPool(address.render_as_string(hide_password=False), min_size=4, max_size=4, open=True)


def make_app(connections: ConnectionPool) -> Flask:
    """The floor itself: 50 open cases of the partnership that the address names."""
    app = Flask("floor")
    app.jinja_loader = DictLoader({"list.html": LIST})  # type: ignore[assignment]  # Flask says FileSystemLoader

    @app.get("/")
    def index() -> str:
        with connections.connection() as connection:
            rows = connection.execute(_QUERY, (request.args.get("partnership"),)).fetchall()
        return render_template("list.html", rows=rows)

    return app


def list_floor(connections: ConnectionPool, partnership_id: Any) -> Callable[[], None]:
    """A client that asks the floor for 50 cases."""
    client: FlaskClient = make_app(connections).test_client()
    address = f"/?partnership={partnership_id}"

    def ask() -> None:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.text.count("<tr>") >= 50

    return ask
