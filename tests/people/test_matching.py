"""Search tags: found by the right details, joined to nothing, gone when taken out."""

from datetime import date

import pytest
from sqlalchemy import select

from psg.db import db, transaction
from psg.ids import new_id
from psg.people.matching import (
    Pointer,
    Target,
    find_matches,
    index,
    person_terms,
    place_terms,
    reference_terms,
    reshuffle,
    search_terms,
    unindex,
)
from psg.people.models import SearchTag
from psg.people.rules import Born, Names
from tests.conftest import on_both

RAY = person_terms(
    Names("Raymond Arthur", "O'Connor", ("Ray Connor",)),
    Born(on=date(1967, 11, 2)),
    {"address": "Flat 7, Sedgemarsh Court", "postcode": "CB7 4ZZ", "phone": "07700 900114", "email": "Ray@Example.org"},
)


def pointer(target=Target.INVOLVEMENT) -> Pointer:
    return Pointer(new_id(), target, new_id())


@pytest.fixture
def ray(context, world):
    where = pointer()
    with transaction():
        index(world.east, [(where, RAY)])
    return where


@pytest.mark.parametrize(
    "details",
    [
        {"first": "Raymond", "last": "O Connor", "born": date(1967, 11, 2)},
        {"first": "raymond arthur", "last": "OCONNOR", "born": date(1967, 11, 2)},
        {"first": "Ray", "last": "Connor", "born": date(1967, 11, 2)},
        {"last": "O'Conner", "year": 1967},
        {"first": "R.", "last": "O’Connor", "postcode": "cb7 4aa"},
        {"address": "7 Sedgemarsh Ct", "postcode": "CB74ZZ"},
        {"phone": "+44 7700 900 114"},
        {"email": "ray@example.ORG"},
    ],
)
def test_found_by(ray, world, details):
    assert ray in find_matches(world.east, search_terms(**details))


@pytest.mark.parametrize(
    "details",
    [
        {"first": "Raymond", "last": "O'Connor"},
        {"last": "O'Connor"},
        {"postcode": "CB7 4ZZ"},
        {"first": "Raymond", "last": "O'Connor", "born": date(1968, 11, 3)},
        {"address": "8 Sedgemarsh Court", "postcode": "CB7 4ZZ"},
        {"phone": "900114"},
    ],
)
def test_not_found_by(ray, world, details):
    assert find_matches(world.east, search_terms(**details)) == {}


def test_nothing_is_found_in_another_partnership(ray, world):
    assert find_matches(world.city, search_terms(phone="07700 900114")) == {}


@on_both
def test_taken_out_and_only_what_was_meant(context, world):
    one, two = pointer(), pointer()
    place, number = pointer(Target.PLACE), pointer(Target.REFERENCE)
    with transaction():
        index(world.east, [(one, RAY), (two, RAY), (place, place_terms({"address": "7", "postcode": "CB7 4ZZ"}))])
        index(world.east, [(number, reference_terms("35/12345/26"))])
    assert set(find_matches(world.east, RAY)) == {one, two, place}
    assert set(find_matches(world.east, search_terms(reference="35 12345 26"))) == {number}
    with transaction():
        unindex(world.east, [(one, RAY)])
    assert set(find_matches(world.east, RAY)) == {two, place}


@on_both
def test_reshuffling_changes_every_row_and_no_answer(context, world):
    entries = [(pointer(), RAY) for _ in range(20)]
    with transaction():
        index(world.east, entries)
    before = {row.id: (row.tag, row.pointer) for row in db.session.scalars(select(SearchTag))}
    db.session.expunge_all()
    with transaction():
        assert reshuffle(world.east) == len(before)
    after = {row.id: (row.tag, row.pointer) for row in db.session.scalars(select(SearchTag))}
    assert len(after) == len(before)
    assert not set(after) & set(before)
    assert not {sealed for _, sealed in after.values()} & {sealed for _, sealed in before.values()}
    assert set(find_matches(world.east, RAY)) == {where for where, _ in entries}


def test_ids_say_nothing_about_time_or_order(ray):
    ids = db.session.scalars(select(SearchTag.id)).all()
    assert {one.version for one in ids} == {4}


def test_every_pointer_is_equally_long(context, world):
    with transaction():
        index(world.east, [(pointer(target), reference_terms("1")) for target in Target])
    assert len({len(sealed) for sealed in db.session.scalars(select(SearchTag.pointer))}) == 1


class TestWords:
    def test_names(self):
        assert Names("Raymond", "Tebbitt", ("Ray",)).shown == "Raymond Tebbitt (also Ray)"
        assert Names(known=False, aliases=("Smiler",)).shown == "Name not known (also Smiler)"
        for names in (Names("A", "B", ("C",)), Names(known=False), Names("", "", ("S",), known=False)):
            assert Names.read(names.stored()) == names

    def test_ages(self):
        today = date(2026, 11, 9)
        assert Born(on=date(2008, 11, 10)).age(today) == "17"
        assert Born(on=date(2008, 11, 9)).age_band(today) == "Young adult (18 to 24)"
        assert Born(year=1990).age(today) == "about 36"
        assert Born().age_band(today) == ""
        for born in (Born(on=date(1967, 11, 2)), Born(year=1990, about=True), Born()):
            assert Born.read(born.stored()) == born
