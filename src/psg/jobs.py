"""What runs by itself, connected to the names of the timetable in `worker/schedule.py`. Each may run late or twice."""

from datetime import timedelta

from sqlalchemy import delete, select

from psg import audit, clock
from psg.accounts import kept, throttle
from psg.accounts.models import UserSession
from psg.audit.seal import seal_all
from psg.cases import drafting
from psg.cases.operations import expire_drafts
from psg.db import db, reading_done, transaction
from psg.db.once import done_once
from psg.meetings.drafting import forget_old as forget_old_items
from psg.meetings.planning import plan_meetings
from psg.meetings.tasks import remind_of_tomorrow
from psg.oversight.tidying import tidy
from psg.partnerships.models import Group, Partnership
from psg.partnerships.rules import GroupState
from psg.people.matching import reshuffle
from psg.reminders import jobs

_ONCE_KEPT = timedelta(days=7)
_SESSIONS_KEPT = timedelta(days=2)


def register() -> None:
    """Give each line of the timetable its function."""
    jobs.register("seal-audit", seal_all)
    jobs.register("clean-sessions", clean_sessions)
    jobs.register("plan-meetings", plan_every_group)
    jobs.register("expire-drafts", expire_old_drafts)
    jobs.register("reshuffle-index", reshuffle_index)
    jobs.register("remind-of-meetings", remind_of_tomorrow)
    jobs.register("tidy", tidy)


def clean_sessions() -> None:
    """Drop sessions that ended, keys of forms sent long ago, kept forms and counted sign-ins."""
    with transaction():
        db.session.execute(delete(UserSession).where(UserSession.seen_at < clock.now() - _SESSIONS_KEPT))
        db.session.execute(delete(done_once).where(done_once.c.created_at < clock.now() - _ONCE_KEPT))
        kept.forget_old()
        throttle.forget_old()


def plan_every_group() -> None:
    """Keep a year of meetings planned, one group at a time."""
    groups = list(db.session.scalars(select(Group).where(Group.state == GroupState.ACTIVE)))
    for group in groups:
        with transaction(hold=(group,)):
            plan_meetings(group, by=audit.SYSTEM)


def expire_old_drafts() -> None:
    """Erase drafts that were begun and not sent for four weeks, and forget pages that nobody came back to."""
    with transaction():
        expire_drafts()
        drafting.forget_old()
        forget_old_items()


def reshuffle_index() -> None:
    """Write the search tags of each partnership anew, in another order."""
    partnerships = list(db.session.scalars(select(Partnership.id)))
    reading_done()
    for partnership_id in partnerships:
        with transaction():
            reshuffle(partnership_id)
