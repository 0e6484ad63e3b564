"""What a group's set-up says of its meetings."""

from sqlalchemy import func, select

from psg.db import db
from psg.meetings import recurrence
from psg.meetings.models import StandingItem
from psg.meetings.planning import rhythm_of, series_of
from psg.partnerships.models import Group
from psg.partnerships.providers import SetUpPage
from psg.web.words import plural


def _sections(group: Group) -> str:
    kept = select(func.count(StandingItem.id)).where(
        StandingItem.partnership_id == group.partnership_id, StandingItem.group_id == group.id
    )
    count = db.session.scalar(kept)
    return plural(count, "section") if count else ""


def _rhythm(group: Group) -> str:
    series = series_of(group)
    return recurrence.in_words(rhythm_of(series)) if series else ""


SET_UP_PAGES = (
    SetUpPage("meetings.standing_agenda", "Standing agenda", "The fixed items of every agenda, in order", _sections),
    SetUpPage("meetings.series", "Dates", "How often, when and where the group meets", _rhythm),
)
