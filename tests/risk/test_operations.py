"""Assessing: what is kept for good, how it stands on the case, and what the audit says."""

import pytest
from sqlalchemy import select

from psg import audit
from psg.audit.models import AuditEvent
from psg.cases import operations as cases
from psg.cases.rules import SubjectKind, Tone
from psg.db import Clash, DomainError, db, transaction
from psg.risk import operations, queries
from psg.risk.models import Assessment, Scheme
from tests.cases.samples import sent
from tests.conftest import on_both
from tests.risk.conftest import PERSON, PLACE, answers, highest, lowest

pytestmark = pytest.mark.usefixtures("context")


@on_both
def test_the_standard_schemes_stand_in_every_partnership(world):
    for partnership_id in (world.east, world.city):
        assert [s.code for s in queries.current_schemes(partnership_id)] == [PERSON, PLACE]
    assert [s.code for s in queries.current_schemes(world.east, SubjectKind.PLACE)] == [PLACE]
    assert len(queries.current_schemes(world.east, SubjectKind.BOTH)) == 2
    with transaction():
        assert operations.load_schemes(world.east, by=audit.SYSTEM) == []


@on_both
def test_assessing(case, assess, world):
    made = assess(lowest)
    assert made.result["total"] == 0
    assert (case.band, case.band_tone, case.band_direction, case.summary) == ("Standard", Tone.LOW, 0, "0 of 30")
    assert case.assessed_at == made.assessed_at
    assess(highest)
    assert (case.band, case.band_tone, case.band_rank) == ("Very high", Tone.HIGHEST, 4)
    assert (case.band_direction, case.summary) == (1, "30 of 30, up 30")
    events = db.session.scalars(select(AuditEvent.event).where(AuditEvent.record_id == made.id)).all()
    assert events == ["risk.assessed"]
    assert made.agency_id == world.agencies["police"]


def test_nothing_typed_stands_in_the_plain(case, scheme, world):
    given = answers(scheme(), lowest) | {"often": ("none", "Raymond Tebbitt told me")}
    with transaction(hold=(case,)):
        made = operations.assess(case, scheme=scheme(), answers=given, by=world.viewer("officer"))
    (row,) = db.session.execute(select(Assessment.__table__).where(Assessment.id == made.id)).all()
    assert not any(b"Tebbitt" in value for value in row if isinstance(value, bytes))
    assert made.result["answers"]["often"]["evidence"] == "Raymond Tebbitt told me"


def test_an_override_keeps_both(case, assess):
    made = assess(lowest, override=("high", "Nobody dares to report"))
    assert (made.result["scored_band"], made.result["band"]) == ("standard", "high")
    assert case.band == "High"
    (read,) = queries.of_case(case)
    assert (read.overridden, read.reason, read.point.band_words) == (
        True,
        "Nobody dares to report",
        "High (scored Standard)",
    )
    why = db.session.scalars(select(AuditEvent.why).where(AuditEvent.record_id == made.id)).one()
    assert why == "override"


def test_replacing_a_wrong_one(case, assess):
    first = assess(lowest)
    wrong = assess(highest)
    right = assess(lowest, replaces=wrong)
    found = queries.of_case(case)
    assert [one.record.id for one in found] == [right.id, wrong.id, first.id]
    assert [one.replaced_by for one in found] == [None, right.id, None]
    assert [one.record.id for one in queries.counting(found)] == [right.id, first.id]
    assert (case.band, case.band_direction, case.summary) == ("Standard", 0, "0 of 30, no change")
    assert found[0].change == "no change"
    with pytest.raises(Clash):
        assess(lowest, replaces=wrong)


def test_two_schemes_are_two_series(case, assess):
    assess(lowest)
    assess(highest, code=PLACE)
    assess(highest)
    series = queries.series(queries.of_case(case))
    assert [one.code for one in series] == [PERSON, PLACE]
    assert len(series[0].chart.rows) == 2
    assert series[1].chart.drawings == ()


def test_what_assessing_refuses(case, assess, scheme, world):
    everything = "Answer question 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, or select Not known"
    with pytest.raises(DomainError, match=everything), transaction(hold=(case,)):
        operations.assess(case, scheme=scheme(), answers={}, by=world.viewer("officer"))
    with pytest.raises(DomainError, match="reason"):
        assess(override=("high", ""))
    elsewhere = db.session.scalars(select(Scheme).where(Scheme.partnership_id == world.city)).first()
    with pytest.raises(DomainError, match="another partnership"), transaction(hold=(case,)):
        operations.assess(case, scheme=elsewhere, answers=answers(elsewhere, lowest), by=world.viewer("officer"))
    with transaction(hold=(case,)):
        cases.close(
            case, reason_code="risk-reduced", reason="Quiet", changed_for_person="Safe", by=world.viewer("chair")
        )
    with pytest.raises(DomainError, match="closed"):
        assess()
    assert queries.of_case(case) == []


def test_a_referral_can_be_assessed_before_it_is_decided(world, assess):
    waiting = sent(world)
    assess(highest, on=waiting)
    assert waiting.band == "Very high"


def test_the_band_says_when_to_review(case, assess):
    assert queries.review_interval(case) is None
    assess(highest)
    assert queries.review_interval(case) == 7
    assess(lowest, override=("medium", "New people next door"))
    assert queries.review_interval(case) == 28
