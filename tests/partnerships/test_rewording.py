"""Newer standard words are offered for every entry that the partnership has not put into words of its own."""

import pytest
from sqlalchemy import select

from psg.db import db, transaction
from psg.partnerships import bases, operations, standard_lists
from psg.partnerships.models import Term
from psg.partnerships.standard_lists import Words, newer_words
from tests.conftest import on_both


@pytest.fixture
def basis(context, world):
    wanted = select(Term).where(Term.partnership_id == world.east, Term.code == "cda-115")
    return db.session.scalars(wanted).one()


@pytest.fixture
def release(monkeypatch):
    """A later release that words every basis anew."""

    def make(number):
        shipped = [
            {**entry, "label": f"{entry['label'].partition(' [')[0]} [{number}]"}
            for entry in standard_lists.standard_entries("lawful-bases")
        ]
        monkeypatch.setattr(standard_lists, "standard_entries", lambda _: shipped)

    return make


def change(term, world, **values):
    now = {"label": term.label, "hint": term.hint, "valid_until": term.valid_until, "by": world.viewer("coordinator")}
    with transaction(hold=(term,)):
        operations.change_term(term, **now | values)


@on_both
def test_naming_a_basis_as_usual_is_no_rewording(basis, world, release):
    with transaction():
        bases.name_usual(world.east, ["cda-115"], by=world.viewer("coordinator"))
    db.session.refresh(basis)
    assert (basis.common, basis.version > 1, basis.reworded) == (True, True, False)
    release(2)
    assert newer_words(basis).label.endswith("[2]")


def test_own_words_are_left_alone_until_the_standard_ones_are_taken_over_and_then_the_next_are_offered(
    basis, world, release
):
    change(basis, world, label="Section 115, as our lawyers put it")
    release(2)
    assert basis.reworded
    assert newer_words(basis) is None
    standard = standard_lists.standard_words_of(basis)
    change(basis, world, label=standard.label, hint=standard.hint)
    assert not basis.reworded
    assert newer_words(basis) is None
    release(3)
    assert newer_words(basis) == Words(standard.label.replace("[2]", "[3]"), standard.hint)


def test_an_entry_of_ones_own_has_no_standard_words(context, world):
    with transaction():
        own = operations.add_term(
            world.east, "lawful-bases", code="local", label="Local", by=world.viewer("coordinator")
        )
    assert standard_lists.standard_words_of(own) is None
    assert newer_words(own) is None
    change(own, world, label="Locally")
    assert own.reworded
