"""What the clock does for meetings besides planning them."""

from psg import clock
from psg.db import transaction
from psg.meetings import reminding
from psg.reminders.rules import DIGEST_TIME


def remind_of_tomorrow() -> int:
    """Again and again: write the messages about meetings of the next working day. Gives the number of meetings.

    Run often or late, it still sends one mail to each person for each date of a meeting, and none at night.
    """
    if clock.local(clock.now()).time() < DIGEST_TIME:
        return 0
    with transaction():
        return reminding.remind_of_meetings()
