from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psg.text import PartialDate, Precision, Unreadable, clean, clean_file_name, opening, showable

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x7f", "\x9f", "\ud800", "\ufffe", "\ufdd0", "\U0010ffff"])
def test_unreadable_characters_are_refused_and_shown_as_a_mark(bad: str) -> None:
    with pytest.raises(Unreadable, match="after \u201chello\u201d"):
        clean(f"hello {bad} there", multiline=True)
    assert showable(f"a{bad}b") == "a\ufffdb"


def test_line_ends_become_one_kind_and_one_line_stays_one_line() -> None:
    assert clean("  a\r\nb\rc\u2028d\t ", multiline=True) == "a\nb\nc\nd"
    assert clean("a\r\nb\tc", multiline=False) == "a b c"
    assert clean("e\u0301", multiline=False) == "\u00e9"


@given(ANY_TEXT, st.booleans())
def test_cleaning_is_stable_and_what_passes_can_be_stored(text: str, multiline: bool) -> None:
    try:
        kept = clean(text, multiline=multiline)
    except Unreadable:
        assert showable(text) != text
        return
    assert clean(kept, multiline=multiline) == kept
    assert "\x00" not in kept
    kept.encode("utf-8")


@given(ANY_TEXT)
def test_anything_can_be_shown(text: str) -> None:
    showable(text).encode("utf-8")


@given(ANY_TEXT)
def test_file_names_have_no_path_and_no_hidden_characters(name: str) -> None:
    kept = clean_file_name(name)
    assert kept
    assert len(kept) <= 120
    assert not set(kept) & set('/\\\x00\n"<>\u202e')


def test_a_hostile_file_name() -> None:
    assert clean_file_name("../../etc/\u202efdp.exe\x00.pdf") == "fdp.exe.pdf"


@pytest.mark.parametrize(
    ("value", "words", "latest"),
    [
        (PartialDate.day(date(2026, 11, 9)), "9 November 2026", date(2026, 11, 9)),
        (PartialDate.month(2024, 2), "February 2024", date(2024, 2, 29)),
        (PartialDate.year(2021), "2021", date(2021, 12, 31)),
        (PartialDate.period(date(2021, 6, 1), "the summer of 2021"), "the summer of 2021", None),
        (PartialDate.unknown(), "not known", None),
    ],
)
def test_a_date_known_in_part_says_what_it_knows(value: PartialDate, words: str, latest: date | None) -> None:
    assert str(value) == words
    assert value.latest == latest
    assert value.precision in Precision


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        ("Quieter now.\nTwo have moved.", "Quieter now."),
        ("x" * 20, "x" * 20),
        ("one two three, fours five", "one two three…"),
        ("y" * 30, "y" * 20 + "…"),
        ("a " + "z" * 30, "a " + "z" * 18 + "…"),
    ],
)
def test_a_list_shows_how_a_text_begins(typed: str, shown: str) -> None:
    assert opening(typed, 20) == shown
