"""A case that was closed: its lead officer and its referrer hear of it."""

from datetime import timedelta

import time_machine
from sqlalchemy import select

from psg import clock
from psg.cases import operations, reminding
from psg.cases.models import (
    Case,
)
from psg.db import db, transaction
from psg.reminders.models import Delivery
from psg.web.words import long_date
from tests.cases.samples import opened
from tests.conftest import on_both

CLOSING = {"reason_code": "risk-reduced", "reason": "Quiet since May", "changed_for_person": "Sleeps at home"}


def closings(case: Case) -> dict[object, Delivery]:
    """Mails that say so of the case, by who gets them; of each person the latest."""
    rows = db.session.scalars(select(Delivery).where(Delivery.kind == "case-closed").order_by(Delivery.id))
    return {row.user_id: row for row in rows if row.details["case_id"] == str(case.id)}


@on_both
def test_lead_officer_and_referrer_hear_that_their_case_was_closed(context, world):
    case, people = opened(world), world.people
    with transaction(hold=(case,)):
        operations.close(case, **CLOSING, by=world.viewer("chair"))
    mails, kind = closings(case), reminding.CASE_CLOSED
    assert set(mails) == {people["landlord"].user_id, people["officer"].user_id}
    for name, part in (("landlord", "you lead"), ("officer", "you referred")):
        viewer, mail = world.viewer(name), mails[people[name].user_id]
        assert kind.wanted(viewer, mail)
        message = kind.render(viewer, mail)
        assert message.subject == f"PSG: case {case.reference} was closed"
        (told,) = message.paragraphs
        assert told.startswith(f"Case {case.reference}, which {part}, was closed on {long_date(clock.today())}. ")
        assert told.endswith(" The reason stands on its timeline.")
        assert message.link == f"/east-test/cases/{case.reference}/timeline"
        said = f"{message.subject} {message.paragraphs} {message.why} {mail.details}"
        assert not any(word in said for word in (*CLOSING.values(), "Ludlow", case.title))
    assert not kind.wanted(world.viewer("chair"), mails[people["officer"].user_id]), "neither leads nor referred it"
    with transaction(hold=(case,)):
        operations.reopen(
            case, reason="It began again", review_on=clock.today() + timedelta(days=7), by=world.viewer("chair")
        )
    first = mails[people["landlord"].user_id]
    assert not kind.wanted(world.viewer("landlord"), first), "it is open again"
    with time_machine.travel(clock.now() + timedelta(minutes=3), tick=False), transaction(hold=(case,)):
        operations.close(case, **CLOSING, by=world.viewer("landlord"))
    assert not kind.wanted(world.viewer("landlord"), first), "it says of another closing"
    again = closings(case)
    assert again[people["landlord"].user_id].id == first.id, "who closed it themselves is not told"
    assert kind.wanted(world.viewer("officer"), again[people["officer"].user_id])


def test_who_may_not_read_a_closed_case_hears_that_it_is_closed_and_no_more(context, world):
    case = opened(world)
    with transaction(hold=(case,)):
        operations.pass_on(case, group_id=world.groups["young"], reason="Young people", by=world.viewer("coordinator"))
    with transaction(hold=(case,)):
        operations.close(case, **CLOSING, by=world.viewer("youthchair"))
    viewer, mail = world.viewer("landlord"), closings(case)[world.people["landlord"].user_id]
    assert reminding.CASE_CLOSED.wanted(viewer, mail)
    message = reminding.CASE_CLOSED.render(viewer, mail)
    assert message.link == ""
    assert "Ask your coordinator" in str(message.paragraphs)
