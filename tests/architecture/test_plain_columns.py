"""The written list of plain columns is complete, and says nothing of columns that are gone."""

import re
from pathlib import Path

from psg import tables
from psg.crypto import Sealed
from psg.db.model import Base

assert tables  # imports every feature, and so every table

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-model.md"
EVERYWHERE = {"partnership_id", "id", "version"}


def test_every_plain_column_of_a_listed_table_has_its_reason():
    rows = set(re.findall(r"^\| `(\w+)` \| `(\w+)` \| \S", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    listed = {table for table, _ in rows}
    plain = {
        (name, column.name)
        for name, table in Base.metadata.tables.items()
        for column in table.columns
        if name in listed and not column.name.endswith("_sealed") and column.name not in EVERYWHERE
    }
    assert rows == plain


def test_every_table_with_a_sealed_column_is_listed():
    text = DOCUMENT.read_text(encoding="utf-8")
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if model.__module__.startswith("psg.") and issubclass(model, Sealed) and model.__tablename__ != "kept_posts":
            assert f"| `{model.__tablename__}` |" in text or not _plain(model), model


def _plain(model: type) -> list[str]:
    return [c.name for c in model.__table__.columns if not c.name.endswith("_sealed") and c.name not in EVERYWHERE]
