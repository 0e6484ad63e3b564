"""A score over time as a drawing: where every line, point and word stands. The template only writes it out.

True time axis; the height runs from 0 to the scheme's maximum. A new version of a scheme breaks the line, because its
scores mean something else. Words never lie on one another: they move apart, or one of them is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psg import clock
from psg.risk.rules import Band, Point, Scoring, change_words, comparable
from psg.web.words import long_date, short_date

TEXT = 14
"""Height of axis words in pixels; they are never drawn smaller than this on a screen."""
_CHARACTER = 7.6
"""A generous width for one character of that size, so that words stay apart in any font."""
_GAP = 17.0
_TOP, _BOTTOM, _LEFT = 30.0, 40.0, 34.0
_HEIGHTS = {320: 240, 640: 280}
_LONGEST = {320: 12, 640: 24}
"""Characters of a band's name that have room; the table below has the whole name."""


@dataclass(frozen=True)
class Word:
    """A word, where it is anchored, and the box it needs."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    """start, middle or end"""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = len(self.text) * _CHARACTER
        left = {"start": self.x, "middle": self.x - width / 2, "end": self.x - width}[self.anchor]
        return (left, self.y - TEXT * 0.8, left + width, self.y + TEXT * 0.2)

    def touches(self, other: "Word") -> bool:
        """Whether the two boxes overlap."""
        left, top, right, bottom = self.box
        other_left, other_top, other_right, other_bottom = other.box
        return left < other_right and other_left < right and top < other_bottom and other_top < bottom


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Spot:
    """A point of the series."""

    x: float
    y: float
    total: int


@dataclass(frozen=True)
class Drawing:
    """One width of the picture."""

    width: int
    height: int
    axes: tuple[Line, ...]
    ticks: tuple[Line, ...]
    limits: tuple[Line, ...]
    series: tuple[str, ...]
    """The points of each unbroken part of the line, as an SVG polyline has them."""
    spots: tuple[Spot, ...]
    bands: tuple[Word, ...]
    values: tuple[Word, ...]
    dates: tuple[Word, ...]
    last: Word

    @property
    def words(self) -> list[Word]:
        """Every word in the picture."""
        return [*self.bands, *self.values, *self.dates, self.last]


@dataclass(frozen=True)
class Row:
    """One line of the table that says all the picture says."""

    at: datetime
    total: int
    maximum: int
    band: str
    change: str
    new_version: bool


@dataclass(frozen=True)
class Chart:
    """The finding in a sentence, the drawings (none for a single assessment) and the table, newest first."""

    sentence: str
    drawings: tuple[Drawing, ...]
    rows: tuple[Row, ...]


def chart(points: Sequence[Point], scoring: Scoring) -> Chart | None:
    """The chart of one scheme's assessments, in any order; None when there is none. scoring: the latest version's."""
    if not points:
        return None
    ordered = sorted(points, key=lambda point: point.at)
    drawings: tuple[Drawing, ...] = ()
    if len(ordered) > 1 and ordered[0].at < ordered[-1].at:
        drawings = tuple(_draw(ordered, scoring, width) for width in _HEIGHTS)
    return Chart(finding(ordered), drawings, tuple(_rows(ordered)))


def finding(ordered: Sequence[Point]) -> str:
    """The sentence that stands before the picture, such as "Up from 15 to 18 since 6 October.": oldest point first."""
    last = ordered[-1]
    holds = f"{last.total} of {last.maximum}, {last.band_words}"
    if len(ordered) == 1:
        return f"Assessed once, on {long_date(last.at)}: {holds}."
    before = ordered[-2]
    if not comparable(before, last):
        first = f"Assessed with a new version of the scheme on {long_date(last.at)}: {holds}."
        return f"{first} Earlier scores cannot be compared with it."
    since = long_date(before.at)
    if last.total == before.total:
        return f"Unchanged at {last.total} of {last.maximum} since {since}: {last.band_words}."
    way = "Up" if last.total > before.total else "Down"
    return f"{way} from {before.total} to {last.total} of {last.maximum} since {since}: {last.band_words}."


def _rows(ordered: Sequence[Point]) -> Iterable[Row]:
    for before, point in reversed(list(zip([None, *ordered[:-1]], ordered, strict=True))):
        new = before is not None and not comparable(before, point)
        yield Row(point.at, point.total, point.maximum, point.band_words, change_words(before, point), new)


def _draw(ordered: Sequence[Point], scoring: Scoring, width: int) -> Drawing:
    height = _HEIGHTS[width]
    names = [_short(band.label, _LONGEST[width]) for band in scoring.bands]
    widest = max(len(name) for name in names)
    left, right = _LEFT, width - 14 - widest * _CHARACTER
    top, bottom = _TOP, height - _BOTTOM
    highest = max(scoring.maximum, *(point.maximum for point in ordered))
    begin, span = ordered[0].at, (ordered[-1].at - ordered[0].at).total_seconds()

    def across(moment: datetime) -> float:
        return _round(left + (right - left) * (moment - begin).total_seconds() / span)

    def up(total: float) -> float:
        return _round(bottom - (bottom - top) * total / highest)

    spots = tuple(Spot(across(point.at), up(point.total), point.total) for point in ordered)
    limits = [band for band in scoring.bands if 0 < band.start <= highest]
    dates, ticks = _dates(ordered[0].at, ordered[-1].at, across, bottom)
    return Drawing(
        width=width,
        height=height,
        axes=(Line(left, top, left, bottom), Line(left, bottom, right, bottom)),
        ticks=ticks,
        limits=tuple(Line(left, up(band.start), right, up(band.start)) for band in limits),
        series=tuple(" ".join(f"{spots[i].x:g},{spots[i].y:g}" for i in part) for part in _parts(ordered)),
        spots=spots,
        bands=tuple(_band_words(scoring.bands, names, up, right + 10, top, bottom)),
        values=tuple(_values([0, highest, *(band.start for band in limits)], up, left - 6)),
        dates=dates,
        last=_last(spots, top, bottom),
    )


def _parts(ordered: Sequence[Point]) -> Iterable[list[int]]:
    """Runs of points that may be joined; a point alone needs no line."""
    run = [0]
    for number in range(1, len(ordered)):
        if not comparable(ordered[number - 1], ordered[number]):
            yield from [run] if len(run) > 1 else []
            run = []
        run.append(number)
    yield from [run] if len(run) > 1 else []


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _band_words(
    bands: Sequence[Band], names: Sequence[str], up: Callable[[float], float], x: float, top: float, bottom: float
) -> Iterable[Word]:
    """The name of each band just above the line where it begins, moved apart where two would touch."""
    heights = _apart([up(max(0, band.start)) - 4 for band in bands], top, bottom)
    for name, y in zip(names, heights, strict=True):
        yield Word(x, _round(y), name)


def _apart(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Heights at least one line apart, as near as can be to the wanted ones, which fall from first to last."""
    placed: list[float] = []
    for y in wanted:
        placed.append(min(y, placed[-1] - _GAP) if placed else min(y, bottom - 4))
    for number in range(len(placed) - 1, -1, -1):
        lowest = top if number == len(placed) - 1 else placed[number + 1] + _GAP
        placed[number] = max(placed[number], lowest)
    return placed


def _values(totals: Sequence[int], up: Callable[[float], float], x: float) -> Iterable[Word]:
    """Numbers at the left: the ends of the axis always, the limits where they have room."""
    placed: list[Word] = []
    for total in dict.fromkeys(totals):
        word = Word(_round(x), _round(up(total) + 5), str(total), "end")
        if not any(word.touches(other) for other in placed):
            placed.append(word)
    return placed


def _dates(
    first: datetime, last: datetime, across: Callable[[datetime], float], bottom: float
) -> tuple[tuple[Word, ...], tuple[Line, ...]]:
    """The first and the last date, months between them where they have room, and a mark for each word."""
    y = bottom + 22
    words = [Word(across(first), y, short_date(first))]
    ticks = [Line(across(first), bottom, across(first), bottom + 5)]
    end = Word(across(last), y, short_date(last), "end")
    if end.text == words[0].text:
        return tuple(words), tuple(ticks)
    for month in _months(first, last):
        word = Word(across(month), y, f"{clock.local(month):%b %Y}", "middle")
        if not any(_crowds(word, other) for other in (*words, end)):
            words.append(word)
            ticks.append(Line(word.x, bottom, word.x, bottom + 5))
    ticks.append(Line(end.x, bottom, end.x, bottom + 5))
    return (*words, end), tuple(ticks)


def _crowds(word: Word, other: Word) -> bool:
    left, _, right, _ = word.box
    other_left, _, other_right, _ = other.box
    return left < other_right + 12 and other_left < right + 12


def _months(first: datetime, last: datetime) -> Iterable[datetime]:
    """The beginnings of the months between two moments."""
    day = clock.local(first).date()
    year, month = day.year, day.month
    midnight = datetime.min.time()
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        moment = clock.at_local(date(year, month, 1), midnight)
        if moment >= last:
            return
        yield moment


def _last(spots: Sequence[Spot], top: float, bottom: float) -> Word:
    """The latest score beside its point, away from the line that leads there."""
    last, before = spots[-1], spots[-2]
    below = before.y < last.y and last.y + 22 < bottom
    y = last.y + 22 if below else max(last.y - 11, top - 11)
    return Word(last.x + 4, _round(y), str(last.total), "end")


def _round(value: float) -> float:
    return round(value, 1)
