"""The scene's meetings: being prepared, running, held, and with agreed minutes."""

from datetime import time, timedelta

from sqlalchemy import select

from psg import clock
from psg.db import db, transaction
from psg.meetings import guests
from psg.meetings import operations as meetings
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.rules import Attended, ComesAs, Section
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Group
from tests.journeys.painting_cases import CasePainter, days_ago


class MeetingPainter(CasePainter):
    """Puts meetings about those cases beside them."""

    def _standing_agenda(self) -> None:
        group = db.session.get(Group, (self.east, self.group_id))
        assert group is not None
        lines = [
            meetings.StandingLine("Welcome and confidentiality", Section.TEXT, 5),
            meetings.StandingLine("New referrals", Section.NEW_REFERRALS, 5),
            meetings.StandingLine("Open cases: people", Section.OPEN_PEOPLE, 10),
            meetings.StandingLine("Open cases: places", Section.OPEN_PLACES, 10),
            meetings.StandingLine("Cases proposed for closure", Section.CLOSURE, 3),
            meetings.StandingLine("Any other business", Section.TEXT, 5),
        ]
        with transaction():
            partnerships.change_group(
                group, terms="Works on harm that no agency can end alone.", by=self.who["coordinator"]
            )
            meetings.set_standing_agenda(group, lines, by=self.who["chair"])
        self.group = group

    def _meeting(self, days: int) -> Meeting:
        with transaction():
            return meetings.add_meeting(
                self.group,
                held_on=clock.today() + timedelta(days=days),
                at=time(10, 0),
                minutes=120,
                place="The Grange, room 2",
                by=self.who["chair"],
            )

    def _meetings(self) -> None:
        chair = self.who["chair"]
        for name, days in (("agreed", 56), ("held", 28)):
            with days_ago(days):
                meeting = self._meeting(0)
                with transaction(hold=(meeting,)):
                    meetings.put_on(meeting, self.case.id, by=chair)
                with transaction(hold=(meeting,)):
                    meetings.publish(meeting, by=chair)
                self._hold(meeting)
            self.values[name] = meeting.id
        running = self._meeting(0)
        with transaction(hold=(running,)):
            meetings.publish(running, by=chair)
        preparing = self._meeting(28)
        with transaction(hold=(preparing,)):
            meetings.put_on(preparing, self.case.id, by=chair)
            meetings.take_off(preparing, self.open_too.id, "waits-for-court", by=chair)
        self.values |= {"running": running.id, "preparing": preparing.id, "case_id": self.case.id}
        items = db.session.scalars(
            select(AgendaItem).where(AgendaItem.partnership_id == self.east, AgendaItem.meeting_id == running.id)
        ).all()
        self._guests(running, preparing)
        self.values["text_item"] = next(one.id for one in items if one.case_id is None and one.section is Section.TEXT)
        self.values["case_item"] = next(one.id for one in items if one.case_id is not None)

    def _guests(self, *held: Meeting) -> None:
        """Somebody from outside the group, invited to the item of the main case."""
        for meeting in held:
            with transaction(hold=(meeting,)):
                made = guests.invite(
                    meeting,
                    self.case,
                    user_id=self.world.people["guest"].user_id,
                    comes_as=ComesAs.GUEST,
                    reason="Head of year of both boys, and knows which teacher they listen to.",
                    by=self.who["chair"],
                )
            self.values.setdefault("guest_invitation", made.id)

    def _hold(self, meeting: Meeting) -> None:
        chair, officer = self.who["chair"], self.world.people["officer"].user_id
        with transaction(hold=(meeting,)):
            presence = meetings.Presence(self.world.agencies["police"], Attended.DEPUTY, "P Reeve")
            meetings.record_attendance(meeting, {officer: presence}, by=chair)
            meetings.read_statement(meeting, by=chair)
            for item in db.session.scalars(
                select(AgendaItem).where(AgendaItem.partnership_id == self.east, AgendaItem.meeting_id == meeting.id)
            ):
                if item.case_id == self.case.id:
                    decided = meetings.Decision(
                        code="keep-open",
                        agreed="Patrols stay until the lights work.",
                        next_review_on=clock.today() + timedelta(days=35),
                    )
                    meetings.record_outcome(item, meeting, self.case, decision=decided, by=chair)
                    self.values["held_item"] = item.id
                elif item.case_id is None and item.section is Section.TEXT:
                    meetings.record_note(item, meeting, "The statement was read and accepted.", by=chair)
        with transaction(hold=(meeting,)):
            meetings.end_meeting(meeting, by=chair)
        if "agreed" not in self.values:
            with transaction(hold=(meeting,)):
                meetings.agree_minutes(meeting, by=chair)
            with transaction(hold=(meeting,)):
                meetings.add_addendum(meeting, "The fire service was there from half past ten.", by=chair)
