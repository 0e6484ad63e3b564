"""A group's clocks around a meeting: each offset is a setting of the group over the shipped starting value."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from psg import clock, ids, reference
from psg.meetings.models import Meeting
from psg.partnerships.queries import AnyGroup


def offset(group: AnyGroup, code: str) -> int:
    """A group's number of working days for one clock, such as referrals-close."""
    own = group.settings.get(code)
    if isinstance(own, int) and not isinstance(own, bool):
        return own
    return int(_defaults()[code])


def _defaults() -> dict[str, Any]:
    return {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}


@dataclass(frozen=True)
class CutOffs:
    """The dates that lead up to a meeting and follow it."""

    referrals_close: date
    publish_by: date
    research_in: date
    minutes_out: date
    remind_on: date


def cut_offs(group: AnyGroup, held_on: date) -> CutOffs:
    """A meeting's dates in working days of England."""
    return CutOffs(
        referrals_close=clock.add_working_days(held_on, -offset(group, "referrals-close")),
        publish_by=clock.add_working_days(held_on, -offset(group, "agenda-published")),
        research_in=clock.add_working_days(held_on, -offset(group, "research-in")),
        minutes_out=clock.add_working_days(held_on, offset(group, "minutes-out")),
        remind_on=clock.add_working_days(held_on, -offset(group, "meeting-tomorrow")),
    )


def referrals_close(meeting: Meeting, group: AnyGroup) -> date | None:
    """The last day on which a referral is sent for a meeting; None for an extra one: it is called for what waits."""
    return cut_offs(group, meeting.held_on).referrals_close if meeting.series_on is not None else None


def starts_at(meeting: Meeting) -> datetime:
    """The moment a meeting begins: its local date and time, whatever the clocks did since it was planned."""
    return clock.at_local(meeting.held_on, meeting.at)


def began_at(meeting: Meeting, here: Iterable[uuid.UUID], decided: Iterable[datetime]) -> datetime | None:
    """When a meeting really began, which may be long after its planned time; None while nothing says so.

    The reading of the statement says it; until then the first who was marked as here on the day, or the first decision.
    here: ids of the rows of attendance of those who are here. decided: when each decision was recorded.
    """
    if meeting.statement_read_at is not None:
        return meeting.statement_read_at
    day = clock.at_local(meeting.held_on, time(0, 0))
    return min((moment for moment in (*map(ids.made_at, here), *decided) if moment >= day), default=None)


def next_quarter(moment: datetime) -> time | None:
    """The next full quarter of an hour on that day's wall clock; None when it falls on the next day."""
    local = clock.local(moment)
    following = local + timedelta(minutes=15 - local.minute % 15)
    return following.time().replace(second=0, microsecond=0) if following.date() == local.date() else None


def quorum(group: AnyGroup) -> int:
    """How many agencies the group's terms ask for; 0 when they say nothing."""
    own = group.settings.get("quorum")
    return own if isinstance(own, int) and not isinstance(own, bool) and own > 0 else 0


USUAL_TIME = time(10, 0)
USUAL_MINUTES = 120
