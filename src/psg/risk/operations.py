"""What can be done about risk: take over the standard schemes, and assess a case. An assessment is never changed."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from psg import audit, clock, reference
from psg.access import Viewer
from psg.audit import Actor
from psg.audit.events import Event
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.operations.shared import agency_of, person_of
from psg.cases.rules import CaseState, Move, Tone, next_review, why_not
from psg.db import Clash, DomainError, db
from psg.ids import new_id
from psg.partnerships.queries import names_changed
from psg.risk import queries
from psg.risk.models import Assessment, Scheme
from psg.risk.rules import AnswersMissing, Point, Score, direction, read, score, summary

STANDARD_SCHEMES = ("risk-victim", "risk-place")
"""Names of the reference schemes that a new partnership gets."""


def load_schemes(partnership_id: uuid.UUID, *, by: Actor) -> list[Scheme]:
    """Give a partnership its own copy of the standard schemes; a version it has already stays as it is."""
    known = set(db.session.execute(select(Scheme.code, Scheme.version).where(Scheme.partnership_id == partnership_id)))
    added = []
    for name in STANDARD_SCHEMES:
        definition = _plain(reference.load(name))
        scoring = read(definition)
        if (scoring.code, scoring.version) in known:
            continue
        made = Scheme(
            partnership_id=partnership_id,
            id=new_id(),
            code=scoring.code,
            version=scoring.version,
            about=scoring.about,
            title=scoring.title,
            definition=definition,
            valid_from=date.fromisoformat(definition["valid_from"]),
            valid_until=None,
        )
        db.session.add(made)
        added.append(made)
    if added:
        audit.record(Event.RISK_SCHEMES_LOADED, None, by=by, partnership_id=partnership_id)
        names_changed(partnership_id)
    db.session.flush()
    return added


def assess(
    case: Case,
    *,
    scheme: Scheme,
    answers: Mapping[str, tuple[str, str]],
    override: tuple[str, str] | None = None,
    replaces: Assessment | None = None,
    by: Viewer,
) -> Assessment:
    """Score a case once; its band, direction and summary stand on the case from now on.

    answers: {question: (option, evidence)}, one for every question. override: (code of another band, the reason).
    replaces: an assessment of this case that was wrong, which stays readable and counts no longer.
    """
    _require_assessable(case)
    if scheme.partnership_id != case.partnership_id:
        raise DomainError("That scheme belongs to another partnership.")
    found = queries.of_case(case)
    if replaces is not None:
        _require_replaceable(replaces, found)
    result = _scored(scheme, answers, override)
    now = clock.now()
    assessment = Assessment(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        scheme_id=scheme.id,
        assessed_at=now,
        assessed_by=person_of(by),
        agency_id=agency_of(by, case.partnership_id),
        replaces_id=replaces.id if replaces is not None else None,
        result={
            "answers": {
                answer.question: {"option": answer.option, "points": answer.points, "evidence": answer.evidence}
                for answer in result.answers
            },
            "total": result.total,
            "maximum": result.maximum,
            "scored_band": result.scored.code,
            "band": result.band.code,
            "tone": result.band.tone,
            "override_reason": result.reason,
            "subject": scheme.about,
        },
    )
    db.session.add(assessment)
    db.session.flush()
    before = next(
        (
            other.point
            for other in queries.counting(found)
            if other.scoring.code == scheme.code and (replaces is None or other.record.id != replaces.id)
        ),
        None,
    )
    point = _point(assessment, scheme, result)
    cases.set_band(
        case,
        band=result.band.label,
        tone=Tone(result.band.tone),
        direction=direction(before, point),
        summary=summary(before, point),
        at=now,
    )
    cases.touch(case)
    audit.record(Event.RISK_ASSESSED, assessment, by=by, why="override" if result.overridden else "")
    db.session.flush()
    return assessment


def suggested_review(score_of: Score) -> date:
    """The review date that the band's interval asks for, on a working day."""
    return next_review(clock.today(), score_of.band.review_days)


def _require_assessable(case: Case) -> None:
    if case.state is not CaseState.SENT and (sentence := why_not(Move.LEAD, case.state)):
        raise DomainError(sentence)


def _require_replaceable(replaces: Assessment, found: list[queries.Assessed]) -> None:
    same = next((other for other in found if other.record.id == replaces.id), None)
    if same is None:
        raise DomainError("That assessment belongs to another case.")
    if same.replaced_by is not None:
        raise Clash("That assessment has been replaced already.")


def _scored(scheme: Scheme, answers: Mapping[str, tuple[str, str]], override: tuple[str, str] | None) -> Score:
    scoring = read(scheme.definition)
    chosen = {question: option for question, (option, _) in answers.items()}
    evidence = {question: words for question, (_, words) in answers.items()}
    try:
        return score(scoring, chosen, evidence, override)
    except AnswersMissing as problem:
        numbers = [str(n) for n, q in enumerate(scoring.questions, start=1) if q.code in problem.questions]
        raise DomainError(f"Answer question {', '.join(numbers)}, or select Not known.") from None
    except ValueError as problem:
        raise DomainError(f"This band cannot be set: {problem}.") from None


def _point(assessment: Assessment, scheme: Scheme, result: Score) -> Point:
    return Point(
        at=assessment.assessed_at,
        total=result.total,
        maximum=result.maximum,
        band=result.band.label,
        rank=result.band.rank,
        scheme=scheme.code,
        version=scheme.version,
        scored=result.scored.label,
    )


def _plain(value: Any) -> Any:
    """Frozen reference data as plain lists, dictionaries and texts, which JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
