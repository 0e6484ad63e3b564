"""The chart: a true time axis, words that do not lie on each other, and a table that says the same."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from psg import reference
from psg.risk.chart import chart, finding
from psg.risk.operations import STANDARD_SCHEMES, _plain
from psg.risk.rules import Point, read

SCORING = read(_plain(reference.load(STANDARD_SCHEMES[0])))
START = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)


def points(pairs, versions=None):
    made = []
    for number, (hours, total) in enumerate(pairs):
        band = SCORING.band_of(total)
        version = versions[number] if versions else "1"
        made.append(
            Point(START + timedelta(hours=hours), total, SCORING.maximum, band.label, band.rank, SCORING.code, version)
        )
    return made


SERIES = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, SCORING.maximum)),
    min_size=2,
    max_size=30,
    unique_by=lambda pair: pair[0],
)


@settings(max_examples=150, deadline=None)
@given(pairs=SERIES)
def test_time_and_height_are_true(pairs):
    made = chart(points(pairs), SCORING)
    ordered = sorted(pairs)
    span = ordered[-1][0] - ordered[0][0]
    for drawing in made.drawings:
        first, last = drawing.spots[0].x, drawing.spots[-1].x
        for (hours, total), spot in zip(ordered, drawing.spots, strict=True):
            assert abs(spot.x - (first + (last - first) * (hours - ordered[0][0]) / span)) <= 0.11
            assert spot.total == total
        axis = drawing.axes[0]
        for spot in drawing.spots:
            assert abs(spot.y - (axis.y2 - (axis.y2 - axis.y1) * spot.total / SCORING.maximum)) <= 0.11


@settings(max_examples=150, deadline=None)
@given(pairs=SERIES)
def test_no_word_lies_on_another_and_all_stand_inside(pairs):
    for drawing in chart(points(pairs), SCORING).drawings:
        for one, other in combinations(drawing.words, 2):
            assert not one.touches(other), (drawing.width, one, other)
        for word in drawing.words:
            left, top, right, bottom = word.box
            assert left >= 0
            assert top >= 0
            assert right <= drawing.width
            assert bottom <= drawing.height


@settings(max_examples=100, deadline=None)
@given(pairs=SERIES)
def test_the_table_says_what_the_picture_shows(pairs):
    made = chart(points(pairs), SCORING)
    assert [row.total for row in made.rows] == [total for _, total in sorted(pairs, reverse=True)]
    assert made.drawings[0].last.text == str(made.rows[0].total)
    assert str(made.rows[0].total) in made.sentence
    assert made.rows[-1].change == ""
    for newer, older in zip(made.rows, made.rows[1:], strict=False):
        change = newer.total - older.total
        assert newer.change == ("no change" if not change else f"{'up' if change > 0 else 'down'} {abs(change)}")


def test_band_limits_are_drawn_and_named():
    drawing = chart(points([(0, 3), (900, 20)]), SCORING).drawings[1]
    assert [word.text for word in drawing.bands] == ["Standard", "Medium", "High", "Very high"]
    assert len(drawing.limits) == 3
    assert [word.text for word in drawing.values] == ["0", "30", "9", "16", "23"]
    assert drawing.dates[0].text == "3 Jun 2025"


def test_a_new_version_breaks_the_line():
    made = chart(points([(0, 3), (100, 9), (200, 12), (300, 15)], ["1", "1", "2", "2"]), SCORING)
    assert [len(part.split()) for part in made.drawings[0].series] == [2, 2]
    assert [row.new_version for row in made.rows] == [False, True, False, False]
    alone = chart(points([(0, 3), (100, 9), (200, 12)], ["1", "1", "2"]), SCORING)
    assert len(alone.drawings[0].series) == 1
    assert "cannot be compared" in alone.sentence


def test_one_assessment_is_a_sentence():
    made = chart(points([(0, 18)]), SCORING)
    assert made.drawings == ()
    assert made.sentence == "Assessed once, on 3 June 2025: 18 of 30, High."
    assert len(made.rows) == 1
    assert chart([], SCORING) is None


def test_two_at_the_same_moment_are_not_drawn():
    assert chart(points([(0, 18)]) + points([(0, 3)]), SCORING).drawings == ()


def test_the_finding():
    assert finding(points([(0, 15), (24, 18)])) == "Up from 15 to 18 of 30 since 3 June 2025: High."
    assert finding(points([(0, 18), (24, 9)])) == "Down from 18 to 9 of 30 since 3 June 2025: Medium."
    assert finding(points([(0, 9), (24, 9)])) == "Unchanged at 9 of 30 since 3 June 2025: Medium."
