"""Scoring by data: sums, bands without gaps, missing answers, overrides, and what changed since last time."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psg import reference
from psg.risk.operations import STANDARD_SCHEMES, _plain
from psg.risk.rules import (
    AnswersMissing,
    Point,
    SchemeError,
    change_words,
    direction,
    missing,
    read,
    score,
    summary,
)

VICTIM, PLACE = (_plain(reference.load(name)) for name in STANDARD_SCHEMES)
NOON = datetime(2026, 10, 6, 12, tzinfo=UTC)


def pick(scoring, choose):
    return {question.code: choose(question.options).code for question in scoring.questions}


@pytest.mark.parametrize("definition", [VICTIM, PLACE])
def test_the_standard_schemes_are_sound(definition):
    scoring = read(definition)
    assert scoring.maximum == definition["maximum"]
    assert scoring.minimum == 0
    assert [band.rank for band in scoring.bands] == [1, 2, 3, 4]


@pytest.mark.parametrize("definition", [VICTIM, PLACE])
def test_every_score_has_exactly_the_band_that_the_scheme_says(definition):
    scoring = read(definition)
    starts = {band["from"]: band["code"] for band in definition["bands"]}
    expected = ""
    for total in range(scoring.maximum + 1):
        expected = starts.get(total, expected)
        assert scoring.band_of(total).code == expected


@settings(deadline=None)
@given(data=st.data(), definition=st.sampled_from([VICTIM, PLACE]))
def test_a_score_is_the_sum_of_its_answers(data, definition):
    scoring = read(definition)
    chosen = {q.code: data.draw(st.sampled_from(q.options)).code for q in scoring.questions}
    outcome = score(scoring, chosen)
    points = {(q["code"], o["code"]): o["points"] for q in definition["questions"] for o in q["options"]}
    assert outcome.total == sum(points[pair] for pair in chosen.items())
    assert scoring.minimum <= outcome.total <= scoring.maximum == outcome.maximum
    assert outcome.band == outcome.scored == scoring.band_of(outcome.total)
    assert outcome.not_known == [question for question, option in chosen.items() if option == "not-known"]


def test_not_known_counts_as_the_scheme_says():
    scoring = read(VICTIM)
    chosen = {question.code: "not-known" for question in scoring.questions}
    outcome = score(scoring, chosen)
    assert outcome.total == len(scoring.questions)
    assert len(outcome.not_known) == len(scoring.questions)


@settings(deadline=None)
@given(gone=st.sets(st.sampled_from([q["code"] for q in VICTIM["questions"]]), min_size=1), odd=st.text(max_size=5))
def test_missing_and_unknown_answers_are_listed_in_order(gone, odd):
    scoring = read(VICTIM)
    chosen = pick(scoring, lambda options: options[0])
    for code in gone:
        chosen[code] = f"~{odd}"
    expected = [question.code for question in scoring.questions if question.code in gone]
    assert missing(scoring, chosen) == expected
    with pytest.raises(AnswersMissing) as refused:
        score(scoring, chosen)
    assert list(refused.value.questions) == expected


def test_an_override_keeps_both_bands_and_needs_a_reason():
    scoring = read(VICTIM)
    chosen = pick(scoring, lambda options: options[0])
    outcome = score(scoring, chosen, override=("high", "He will not say what happens at night"))
    assert (outcome.scored.code, outcome.band.code, outcome.overridden) == ("standard", "high", True)
    assert outcome.reason
    assert not score(scoring, chosen, override=("standard", "")).overridden
    with pytest.raises(ValueError, match="reason"):
        score(scoring, chosen, override=("high", " "))
    with pytest.raises(ValueError, match="no such band"):
        score(scoring, chosen, override=("red", "because"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["bands"].pop(0), "below the lowest band"),
        (lambda d: d["bands"][1].update(code="standard"), "band stands there twice"),
        (lambda d: d["bands"][1].update({"from": 0}), "start of a band stands there twice"),
        (lambda d: d["bands"][-1].update({"from": 99}), "no score reaches"),
        (lambda d: d["bands"][0].update(tone="red"), "no tone"),
        (lambda d: d["questions"].append(d["questions"][0]), "question stands there twice"),
        (lambda d: d["questions"][0]["options"].append(d["questions"][0]["options"][0]), "stands there twice"),
        (lambda d: d["questions"][0].update(options=d["questions"][0]["options"][:1]), "at least two"),
        (lambda d: d.update(questions=[]), "needs questions"),
        (lambda d: d.pop("bands"), "cannot be read"),
        (lambda d: d["questions"][0]["options"][0].update(points="many"), "cannot be read"),
    ],
)
def test_an_unsound_scheme_is_refused(change, words):
    definition = copy.deepcopy(VICTIM)
    change(definition)
    with pytest.raises(SchemeError, match=words):
        read(definition)


def point(total, *, rank=1, scheme="a", version="1", days=0):
    return Point(NOON + timedelta(days=days), total, 24, f"Band {rank}", rank, scheme, version)


@pytest.mark.parametrize(
    ("before", "after", "way", "words"),
    [
        (None, point(18), 0, ""),
        (point(15), point(18), 1, "up 3"),
        (point(18), point(16), -1, "down 2"),
        (point(18), point(18), 0, "no change"),
        (point(18, rank=2), point(18, rank=3), 1, "no change"),
        (point(18), point(3, scheme="b"), 0, ""),
        (point(18, rank=3), point(3, rank=4, version="2"), 1, ""),
    ],
)
def test_change_since_last_time(before, after, way, words):
    assert direction(before, after) == way
    assert change_words(before, after) == words
    assert summary(before, after) == ", ".join(filter(None, [f"{after.total} of 24", words]))
