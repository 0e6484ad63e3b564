"""A small installation's worth of audited history."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

from psg import audit
from psg.audit import Event
from psg.audit.seal import seal_once
from psg.db import add_new, db, transaction
from psg.ids import new_id
from tests.audit.models import AGENCY, PARTNERSHIP, Band, Link, Sample, Viewer


def make_sample(words: str = "", **values: object) -> Sample:
    return Sample(
        partnership_id=PARTNERSHIP,
        id=new_id(),
        words=words,
        band=Band.HIGH,
        due_on=date(2026, 12, 8),
        seen_at=datetime(2026, 11, 21, 10, 42, 7, 123456, tzinfo=UTC),
        points=7,
        cost=Decimal("12.5"),
        share=0.1,
        title_sealed=bytes(range(64)),
        data={"b": [1, "é"], "a": None},
        **values,
    )


def add(by: Viewer, words: str = "", *, at_once: bool = False) -> Sample:
    with transaction():
        sample = make_sample(words)
        add_new(sample) if at_once else db.session.add(sample)
        audit.record(Event.CASE_LOGGED, sample, by=by)
    return sample


def edit(by: Viewer, sample: Sample, **values: object) -> None:
    with transaction():
        for name, value in values.items():
            setattr(sample, name, value)
        audit.record(Event.CASE_EDITED, sample, by=by, fields=tuple(values))


def remove(by: Viewer, sample: Sample) -> None:
    with transaction():
        db.session.delete(sample)
        audit.record(Event.CASE_ERASED, sample, by=by)


def link(by: Viewer, code: str = "a/b%") -> Link:
    with transaction():
        made = Link(partnership_id=PARTNERSHIP, user_id=AGENCY, role=Band.HIGH, code=code)
        db.session.add(made)
        audit.record(Event.ROLE_GIVEN, made, by=by)
    return made


def history(by: Viewer) -> list[Sample]:
    """Three seals over six records, some changed, one removed; then two events that are not sealed yet."""
    samples = [add(by, f"words {number}", at_once=number % 2 == 0) for number in range(6)]
    seal_once()
    edit(by, samples[0], words="second words")
    edit(by, samples[0], words="third words", band=Band.LOW)
    link(by)
    audit.looked(Event.CASE_LOOKED_AT, samples[1], by=by, why="member")
    seal_once()
    edit(by, samples[1], points=8)
    remove(by, samples[5])
    audit.looked(Event.CASES_LISTED, by=by, partnership_id=PARTNERSHIP, ids=[sample.id for sample in samples[:5]])
    seal_once()
    audit.refused(None, by=by, partnership_id=PARTNERSHIP, why="cases.show")
    edit(by, samples[2], points=9)
    return samples


def hexed(value: uuid.UUID, postgresql: bool) -> str:
    """An id as the database spells it in SQL."""
    return str(value) if postgresql else value.hex
