"""Connects what the application's assembly connects, and makes cases with actions."""

from datetime import timedelta

import pytest

from psg import clock
from psg.actions import operations
from psg.db import db, transaction
from tests.cases.samples import opened


@pytest.fixture
def case(context, world):
    """An open case of the group psg, led by the landlord."""
    return opened(world)


@pytest.fixture
def give(case, world):
    """Makes an action on the case; owner None makes it the agency's."""

    def make(owner="officer", agency="police", *, due_in=14, by="coordinator", on=None, what="Visit the block", **more):
        with transaction(hold=(on or case,)):
            return operations.add_action(
                on or case,
                what=what,
                owner_id=world.people[owner].user_id if owner else None,
                owner_agency_id=world.agencies[agency],
                due_on=clock.today() + timedelta(days=due_in),
                by=world.viewer(by),
                **more,
            )

    return make


@pytest.fixture
def change():
    """Runs a verb on an action in a transaction of its own, as a page does."""

    def run(verb, action, **values):
        with transaction(hold=(action,)):
            return verb(action, **values)

    return run


@pytest.fixture
def rows(context):
    """Reads plain rows."""

    def read(statement):
        return list(db.session.execute(statement))

    return read
