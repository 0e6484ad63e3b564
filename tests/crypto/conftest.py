"""A key folder, and an application with nothing but a database and keys."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.engine import make_url

import psg.partnerships.models
from psg import clock
from psg.crypto import Keyring, datakeys, install
from psg.crypto.keymaking import add_partnership, init_installation, init_root
from psg.db import Model, db, init_app, transaction
from psg.ids import new_id
from tests.conftest import PREFIX, SUPERUSER, _postgres_or_skip
from tests.crypto.samples import Folder, SampleBase


@dataclass(frozen=True)
class Places:
    keys: Path
    root_key_file: Path | None = None


@pytest.fixture
def places(tmp_path) -> Places:
    """A finished key folder without partnerships."""
    made = Places(tmp_path / "keys")
    init_root(made)
    init_installation(made)
    return made


@pytest.fixture
def here() -> uuid.UUID:
    return uuid.UUID("018f3c1e-0000-7000-8000-000000000001")


@pytest.fixture
def there() -> uuid.UUID:
    return uuid.UUID("018f3c1e-0000-7000-8000-000000000002")


@pytest.fixture
def ring(places, here, there) -> Keyring:
    """Keys of two partnerships."""
    add_partnership(places, here)
    add_partnership(places, there)
    return Keyring.open(places)


@pytest.fixture
def database_url(database, tmp_path):
    """An empty database: on SQLite, or for tests marked `on_both` on PostgreSQL too."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'samples.sqlite'}"
        return
    _postgres_or_skip()
    name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
    with psycopg.connect(SUPERUSER, autocommit=True) as server:
        server.execute(f'create database "{name}"')
        yield (
            make_url(SUPERUSER)
            .set(drivername="postgresql+psycopg", database=name)
            .render_as_string(hide_password=False)
        )
        server.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def app(database_url, ring, here, there):
    """An application with nothing but a database and keys, in its context, with both partnerships."""
    application = Flask("samples")
    application.config["SQLALCHEMY_DATABASE_URI"] = database_url
    init_app(application)
    install(application, ring)
    with application.app_context():
        partnerships = psg.partnerships.models.Partnership.__table__
        Model.metadata.create_all(db.engine, tables=[partnerships, datakeys.DataKey.__table__])
        SampleBase.metadata.create_all(db.engine)
        with transaction():
            for number, partnership_id in enumerate((here, there)):
                values = {"id": partnership_id, "slug": f"p{number}", "name": f"P{number}", "prefix": f"P{number}"}
                db.session.connection().execute(insert(partnerships).values(**values, created_at=clock.now()))
        yield application
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def folder(app, here):
    """Makes a saved folder with a data key of its own."""

    def make(partnership_id=here, **values) -> Folder:
        with transaction():
            owner_id = new_id()
            datakeys.create(partnership_id, owner_id, datakeys.CASE)
            made = Folder(partnership_id=partnership_id, id=owner_id, **values)
            db.session.add(made)
        return made

    return make


@pytest.fixture
def fresh(app):
    """Forgets the session and every opened key, as another process or a later request would."""

    def forget() -> None:
        db.session.remove()
        ring = app.extensions["psg.keyring"]
        ring.data_keys = type(ring.data_keys)()

    return forget
