"""What the clock does for meetings besides planning them."""

from psg.db import transaction
from psg.meetings import reminding


def remind_of_tomorrow() -> int:
    """Every morning: write the messages about meetings of the next working day. Gives the number of meetings.

    Run twice or late, it still sends one mail to each person for each date of a meeting.
    """
    with transaction():
        return reminding.remind_of_meetings()
