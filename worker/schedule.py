"""What runs when. The functions behind the names are registered in `psg.wiring`."""

from datetime import time

from psg.reminders.jobs import Daily, Every, Timetable

TIMETABLE: Timetable = {
    "pulse": Every(60),  # the worker shows that it lives
    "send-urgent": Every(30),  # invitations, password resets
    "send-reminders": Every(120),  # what is due becomes digests and messages, and all of it is sent
    "seal-audit": Every(120),  # close the audit events since the last seal
    "clean-sessions": Every(3600),  # sessions that have ended, keys of forms sent long ago, forms kept after a time-out
    "plan-meetings": Daily(time(3, 10)),  # the next year's dates of every series
    "remind-of-meetings": Every(900),  # on the working day before a meeting, from the morning on; one message each
    "expire-drafts": Daily(time(3, 20)),  # cases begun and not sent for 28 days
    "tidy": Daily(time(3, 40)),  # messages, settled reminders and the like that were kept long enough
    "reshuffle-index": Daily(time(3, 30)),  # so that the order of search tags tells nothing
}
