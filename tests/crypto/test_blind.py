"""Search tags: which spellings meet, which do not, and what a tag and its pointer give away."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psg.crypto import Unopenable, blind, normalise
from psg.crypto.blind import Index
from psg.crypto.searchkey import TAG_SIZE, SearchKey
from psg.ids import new_id

BORN = date(1984, 2, 29)
KEY = SearchKey(new_id(), b"12345678", bytes(range(32)))


def tags(terms):
    return {KEY.tag(term) for term in terms}


def meet(one, other):
    """Whether looking for one finds the other."""
    return bool(tags(one) & tags(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Connor", "O Connor"), ("O’Connor", "OConnor"), ("O`Connor", "o'connor"), ("Zoë", "Zoe"),
        ("Łukasz", "Lukasz"), ("Weiß", "Weiss"), ("Sørensen", "Sorensen"), ("MacDonald", "McDonald"),
        ("Mac Donald", "McDonald"), ("Smith-Jones", "Smith Jones"), ("Mr Khan", "KHAN"), ("Ｓｍｉｔｈ", "smith"),
        ("Nguyễn", "Nguyen"), ("Zoe\u0308", "Zoë"), ("Dr. Patel", "Patel"),
    ],
)  # fmt: skip
def test_spellings_of_one_surname(one, other):
    assert normalise.surname(one) == normalise.surname(other) != ""
    assert meet(blind.full_name_and_birth("Ann", one, BORN), blind.full_name_and_birth("Ann", other, BORN))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Connor", "O Connor"), ("Zoë", "Zoe"), ("Łukasz", "Lukasz"), ("Mohammed", "Muhammad"), ("Smith", "Smyth"),
        ("Hussain", "Hussein"), ("Khan", "Kahn"), ("Siobhan", "Shivaun"), ("Phillips", "Filips"), ("Knight", "Night"),
        ("Catherine", "Kathryn"), ("Begum", "Begam"), ("Stephens", "Stevens"),
    ],
)  # fmt: skip
def test_surnames_that_sound_alike(one, other):
    assert meet(blind.surname_sound_and_year(one, 1984), blind.surname_sound_and_year(other, 1984))
    assert not meet(blind.surname_sound_and_year(one, 1984), blind.surname_sound_and_year(other, 1985))


@pytest.mark.parametrize(("one", "other"), [("Smith", "Jones"), ("Khan", "Patel"), ("Begum", "Brown"), ("Lee", "Wu")])
def test_surnames_that_do_not(one, other):
    assert not meet(blind.surname_sound_and_year(one, 1984), blind.surname_sound_and_year(other, 1984))


def test_middle_names_come_and_go():
    full = blind.full_name_and_birth("John Paul", "Smith", BORN)
    assert meet(full, blind.full_name_and_birth("John", "Smith", BORN))
    assert meet(
        blind.full_name_and_birth("Mary-Jane", "Smith", BORN), blind.full_name_and_birth("Mary Jane", "Smith", BORN)
    )
    assert not meet(full, blind.full_name_and_birth("Paul", "Smith", BORN))
    assert not meet(full, blind.full_name_and_birth("John", "Smith", date(1984, 3, 1)))


def test_a_title_alone_is_a_surname():
    assert normalise.surname("Lord") == "lord"
    assert normalise.surname("Lord Lord") == "lord"


@pytest.mark.parametrize(
    ("one", "other"),
    [("07700 900123", "+44 7700 900123"), ("(01223) 555 012", "0044 1223 555012"), ("07700-900-123", "7700900123")],
)
def test_one_telephone(one, other):
    assert tags(blind.phone(one)) == tags(blind.phone(other)) != set()


@pytest.mark.parametrize("number", ["999", "", "none", "x2345678"])
def test_no_telephone(number):
    assert blind.phone(number) == ()


def test_e_mail_addresses():
    assert tags(blind.email(" Ann.Smith@Example.ORG ")) == tags(blind.email("ann.smith@example.org"))
    assert not meet(blind.email("ann@example.org"), blind.email("ann@example.com"))
    assert [blind.email(text) for text in ("", "ann", "@x", "ann@")] == [(), (), (), ()]


def test_agencies_references():
    assert tags(blind.agency_reference("35/CE/12345-26")) == tags(blind.agency_reference("35 ce 12345 26"))
    assert blind.agency_reference(" - ") == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "12 Mill Road"), ("12A", "12 a"), ("Flat 3, 12", "12, flat 3"), ("Flat 3, 12 Mill Rd", "3/12"),
        ("Rose Cottage", "ROSE-COTTAGE"), ("1st floor, 12", "12"),
    ],
)  # fmt: skip
def test_one_house(one, other):
    where = "CB7 4EP"
    assert tags(blind.postcode_and_house(where, one)) == tags(blind.postcode_and_house("cb74ep", other)) != set()


def test_other_houses():
    assert not meet(blind.postcode_and_house("CB7 4EP", "12"), blind.postcode_and_house("CB7 4EP", "12A"))
    assert not meet(blind.postcode_and_house("CB7 4EP", "12"), blind.postcode_and_house("CB7 4EQ", "12"))
    assert blind.postcode_and_house("somewhere", "12") == ()
    assert blind.postcode_and_house("CB7 4EP", " ") == ()


def test_surname_initial_and_sector():
    one = blind.surname_initial_and_sector("Jonathan", "O'Neill", "CB7 4EP")
    assert meet(one, blind.surname_initial_and_sector("Jon", "ONeill", "CB7 4XY"))
    assert not meet(one, blind.surname_initial_and_sector("Jon", "ONeill", "CB7 5XY"))
    assert not meet(one, blind.surname_initial_and_sector("Sam", "ONeill", "CB7 4XY"))


def test_too_little_makes_no_term():
    assert blind.full_name_and_birth("Ann", "Smith", None) == ()
    assert blind.full_name_and_birth("", "Smith", BORN) == ()
    assert blind.full_name_and_birth("Ann", " ' ", BORN) == ()
    assert blind.surname_sound_and_year("Smith", None) == ()
    assert blind.surname_sound_and_year("王", 1984) == ()
    assert blind.surname_initial_and_sector("Ann", "Smith", "CB7") == ()


def test_a_name_in_another_script_is_found_by_its_own_spelling():
    assert meet(blind.full_name_and_birth("小明", "王", BORN), blind.full_name_and_birth("小明", "王", BORN))


@given(st.text(max_size=30))
def test_normalising_twice_is_normalising_once(words):
    once = normalise.surname(words)
    assert normalise.surname(once) in (once, normalise.surname("mac" + once[2:]))
    assert not any(c.isspace() or c in "'-’" for c in once)


def test_tags_differ_by_index_and_partnership():
    phone, reference = blind.phone("123456789"), blind.agency_reference("123456789")
    assert not meet(phone, reference)
    elsewhere = SearchKey(new_id(), b"87654321", bytes(32))
    assert {elsewhere.tag(term) for term in phone}.isdisjoint(tags(phone))


def test_parts_do_not_run_into_each_other():
    one = blind.Term(Index.NAME_BORN, ("ab", "c"))
    other = blind.Term(Index.NAME_BORN, ("a", "bc"))
    assert KEY.tag(one) != KEY.tag(other)


def test_known_tag():
    """Tags in a database must be found again: changing this needs a new normaliser version."""
    (term,) = blind.phone("07700 900123")
    assert KEY.tag(term).hex() == "a72313cbfa8713bd"
    assert len(KEY.tag(term)) == TAG_SIZE


def test_a_term_does_not_show_whose_it_is():
    assert repr(blind.phone("07700 900123")[0]) == "<Term phone>"


def test_pointers():
    target, (term,) = new_id().bytes, blind.phone("07700 900123")
    tag = KEY.tag(term)
    pointers = {KEY.seal_pointer(term.index, tag, target) for _ in range(3)}
    assert len(pointers) == 3
    assert {KEY.open_pointer(term.index, tag, pointer) for pointer in pointers} == {target}
    assert all(target not in pointer for pointer in pointers)
    pointer = pointers.pop()
    with pytest.raises(Unopenable):
        KEY.open_pointer(term.index, b"othertag", pointer)
    with pytest.raises(Unopenable):
        KEY.open_pointer(Index.EMAIL, tag, pointer)
    with pytest.raises(Unopenable):
        SearchKey(new_id(), b"12345678", bytes(range(32))).open_pointer(term.index, tag, pointer)
