"""When a signature counts, over dates made up by the machine."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from psg.agreements.rules import VersionDates, counts, rhythm, word_for

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@st.composite
def versions(draw: st.DrawFn, number: int = 1) -> VersionDates:
    start = draw(DAYS)
    end = start + timedelta(days=draw(st.integers(0, 1000)))
    sign_by = start + timedelta(days=draw(st.integers(-60, 120)))
    return VersionDates(number, start, end, sign_by, draw(st.booleans()))


@given(versions(1), versions(2), DAYS)
def test_never_outside_its_own_days_and_never_when_withdrawn(old: VersionDates, new: VersionDates, on: date) -> None:
    if counts(old, [old, new], on):
        assert old.in_force_from <= on <= old.ends_on
        assert not old.withdrawn


@given(versions(1), DAYS)
def test_alone_it_counts_on_each_of_its_days(only: VersionDates, on: date) -> None:
    inside = only.in_force_from <= on <= only.ends_on and not only.withdrawn
    assert counts(only, [only], on) is inside


@given(versions(1), versions(2), DAYS)
def test_a_newer_version_ends_it_the_day_after_its_sign_by_date(old: VersionDates, new: VersionDates, on: date) -> None:
    alone = counts(old, [old], on)
    assert counts(old, [old, new], on) is (alone and (new.withdrawn or on <= new.sign_by))


@given(versions(2), versions(1), DAYS)
def test_an_older_version_changes_nothing(new: VersionDates, old: VersionDates, on: date) -> None:
    assert counts(new, [old, new], on) is counts(new, [new], on)


@given(versions(1), st.lists(versions(2), max_size=4), DAYS)
def test_the_order_of_versions_does_not_matter(signed: VersionDates, others: list[VersionDates], on: date) -> None:
    assert counts(signed, [signed, *others], on) == counts(signed, [*reversed(others), signed], on)


def test_the_word_of_an_agency() -> None:
    assert word_for(True, True, True) == "Signed"
    assert word_for(False, True, False) == "Ended"
    assert word_for(False, False, True) == "Waiting"
    assert word_for(False, False, False) == ""


@given(st.lists(st.integers(1, 90), max_size=4), DAYS)
def test_a_review_is_spoken_of_on_the_day_at_the_latest(days: list[int], due: date) -> None:
    assert due in {rhythm(days).on_or_after(due, due - timedelta(days=back)) for back in (0, 1)}
