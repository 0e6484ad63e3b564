"""Sealed columns: what is stored, what opens where, and what raises."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text, update

from psg.crypto import Erased, NoDataKey, Unopenable, datakeys, envelope, open_rows, opener
from psg.db import db, transaction
from psg.ids import new_id
from tests.conftest import on_both
from tests.crypto.samples import Folder, Slip

SECRET = "Ms Quillfeather of 7 Larkspur Close"


def stored(record, column):
    """The sealed bytes as the database has them."""
    table = record.__tablename__
    return db.session.execute(text(f"select {column} from {table} where id = :id"), {"id": record.id.hex}).scalar_one()


def overwrite(record, column, blob):
    with transaction():
        statement = text(f"update {record.__tablename__} set {column} = :blob where id = :id")
        db.session.connection().execute(statement, {"blob": blob, "id": record.id.hex})


@on_both
def test_text_is_stored_sealed_and_reads_back(app, folder, fresh, tmp_path):
    made = folder(title=SECRET, summary="long", answers={"a": [1, None, "ü"]})
    fresh()
    again = db.session.get(Folder, (made.partnership_id, made.id))
    assert (again.title, again.summary, again.answers) == (SECRET, "long", {"a": [1, None, "ü"]})
    db.session.remove()
    for file in tmp_path.glob("samples.sqlite*"):
        assert b"Quillfeather" not in file.read_bytes()


def test_no_value_empty_and_short_text_look_alike(folder, fresh):
    blobs = [stored(folder(title=value), "title_sealed") for value in (None, "", "Khan", "x" * 27)]
    assert {len(blob) for blob in blobs} == {1 + 8 + 12 + 32 + 16}


@on_both
def test_what_nobody_set_is_sealed_as_no_value(folder, fresh):
    made = folder(title="x")
    assert len(stored(made, "answers_sealed")) == len(stored(made, "title_sealed"))
    fresh()
    again = db.session.get(Folder, (made.partnership_id, made.id))
    assert again.answers is None
    assert again.summary is None


def test_empty_text_and_no_value_stay_apart(folder, fresh):
    empty, nothing = folder(title=""), folder(title=None)
    fresh()
    assert db.session.get(Folder, (empty.partnership_id, empty.id)).title == ""
    assert db.session.get(Folder, (nothing.partnership_id, nothing.id)).title is None


def test_ids_are_set_before_sealed_values_whatever_the_order(app, here):
    with transaction():
        owner = new_id()
        datakeys.create(here, owner, datakeys.CASE)
        slip = Slip(text="first", reference="r", folder_id=owner, id=new_id(), partnership_id=here)
        db.session.add(slip)
    assert slip.text == "first"


def test_sealing_before_the_ids_are_known_is_refused(app):
    with pytest.raises(RuntimeError, match="before partnership_id"):
        Slip(text="too early")


def test_a_required_value_may_not_be_nothing(app, here):
    with transaction():
        owner = new_id()
        datakeys.create(here, owner, datakeys.CASE)
        with pytest.raises(ValueError, match="must have a value"):
            Slip(partnership_id=here, id=new_id(), folder_id=owner, text=None)


def test_unset_required_value_stops_the_flush(app, here):
    owner = new_id()
    with transaction():
        datakeys.create(here, owner, datakeys.CASE)
    with pytest.raises(ValueError, match="must have a value"), transaction():
        db.session.add(Slip(partnership_id=here, id=new_id(), folder_id=owner))


def test_sealing_without_a_data_key_is_refused(app, here):
    with pytest.raises(NoDataKey):
        Folder(partnership_id=here, title="x")


def test_repr_and_instance_contents_show_no_text(folder):
    made = folder(title=SECRET, answers=[SECRET])
    assert repr(made) == f"<Folder {made.id}>"
    assert "Quillfeather" not in repr(vars(made))


def test_the_same_value_again_changes_nothing(folder):
    made = folder(title="same")
    before = made.title_sealed
    made.title = "same"
    assert made.title_sealed is before
    assert not db.session.dirty


def test_every_sealing_has_its_own_nonce(folder):
    made = folder(title="one")
    seen = {made.title_sealed}
    with transaction():
        for value in ("two", "one", "two", "one"):
            made.title = value
            seen.add(made.title_sealed)
    assert len(seen) == 5


def test_changing_a_structure_that_was_read_changes_nothing_by_itself(folder):
    made = folder(answers=["a"])
    made.answers.append("b")
    assert made.answers == ["a"]


def test_reading_follows_the_ciphertext_not_the_cache(folder):
    made = folder(title="old")
    old = made.title_sealed
    with transaction():
        made.title = "new"
    assert made.title == "new"
    made.title_sealed = old
    assert made.title == "old"
    db.session.expire(made)


@pytest.mark.parametrize("column", ["title_sealed", "summary_sealed"])
def test_a_value_of_another_row_does_not_open(folder, fresh, column):
    one, two = folder(title="one", summary="1"), folder(title="two", summary="2")
    overwrite(two, column, stored(one, column))
    fresh()
    with pytest.raises(Unopenable):
        getattr(db.session.get(Folder, (two.partnership_id, two.id)), column.removesuffix("_sealed"))


@on_both
def test_a_value_of_another_row_under_the_same_key_does_not_open(app, here, folder, fresh):
    owner = folder(title="t")
    with transaction():
        one, two = (
            Slip(partnership_id=here, id=new_id(), folder_id=owner.id, text=words, reference=None)
            for words in ("one", "two")
        )
        db.session.add_all([one, two])
    overwrite(two, "text_sealed", stored(one, "text_sealed"))
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Slip, (here, two.id)).text


def test_a_value_of_another_column_does_not_open(folder, fresh):
    made = folder(title="title", summary="summary")
    overwrite(made, "title_sealed", stored(made, "summary_sealed"))
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Folder, (made.partnership_id, made.id)).title


@on_both
def test_a_row_moved_to_another_partnership_does_not_open(folder, fresh, there):
    made = folder(title="here")
    with transaction():
        for table in ("folders", "data_keys"):
            db.session.connection().execute(
                text(f"update {table} set partnership_id = :there where id = :id"),
                {"there": there.hex, "id": made.id.hex},
            )
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Folder, (there, made.id)).title


def test_a_row_that_names_another_key_owner_does_not_open(app, here, folder, fresh):
    one, two = folder(), folder()
    with transaction():
        slip = Slip(partnership_id=here, id=new_id(), folder_id=one.id, text="of one")
        db.session.add(slip)
    with transaction():
        db.session.execute(update(Slip).values(folder_id=two.id))
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Slip, (here, slip.id)).text


def test_values_from_before_a_new_data_key_do_not_open(app, here, folder, fresh):
    """An old row put back after the record's key was replaced."""
    made = folder(title="old")
    with transaction():
        db.session.connection().execute(text("delete from data_keys where id = :id"), {"id": made.id.hex})
    fresh()
    with transaction():
        datakeys.create(here, made.id, datakeys.CASE)
    with pytest.raises(Unopenable):
        _ = db.session.get(Folder, (here, made.id)).title


@pytest.mark.parametrize("position", [0, 1, 8, 9, 20, 21, 40, -1])
def test_any_changed_byte_raises(folder, fresh, position):
    made = folder(title="text")
    blob = bytearray(stored(made, "title_sealed"))
    blob[position] ^= 1
    overwrite(made, "title_sealed", bytes(blob))
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Folder, (made.partnership_id, made.id)).title


@pytest.mark.parametrize("blob", [b"", b"\x01", b"plain text", bytes(200)])
def test_bytes_that_were_never_sealed_raise(folder, fresh, blob):
    made = folder(title="text")
    overwrite(made, "title_sealed", blob)
    fresh()
    with pytest.raises(Unopenable):
        _ = db.session.get(Folder, (made.partnership_id, made.id)).title


def test_a_failed_opening_is_logged_by_place_only(folder, fresh, caplog):
    made = folder(title=SECRET, summary="other")
    overwrite(made, "title_sealed", stored(made, "summary_sealed"))
    fresh()
    with caplog.at_level(logging.ERROR), pytest.raises(Unopenable) as raised:
        _ = db.session.get(Folder, (made.partnership_id, made.id)).title
    assert f"folders.title_sealed of row {made.id}" in caplog.text
    assert "Quillfeather" not in caplog.text + str(raised.value)


@on_both
def test_a_list_opens_with_one_query_for_all_keys(app, here, folder, fresh):
    made = [folder(title=f"title {number}", answers=[number]) for number in range(20)]
    fresh()
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    rows = db.session.execute(select(Folder.id, Folder.id, Folder.title.column, Folder.answers.column)).all()
    opened = dict(zip([row[0] for row in rows], open_rows(here, Folder, ("title", "answers"), rows), strict=True))
    assert opened == {record.id: (f"title {number}", [number]) for number, record in enumerate(made)}
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 2


@on_both
def test_a_list_leaves_out_the_erased_and_raises_for_the_changed(app, here, folder, fresh):
    kept, gone = folder(title="kept"), folder(title="gone")
    with transaction():
        datakeys.shred(here, gone.id)
    fresh()
    listed = select(Folder.id, Folder.id, Folder.title.column).order_by(Folder.id)
    assert open_rows(here, Folder, ("title",), db.session.execute(listed).all()) == [("kept",), None]
    overwrite(kept, "title_sealed", stored(gone, "title_sealed"))
    with pytest.raises(Unopenable):
        open_rows(here, Folder, ("title",), db.session.execute(listed).all())


def test_a_list_of_rows_without_data_keys_raises(app, here):
    with pytest.raises(NoDataKey):
        open_rows(here, Folder, ("title",), [(new_id(), new_id(), bytes(69))])


def test_opener_for_single_columns(app, here, folder, fresh):
    made = folder(title="core")
    fresh()
    blob = db.session.execute(select(Folder.title.column)).scalar_one()
    open_title = opener(here, made.id, Folder, "title")
    assert open_title(made.id, blob) == "core"
    with pytest.raises(Unopenable):
        open_title(new_id(), blob)
    with pytest.raises(AttributeError):
        opener(here, made.id, Folder, "state")


def test_tools_can_list_the_sealed_columns():
    assert [column.column_name for column in Folder.sealed_columns()] == [
        "title_sealed",
        "summary_sealed",
        "answers_sealed",
    ]
    assert not Folder.__table__.c.title_sealed.nullable


def test_a_deferred_column_is_not_fetched_with_the_row(folder, fresh):
    made = folder(summary="long text")
    fresh()
    again = db.session.get(Folder, (made.partnership_id, made.id))
    assert "summary_sealed" not in vars(again)
    assert again.summary == "long text"


def test_text_kind_is_checked(app, here, folder):
    """A list sealed into a text column by mistake is not given out as text."""
    made = folder(answers=["x"])
    key = datakeys.get(here, made.id)
    where = envelope.place(here, "folders", "title_sealed")
    made.title_sealed = envelope.seal(key, where, made.id, *envelope.json_content(["x"]))
    with pytest.raises(Unopenable):
        _ = made.title
    db.session.expire(made)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=700))
def test_any_text_reads_back(app, folder, here, words):
    made = db.session.scalars(select(Folder)).first() or folder()
    made.title = words
    kept = made.title_sealed
    vars(made).pop("_psg_opened")
    assert made.title == words
    assert (len(kept) - 37) in (32, 64, 128, 256) or (len(kept) - 37) % 512 == 0
    db.session.expire(made)
    db.session.commit()


@on_both
def test_erased_records_raise_erased(folder, fresh, here):
    made = folder(title="x")
    with transaction():
        datakeys.shred(here, made.id)
    assert db.session.scalar(select(func.length(datakeys.DataKey.wrapped))) == 0
    fresh()
    again = db.session.get(Folder, (here, made.id))
    with pytest.raises(Erased):
        _ = again.title
    with pytest.raises(Erased):
        again.title = "new"
