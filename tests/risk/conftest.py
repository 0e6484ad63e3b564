"""Makes a case to assess, and schemes to assess it with."""

import pytest

from psg import audit, clock
from psg.audit.events import Event
from psg.cases.models import Case
from psg.db import db, transaction
from psg.risk import operations, queries
from psg.risk.models import Scheme
from psg.risk.rules import read
from tests.cases.samples import opened

PERSON = "example-person-harmed"
PLACE = "example-place"


@pytest.fixture
def case(context, world) -> Case:
    """An open case of the group psg, about a person and a place."""
    return opened(world)


def add_version(old, **changes):
    """A second version of a scheme, in force from today. Inside transaction()."""
    audit.record(Event.RISK_SCHEMES_LOADED, None, by=audit.SYSTEM, partnership_id=old.partnership_id)
    db.session.add(
        Scheme(
            partnership_id=old.partnership_id,
            code=old.code,
            version="2",
            about=old.about,
            title=old.title,
            definition=dict(old.definition) | {"version": "2"} | changes,
            valid_from=clock.today(),
            valid_until=None,
        )
    )


def answers(scheme, pick):
    """Answers to every question: `pick` chooses among a question's options."""
    return {q.code: (pick(q.options).code, "") for q in read(scheme.definition).questions}


def lowest(options):
    return min(options, key=lambda option: option.points)


def highest(options):
    return max(options, key=lambda option: option.points)


@pytest.fixture
def scheme(world):
    """A standard scheme of the first partnership, by code."""

    def find(code=PERSON):
        return queries.scheme(world.east, code, "1")

    return find


@pytest.fixture
def assess(case, world, scheme):
    """Assesses the case."""

    def make(pick=lowest, *, by="officer", code=PERSON, on=None, **more):
        made_by = scheme(code)
        with transaction(hold=(on or case,)):
            return operations.assess(
                on or case, scheme=made_by, answers=answers(made_by, pick), by=world.viewer(by), **more
            )

    return make
