"""A referral that goes to a forum outside the partnership's groups ends here, and does not read as refused."""

import pytest
from sqlalchemy import select

from psg.casefile import copying, timeline
from psg.cases import contents, operations, reminding
from psg.db import db, transaction
from psg.partnerships.queries import directory, labels
from psg.reminders.models import Delivery
from tests.cases.samples import sent


@pytest.mark.parametrize(
    ("reason_code", "here", "told"),
    [
        ("better-forum", "declined and passed on elsewhere", "declined here and passed on elsewhere"),
        ("other-area", "declined and passed on elsewhere", "declined here and passed on elsewhere"),
        ("one-agency", "declined", "declined"),
    ],
)
def test_what_is_passed_on_outside_reads_as_that(context, world, reason_code, here, told):
    case = sent(world)
    with transaction(hold=(case,)):
        operations.decline(case, reason_code=reason_code, reason="It is theirs", by=world.viewer("chair"))
    mail = db.session.scalars(select(Delivery).where(Delivery.kind == "referral-decided")).one()
    message = reminding.REFERRAL_DECIDED.render(world.viewer("officer"), mail)
    assert message.subject == f"PSG: your referral {case.reference} was {told}"
    decisions = contents.small_parts_of(case).decisions
    titles = [one.title for one in timeline.decided(case, decisions, directory(world.east), labels(world.east))]
    assert f"Referral {here}" in titles
    assert f"Decision: {here}, " in copying.for_own_system(case, decisions, [], "PSG")
