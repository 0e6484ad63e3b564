"""What the clock does for meetings. Each opens its own transactions; running one twice does no harm."""

from psg import audit
from psg.db import db, transaction
from psg.meetings import reminding
from psg.meetings.planning import plan_meetings


def plan_all() -> int:
    """Every night: plan each group's meetings for a year ahead. Gives how many are new."""
    groups = reminding.groups_to_plan()
    planned = 0
    for group in groups:
        with transaction():
            planned += len(plan_meetings(group, by=audit.SYSTEM))
    db.session.remove()
    return planned


def remind_of_tomorrow() -> int:
    """Every morning: write the messages about meetings of the next working day. Gives the number of meetings."""
    with transaction():
        return reminding.remind_of_meetings()
