"""Finding schemes and assessments. A case's assessments are found from a case that the gate has let through."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Uuid, and_, bindparam, or_, select

from psg import clock
from psg.access import Standing, Viewer
from psg.cases.models import Case
from psg.cases.rules import SubjectKind
from psg.db import db
from psg.risk.chart import Chart, chart
from psg.risk.models import Assessment, Scheme
from psg.risk.rules import Answer, Band, Point, Scoring, change_words, read

PERSON, PLACE = "person", "place"


@dataclass(frozen=True)
class Assessed:
    """An assessment with its scheme, opened."""

    record: Assessment
    scoring: Scoring
    answers: tuple[Answer, ...]
    point: Point
    scored: Band
    band: Band
    reason: str
    replaced_by: uuid.UUID | None
    change: str
    """Against the assessment before, such as "up 3"."""

    @property
    def overridden(self) -> bool:
        """Whether people set another band than the score gives."""
        return self.band.code != self.scored.code

    def answer(self, question: str) -> Answer | None:
        """What was answered to a question."""
        return next((answer for answer in self.answers if answer.question == question), None)

    def answer_label(self, question: str) -> str:
        """The answer to a question in words."""
        answer, asked = self.answer(question), self.scoring.question(question)
        option = asked.option(answer.option) if answer and asked else None
        return option.label if option else ""


@dataclass(frozen=True)
class Series:
    """The assessments of a case by one scheme, with their chart."""

    code: str
    scoring: Scoring
    """The version that was used last."""
    chart: Chart | None


def current_schemes(partnership_id: uuid.UUID, about: str | SubjectKind | None = None) -> list[Scheme]:
    """The versions in force today of the schemes for a person, a place, or (both, None) either."""
    today = clock.today()
    statement = select(Scheme).where(
        Scheme.partnership_id == partnership_id,
        Scheme.valid_from <= today,
        or_(Scheme.valid_until.is_(None), Scheme.valid_until >= today),
    )
    kind = str(about) if about is not None else ""
    if kind in (PERSON, PLACE):
        statement = statement.where(Scheme.about == kind)
    found = db.session.scalars(statement.order_by(Scheme.about, Scheme.title, Scheme.valid_from))
    # Of several versions in force the latest counts.
    return list({scheme.code: scheme for scheme in found}.values())


def band_labels(partnership_id: uuid.UUID) -> dict[str, list[str]]:
    """{tone: labels} of every version of every scheme, since cases keep the band of an old one."""
    found: dict[str, list[str]] = {}
    for definition in db.session.scalars(
        select(Scheme.definition)
        .where(Scheme.partnership_id == partnership_id)
        .order_by(Scheme.about, Scheme.title, Scheme.valid_from)
    ):
        for band in definition["bands"]:
            labels = found.setdefault(band["tone"], [])
            if band["label"] not in labels:
                labels.append(band["label"])
    return found


def scheme(partnership_id: uuid.UUID, code: str, version: str) -> Scheme | None:
    """One version of a scheme."""
    return db.session.scalar(
        select(Scheme).where(Scheme.partnership_id == partnership_id, Scheme.code == code, Scheme.version == version)
    )


def of_case(case: Case) -> list[Assessed]:
    """Every assessment of a case, latest first; those that were replaced say by which."""
    values = {"partnership": case.partnership_id, "case": case.id}
    rows = [(assessment, made_by) for assessment, made_by in db.session.execute(_OF_CASE, values)]
    readings = {made_by.id: read(made_by.definition) for _, made_by in rows}
    replaced = {record.replaces_id: record.id for record, _ in rows if record.replaces_id is not None}
    found: list[Assessed] = []
    last: dict[str, Point] = {}
    for record, made_by in rows:
        opened = _open(record, readings[made_by.id], replaced.get(record.id), last.get(made_by.code))
        if opened.replaced_by is None:
            last[made_by.code] = opened.point
        found.append(opened)
    return found[::-1]


_OF_CASE = (
    select(Assessment, Scheme)
    .join(Scheme, and_(Scheme.partnership_id == Assessment.partnership_id, Scheme.id == Assessment.scheme_id))
    .where(
        Assessment.partnership_id == bindparam("partnership", type_=Uuid()),
        Assessment.case_id == bindparam("case", type_=Uuid()),
    )
    .order_by(Assessment.assessed_at, Assessment.id)
)
"""Built once: every case page asks it."""


def counting(found: Iterable[Assessed]) -> list[Assessed]:
    """Without those that were replaced."""
    return [assessed for assessed in found if assessed.replaced_by is None]


def series(found: Sequence[Assessed]) -> list[Series]:
    """What `of_case` found as one chart for each scheme, the one used last first."""
    counted = counting(found)
    by_scheme: dict[str, list[Assessed]] = {}
    for assessed in counted:
        by_scheme.setdefault(assessed.scoring.code, []).append(assessed)
    return [
        Series(code, rows[0].scoring, chart([row.point for row in rows], rows[0].scoring))
        for code, rows in by_scheme.items()
    ]


def latest(case: Case, code: str) -> Assessed | None:
    """The latest assessment of a case by a scheme that has not been replaced."""
    return next((assessed for assessed in counting(of_case(case)) if assessed.scoring.code == code), None)


def review_interval(case: Case) -> int | None:
    """Days until the next review that the case's band asks for; None when it was never assessed."""
    if not case.band:
        return None
    definition = db.session.scalars(
        select(Scheme.definition)
        .join(
            Assessment,
            and_(Scheme.partnership_id == Assessment.partnership_id, Scheme.id == Assessment.scheme_id),
        )
        .where(Assessment.partnership_id == case.partnership_id, Assessment.case_id == case.id)
        .order_by(Assessment.assessed_at.desc(), Assessment.id.desc())
        .limit(1)
    ).first()
    if definition is None:
        return None
    return next((int(band["review_days"]) for band in definition["bands"] if band["label"] == case.band), None)


def find_assessment(_viewer: Viewer, _standing: Standing, case: Case, assessment_id: uuid.UUID) -> Assessment | None:
    """An assessment of the case that the gate has loaded."""
    return db.session.scalar(
        select(Assessment).where(
            Assessment.partnership_id == case.partnership_id,
            Assessment.case_id == case.id,
            Assessment.id == assessment_id,
        )
    )


def _open(record: Assessment, scoring: Scoring, replaced_by: uuid.UUID | None, before: Point | None) -> Assessed:
    result = record.result
    band, scored = scoring.band(result["band"]), scoring.band(result["scored_band"])
    if band is None or scored is None:
        raise LookupError(f"scheme {scoring.code} version {scoring.version} has lost a band")
    point = Point(
        at=record.assessed_at,
        total=result["total"],
        maximum=result["maximum"],
        band=band.label,
        rank=band.rank,
        scheme=scoring.code,
        version=scoring.version,
        scored=scored.label,
    )
    answers = tuple(
        Answer(question, given["option"], given["points"], given["evidence"])
        for question, given in result["answers"].items()
    )
    return Assessed(
        record=record,
        scoring=scoring,
        answers=answers,
        point=point,
        scored=scored,
        band=band,
        reason=result["override_reason"],
        replaced_by=replaced_by,
        change=change_words(before, point),
    )
