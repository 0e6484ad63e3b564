"""Scoring by a scheme that is data: a sum of points, its band, and what changed since last time. Plain Python.

A scheme has the shape of reference/risk-victim.yaml. A score informs; people decide: an override keeps both values.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NOT_KNOWN = "not-known"
"""The option of each question that says nothing is known; it counts what the scheme says, and shows as such."""

_TONE_RANK = {"none": 0, "low": 1, "middle": 2, "high": 3, "highest": 4}


class SchemeError(ValueError):
    """A scheme that cannot be scored with; the text says what is wrong with it."""


class AnswersMissing(ValueError):
    """Some questions have no answer that the scheme knows."""

    def __init__(self, questions: Sequence[str]) -> None:
        super().__init__(f"no answer to: {', '.join(questions)}")
        self.questions = tuple(questions)


@dataclass(frozen=True)
class Option:
    """One answer to a question."""

    code: str
    label: str
    points: int


@dataclass(frozen=True)
class Question:
    """One question, in the order of the form."""

    code: str
    text: str
    help: str
    options: tuple[Option, ...]

    def option(self, code: str) -> Option | None:
        """The option with that code."""
        return next((option for option in self.options if option.code == code), None)

    @property
    def most(self) -> int:
        """The points of the answer that counts most."""
        return max(option.points for option in self.options)


@dataclass(frozen=True)
class Band:
    """A band begins at a score and ends where the next one begins."""

    code: str
    label: str
    tone: str
    start: int
    review_days: int

    @property
    def rank(self) -> int:
        """For comparing bands, also those of different schemes."""
        return _TONE_RANK[self.tone]


@dataclass(frozen=True)
class Scoring:
    """A scheme that has been read and found sound."""

    code: str
    version: str
    title: str
    label: str
    about: str
    questions: tuple[Question, ...]
    bands: tuple[Band, ...]
    """Lowest first; the first begins at the lowest score there is, so that no score falls between bands."""

    @property
    def maximum(self) -> int:
        """The highest score there is."""
        return sum(question.most for question in self.questions)

    @property
    def minimum(self) -> int:
        """The lowest score there is."""
        return sum(min(option.points for option in question.options) for question in self.questions)

    def band_of(self, total: int) -> Band:
        """The band that a score falls into."""
        return max((band for band in self.bands if band.start <= total), key=lambda band: band.start)

    def band(self, code: str) -> Band | None:
        """The band with that code."""
        return next((band for band in self.bands if band.code == code), None)

    def question(self, code: str) -> Question | None:
        """The question with that code."""
        return next((question for question in self.questions if question.code == code), None)


@dataclass(frozen=True)
class Answer:
    """What was answered to one question, and on what it rests."""

    question: str
    option: str
    points: int
    evidence: str = ""


@dataclass(frozen=True)
class Score:
    """The outcome of scoring: answers, total, the band scored, and the band that people settled on."""

    answers: tuple[Answer, ...]
    total: int
    maximum: int
    scored: Band
    band: Band
    reason: str = ""
    """Why another band was set; empty when people agreed with the score."""

    @property
    def overridden(self) -> bool:
        """Whether people set another band than the score gives."""
        return self.band.code != self.scored.code

    @property
    def not_known(self) -> list[str]:
        """Codes of the questions to which nothing is known."""
        return [answer.question for answer in self.answers if answer.option == NOT_KNOWN]


def read(definition: Mapping[str, Any]) -> Scoring:
    """A scheme from data; raises SchemeError when it could give a score without a band, or a question no answer."""
    try:
        scoring = Scoring(
            code=definition["code"],
            version=str(definition["version"]),
            title=definition["title"],
            label=definition["label"],
            about=definition["subject"],
            questions=tuple(
                Question(
                    q["code"],
                    q["text"],
                    q.get("help") or "",
                    tuple(Option(o["code"], o["label"], int(o["points"])) for o in q["options"]),
                )
                for q in definition["questions"]
            ),
            bands=tuple(
                sorted(
                    (
                        Band(b["code"], b["label"], b["tone"], int(b["from"]), int(b["review_days"]))
                        for b in definition["bands"]
                    ),
                    key=lambda band: band.start,
                )
            ),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise SchemeError(f"the scheme cannot be read: {problem}") from None
    _check(scoring)
    return scoring


def _check(scoring: Scoring) -> None:
    if not scoring.questions or not scoring.bands:
        raise SchemeError("a scheme needs questions and bands")
    _once("question", [question.code for question in scoring.questions])
    _once("band", [band.code for band in scoring.bands])
    _once("start of a band", [band.start for band in scoring.bands])
    for question in scoring.questions:
        if len(question.options) < 2:
            raise SchemeError(f"question {question.code} needs at least two answers")
        _once(f"answer to {question.code}", [option.code for option in question.options])
    if scoring.bands[0].start > scoring.minimum:
        raise SchemeError("scores below the lowest band have no band")
    if scoring.bands[-1].start > scoring.maximum:
        raise SchemeError("no score reaches the highest band")
    if unknown := [band.tone for band in scoring.bands if band.tone not in _TONE_RANK]:
        raise SchemeError(f"there is no tone {unknown[0]}")


def _once(what: str, values: Sequence[object]) -> None:
    if len(set(values)) != len(values):
        raise SchemeError(f"a {what} stands there twice")


def missing(scoring: Scoring, chosen: Mapping[str, str]) -> list[str]:
    """Codes of the questions without an answer that the scheme knows, in the order of the form."""
    return [q.code for q in scoring.questions if q.option(chosen.get(q.code, "")) is None]


def score(
    scoring: Scoring,
    chosen: Mapping[str, str],
    evidence: Mapping[str, str] | None = None,
    override: tuple[str, str] | None = None,
) -> Score:
    """Score a full set of answers {question: option}.

    override: (code of the band that people set, their reason). Raises AnswersMissing; ValueError for an override to no
    band of the scheme, or without a reason.
    """
    if absent := missing(scoring, chosen):
        raise AnswersMissing(absent)
    answers = []
    for question in scoring.questions:
        option = question.option(chosen[question.code])
        if option is not None:
            answers.append(Answer(question.code, option.code, option.points, (evidence or {}).get(question.code, "")))
    total = sum(answer.points for answer in answers)
    scored = scoring.band_of(total)
    band, reason = scored, ""
    if override is not None and override[0] != scored.code:
        chosen_band = scoring.band(override[0])
        if chosen_band is None:
            raise ValueError("the scheme has no such band")
        if not override[1].strip():
            raise ValueError("another band needs a reason")
        band, reason = chosen_band, override[1]
    return Score(tuple(answers), total, scoring.maximum, scored, band, reason)


_NOTE_OF = re.compile(r"Note of \d{1,2} [A-Z][a-z]+ \d{4}: ")


def kept_note(earlier: str, day: str, new: str, today: str) -> str:
    """What an answer rests on when an earlier note still holds: each note under the day it was first written.

    day, today: of the earlier note and of the new one. A new note that begins with the earlier one, because it was
    kept and then changed, is whole already.
    """
    dated = earlier if _NOTE_OF.match(earlier) else f"Note of {day}: {earlier}"
    if new.startswith(dated):
        return new
    return "\n".join(filter(None, (dated, new and f"Note of {today}: {new}")))


# Several scores of one case


@dataclass(frozen=True)
class Point:
    """One assessment, as comparisons and charts need it."""

    at: datetime
    total: int
    maximum: int
    band: str
    """Label of the band that holds."""
    rank: int
    scheme: str
    version: str
    scored: str = ""
    """Label of the band that was scored, where people set another one."""

    @property
    def band_words(self) -> str:
        """ "High", or "High (scored Medium)"."""
        return f"{self.band} (scored {self.scored})" if self.scored and self.scored != self.band else self.band


def comparable(before: Point, after: Point) -> bool:
    """Whether two totals mean the same: one scheme, one version."""
    return (before.scheme, before.version) == (after.scheme, after.version)


def direction(before: Point | None, after: Point) -> int:
    """-1 down, 0 the same or not to be compared, 1 up. Totals of one version; bands across versions of one scheme."""
    if before is None or before.scheme != after.scheme:
        return 0
    totals = (before.total, after.total) if comparable(before, after) else (0, 0)
    first, second = totals if totals[0] != totals[1] else (before.rank, after.rank)
    return (second > first) - (second < first)


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The questions answered otherwise than before; both {question: option}."""
    return [question for question, chosen in now.items() if before.get(question) != chosen]


def change_words(before: Point | None, after: Point) -> str:
    """ "up 3", "down 2", "no change", or "" when there is nothing to compare with."""
    if before is None or not comparable(before, after):
        return ""
    change = after.total - before.total
    return "no change" if change == 0 else f"{'up' if change > 0 else 'down'} {abs(change)}"


def summary(before: Point | None, after: Point) -> str:
    """For lists, beside the band: "18 of 24, up 3"."""
    return ", ".join(filter(None, (f"{after.total} of {after.maximum}", change_words(before, after))))
