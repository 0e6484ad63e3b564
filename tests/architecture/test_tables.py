"""Rules of the tables: owned by a partnership through and through, sealed where people type, no secrets in a repr."""

from sqlalchemy import ForeignKeyConstraint

from psg import tables
from psg.crypto import Sealed
from psg.db.model import Base, Owned

assert tables  # imports every feature, and so every table

MAPPERS = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__module__.startswith("psg.")]
OWNED = [model for model in MAPPERS if issubclass(model, Owned)]


def test_an_owned_table_begins_with_its_partnership():
    for model in OWNED:
        assert [column.name for column in model.__table__.primary_key] == ["partnership_id", "id"], model


def test_a_foreign_key_never_leaves_the_partnership():
    owned = {model.__tablename__ for model in OWNED}
    for model in MAPPERS:
        for key in model.__table__.constraints:
            if isinstance(key, ForeignKeyConstraint) and key.referred_table.name in owned:
                assert "partnership_id" in key.column_keys, f"{model.__tablename__}: {key.name}"


def test_unique_keys_of_owned_tables_include_the_partnership():
    known = {("delivery_lines", ("delivery_id", "obligation_id"))}
    for model in OWNED:
        for key in model.__table__.constraints:
            if key.__visit_name__ == "unique_constraint":
                columns = tuple(key.columns.keys())
                assert "partnership_id" in columns or (model.__tablename__, columns) in known, model


def test_sealed_columns_are_never_null_and_say_whose_key_opens_them():
    sealed = [model for model in MAPPERS if issubclass(model, Sealed)]
    assert len(sealed) > 12
    for model in sealed:
        assert model.__key_owner__ in model.__table__.columns
        for column in model.__table__.columns:
            if column.name.endswith("_sealed"):
                assert not column.nullable


def test_a_repr_shows_an_id_at_most():
    for model in MAPPERS:
        assert model.__repr__ is Base.__repr__ or "id" in (model.__repr__.__doc__ or "id")
