"""Connects what the application's assembly connects, and makes a case to assess."""

from importlib.util import find_spec

import pytest

from psg.cases.models import Case
from psg.db import transaction
from psg.risk import operations, queries
from psg.risk.rules import read
from psg.web import nav
from tests.cases.samples import opened

PERSON = "example-person-harmed"
PLACE = "example-place"


@pytest.fixture(autouse=True)
def connected(app, monkeypatch):
    if find_spec("psg.worklist") is None or find_spec("psg.worklist.navigation") is None:
        monkeypatch.setitem(app.extensions, nav.BUILDER, lambda: nav.SIGNED_OUT)


@pytest.fixture
def case(context, world) -> Case:
    """An open case of the group psg, about a person and a place."""
    return opened(world)


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
