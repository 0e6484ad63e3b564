"""What sealing costs a list page: `python -m tests.crypto.measure` prints times and ratios of one interleaved run.

The bare floor opens 150 values of 50 rows under one key for the whole table, with no padding, no version, no key id.
"""

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from sqlalchemy import insert, select

from psg import clock
from psg.crypto import Keyring, datakeys, envelope, install, keymaking, open_rows, sealed
from psg.crypto.datakeys import DataKey
from psg.crypto.opened import OpenedKeys
from psg.db import Model, db, init_app, transaction
from psg.ids import new_id
from psg.partnerships.models import Partnership
from tests.crypto.conftest import Places
from tests.crypto.samples import SampleBase, _Row

NAMES = ("title", "what", "who")
WORDS = ("Noise and threats in Mill Road", "Reported by two neighbours since June; see the notes", "A neighbour")


class Listed(sealed.Sealed, _Row, SampleBase):
    """Three sealed texts a row, each row with a data key of its own."""

    __tablename__ = "listed"
    title = sealed.sealed_text()
    what = sealed.sealed_text()
    who = sealed.sealed_text()


def main() -> None:
    """Open a page's values in several ways, print the table."""
    with a_page() as ways:
        _measure(ways)


@contextmanager
def a_page() -> Iterator["Ways"]:
    """50 rows of three values each, in a database of their own."""
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder) / "keys")
        keymaking.init_root(places)
        keymaking.init_installation(places)
        partnership_id = new_id()
        keymaking.add_partnership(places, partnership_id)
        app = Flask("measure")
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder}/measure.sqlite"
        init_app(app)
        install(app, Keyring.open(places))
        with app.app_context():
            _fill(partnership_id)
            yield Ways(partnership_id, app.extensions["psg.keyring"])


def _fill(partnership_id: uuid.UUID) -> None:
    Model.metadata.create_all(db.engine, tables=[Partnership.__table__, DataKey.__table__])
    SampleBase.metadata.create_all(db.engine)
    with transaction():
        db.session.connection().execute(
            insert(Partnership.__table__).values(
                id=partnership_id, slug="a", name="a", prefix="A", created_at=clock.now()
            )
        )
        for _ in range(50):
            row_id = new_id()
            datakeys.create(partnership_id, row_id, datakeys.CASE)
            texts = dict(zip(NAMES, WORDS, strict=True))
            db.session.add(Listed(partnership_id=partnership_id, id=row_id, **texts))


class Ways:
    """The same 150 values, opened in several ways."""

    def __init__(self, partnership_id: uuid.UUID, ring: Keyring) -> None:
        self.partnership_id = partnership_id
        self.ring = ring
        columns = [getattr(Listed, name).column for name in NAMES]
        self.rows = [tuple(row) for row in db.session.execute(select(Listed.id, Listed.id, *columns))]
        wrapped = select(DataKey.id, DataKey.kind, DataKey.kek_id, DataKey.wrapped)
        self.keys = [tuple(row) for row in db.session.execute(wrapped)]
        self.objects = db.session.scalars(select(Listed)).all()
        self.table_key = AESGCM(os.urandom(32))
        self.labels = [f"listed:{name}:".encode() for name in NAMES]
        self.bare = [(row[0], self._bare(str(row[0]).encode())) for row in self.rows]

    def _bare(self, row_name: bytes) -> list[bytes]:
        nonces = [os.urandom(12) for _ in NAMES]
        cells = zip(self.labels, WORDS, nonces, strict=True)
        return [n + self.table_key.encrypt(n, words.encode(), label + row_name) for label, words, n in cells]

    def one_table_key(self) -> None:
        for row_id, blobs in self.bare:
            name = str(row_id).encode()
            for label, blob in zip(self.labels, blobs, strict=True):
                self.table_key.decrypt(blob[:12], blob[12:], label + name).decode()

    def same_session(self) -> None:
        open_rows(self.partnership_id, Listed, NAMES, self.rows)

    def keys_used_lately(self) -> None:
        db.session.info.pop("psg.datakeys", None)
        datakeys.adopt(self.partnership_id, self.keys)
        open_rows(self.partnership_id, Listed, NAMES, self.rows)

    def keys_never_seen(self) -> None:
        self.ring.data_keys = OpenedKeys()
        self.keys_used_lately()

    def with_key_query(self) -> None:
        db.session.info.pop("psg.datakeys", None)
        open_rows(self.partnership_id, Listed, NAMES, self.rows)

    def as_objects(self) -> None:
        db.session.info.pop("psg.datakeys", None)
        datakeys.adopt(self.partnership_id, self.keys)
        for record in self.objects:
            vars(record).pop("_psg_opened", None)
            _ = record.title, record.what, record.who

    def seal_150(self) -> None:
        row_id = self.rows[0][0]
        key = datakeys.get(self.partnership_id, row_id)
        where = envelope.place(self.partnership_id, "listed", "title_sealed")
        for _ in range(150):
            envelope.seal(key, where, row_id, *envelope.text_content(WORDS[0]))


def _measure(ways: Ways) -> None:
    _table(
        [
            ways.one_table_key,
            ways.same_session,
            ways.keys_used_lately,
            ways.keys_never_seen,
            ways.with_key_query,
            ways.as_objects,
            ways.seal_150,
        ]
    )


def _table(ways: list) -> None:
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(300):
        for way in ways:
            start = time.perf_counter()
            way()
            best[way] = min(best[way], time.perf_counter() - start)
    for way, seconds in best.items():
        click.echo(f"{way.__name__:18} {seconds * 1000:7.3f} ms {seconds / best[ways[0]]:6.2f}")


if __name__ == "__main__":
    main()
