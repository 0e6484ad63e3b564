"""The groups' meetings of the past: planned, published, held with attendance and decisions, minutes agreed; and what
lies ahead, with a meeting on the next working day."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import cycle
from itertools import pairwise
from zlib import crc32

from sqlalchemy import select

from psg import clock, reference
from psg.access import Viewer
from psg.cases import queries as cases
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import db, transaction
from psg.demo import rhythms
from psg.demo.reading import Row
from psg.demo.timing import MORNING, Act, Step
from psg.demo.world import World
from psg.meetings import guests
from psg.meetings import operations as meetings
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.operations import Decision, Presence, StandingLine
from psg.meetings.rules import Attended, ComesAs, ItemState, MeetingState, Section
from psg.partnerships.models import Group
from psg.partnerships.queries import directory

TOMORROW = ("east-cambs", "psg")
"""Whose extra meeting is on the next working day."""
_BEFORE_THE_DAY = 7 * 60
_AFTERNOON = 15 * 60 + 30


def steps(world: World) -> Iterator[Step]:
    """Every group's meetings."""
    prepared = False
    for partnership in world.content.partnerships:
        for row in partnership["groups"]:
            circle = _Circle(world, partnership["slug"], row)
            yield from circle.history()
            yield from circle.ahead()
            if (circle.slug, row["slug"]) == TOMORROW:
                yield from circle.tomorrow()
            elif not prepared and not circle.next_is_published:
                prepared = True
                yield circle.preparing()


@dataclass
class _Circle:
    """One group as it meets."""

    world: World
    slug: str
    row: Row
    last: uuid.UUID | None = None
    """The meeting held last, whose minutes the next one agrees."""
    dates: Sequence[date] = field(init=False)

    def __post_init__(self) -> None:
        """The dates of the series, to the end of what is planned."""
        self.dates = rhythms.dates(self.row, self.world.calendar)

    @property
    def at(self) -> time:
        """When the group's meetings begin."""
        return rhythms.begins(self.row)

    @property
    def group(self) -> Group:
        """The group's record."""
        return self.world.group(self.slug, self.row["slug"])

    @property
    def chair(self) -> Viewer:
        """The chair on the day the clock shows."""
        return self.world.viewer(self.row["chair"])

    @property
    def coordinator(self) -> Viewer:
        """The coordinator on the day the clock shows."""
        return self.world.viewer(self.world.coordinator(self.slug))

    @property
    def next_is_published(self) -> bool:
        """Whether the agenda of the next meeting of the series is out by now."""
        today = self.world.calendar.today
        coming = next(day for day in self.dates if day >= today)
        return clock.add_working_days(coming, -_agenda_days()) <= today

    # The steps

    def history(self) -> Iterator[Step]:
        """Set-up, then every meeting up to yesterday, and agendas that are out."""
        calendar = self.world.calendar
        first = calendar.day(rhythms.FIRST_MONTH)
        yield Step(first - timedelta(days=14), MORNING, self._set_up)
        for held_on, following in pairwise(self.dates):
            publish_on = clock.add_working_days(held_on, -_agenda_days())
            if publish_on > calendar.today or held_on < first:
                continue
            if clock.is_bank_holiday(held_on):
                yield Step(held_on - timedelta(days=40), MORNING, self._cancelling(held_on))
                continue
            yield Step(publish_on, _AFTERNOON, self._publishing(held_on))
            if held_on < calendar.today:
                yield Step(held_on, self.at.hour * 60 + self.at.minute, self._holding(held_on, following))

    def ahead(self) -> Iterator[Step]:
        """The coming year, as the nightly task would plan it."""
        yield Step(self.world.calendar.today, 1, self._plan_ahead)

    def tomorrow(self) -> Iterator[Step]:
        """An extra meeting on the next working day, its agenda out, unless the series has one that day; and a guest."""
        calendar = self.world.calendar
        day = clock.next_working_day(calendar.today)
        yield Step(clock.add_working_days(day, -2), _AFTERNOON + 15, self._inviting_a_guest(day))
        if day in self.dates:
            return
        yield Step(clock.add_working_days(day, -8), MORNING, self._adding(day))
        yield Step(clock.add_working_days(day, -3), _AFTERNOON, self._publishing(day))

    def preparing(self) -> Step:
        """The next agenda, arranged by the coordinator and not published."""
        return Step(self.world.calendar.today, 2, self._arrange_next)

    # What is done

    def _set_up(self) -> None:
        calendar = self.world.calendar
        often = self.row["recurrence"]
        lines = [
            StandingLine(entry["title"], Section(entry["section"]), entry["minutes"])
            for entry in reference.load("standing-agenda")["entries"]
        ]
        with transaction():
            meetings.set_standing_agenda(self.group, lines, by=self.coordinator)
            meetings.set_series(
                self.group,
                rhythm=rhythms.rhythm(self.row, calendar),
                at=self.at,
                minutes=often["minutes"],
                place=often["place"],
                by=self.coordinator,
                plan_ahead=False,
            )
            meetings.plan_meetings(self.group, until=calendar.today + timedelta(days=60), by=self.coordinator)

    def _plan_ahead(self) -> None:
        with transaction():
            meetings.plan_meetings(self.group, by=self.coordinator)

    def _adding(self, day: date) -> Act:
        def act() -> None:
            place = self.row["recurrence"]["place"]
            with transaction():
                meetings.add_meeting(self.group, held_on=day, at=self.at, minutes=90, place=place, by=self.coordinator)

        return act

    def _cancelling(self, held_on: date) -> Act:
        def act() -> None:
            with transaction():
                meetings.cancel_meeting(self._meeting(held_on), reason="holiday", by=self.coordinator)

        return act

    def _publishing(self, held_on: date) -> Act:
        def act() -> None:
            with transaction():
                meetings.publish(self._meeting(held_on), by=self.coordinator)

        return act

    def _inviting_a_guest(self, day: date) -> Act:
        def act() -> None:
            row, meeting = self.world.content.meetings["guest"], self._meeting(day)
            on = {item.case_id for item in self._items(meeting) if item.case_id is not None and item.published}
            wanted = next((case_id for key in row["cases"] if (case_id := self.world.cases[key]) in on), None)
            if wanted is None:
                return
            with transaction():
                case = cases.find_id(self.chair, self.world.place(self.row["chair"], self.slug), wanted)
                if case is not None:
                    guests.invite(
                        meeting,
                        case,
                        user_id=self.world.users[row["user"]],
                        comes_as=ComesAs.GUEST,
                        reason=row["reason"],
                        by=self.chair,
                    )

        return act

    def _arrange_next(self) -> None:
        today = self.world.calendar.today
        meeting = self._meeting(next(day for day in self.dates if day >= today))
        with transaction():
            bench = meetings.arrange(meeting, by=self.coordinator)
            lines = bench.agenda.lines
        if len(lines) > 2:
            with transaction():
                meetings.take_off(meeting, lines[-1].case_id, "waits-for-agency", by=self.chair)

    def _holding(self, held_on: date, following: date) -> Act:
        def act() -> None:
            meeting, chair = self._meeting(held_on), self.chair
            with transaction():
                meetings.record_attendance(meeting, self._attendance(meeting), by=self.coordinator)
                meetings.read_statement(meeting, by=chair)
            items = self._items(meeting)
            taken = [(item.case_id, item) for item in items if item.case_id is not None and item.published]
            for case_id, item in sorted(taken, key=lambda pair: str(self.world.case_rows[pair[0]]["key"])):
                self._decide(item, meeting, case_id, following)
            with transaction():
                self._notes(meeting, items)
                meetings.end_meeting(meeting, by=chair)
                if self.last is not None:
                    meetings.agree_minutes(db.session.get_one(Meeting, (meeting.partnership_id, self.last)), by=chair)
            self.last = meeting.id

        return act

    def _decide(self, item: AgendaItem, meeting: Meeting, case_id: uuid.UUID, following: date) -> None:
        row = self.world.case_rows[case_id]
        place = self.world.place(self.row["chair"], self.slug)
        with transaction():
            case = cases.find_id(self.chair, place, case_id)
            if case is None or case.state not in (CaseState.SENT, CaseState.OPEN):
                return
            decision = self._decision(case, row, meeting.held_on, following)
            if decision is not None:
                meetings.record_outcome(item, meeting, case, decision=decision, by=self.chair)

    def _decision(self, case: Case, row: Row, held_on: date, following: date) -> Decision | None:
        """What is decided, by a fixed rule; None for a case that was not reached."""
        chance = crc32(f"{row['key']} {held_on.toordinal() - self.world.calendar.today.toordinal()}".encode())
        said = self.world.content.meetings
        if case.state is CaseState.SENT:
            return Decision(code="defer", agreed=_one_of(said["defer_referral"], chance))
        if case.closure_proposed_at is not None:
            closure = row["closures"][-1]
            return Decision(
                code="close",
                agreed=closure["text"],
                close_reason=closure["reason_code"],
                changed_for_person=said["changed"].get(closure["reason_code"], said["changed"]["actions-done"]),
            )
        if chance % 13 == 0:
            return None
        review = self._review(row, chance, held_on, following)
        if review is None:
            return Decision(code="defer", agreed=_one_of(said["defer_open"], chance))
        if chance % 17 == 0:
            return Decision(code="escalate", agreed=_one_of(said["escalate"], chance), next_review_on=review)
        return Decision(code="keep-open", agreed=_one_of(said["keep_open"], chance), next_review_on=review)

    def _review(self, row: Row, chance: int, held_on: date, following: date) -> date | None:
        """The next review: the one that stands today as soon as it can be said, before that a meeting's date."""
        if "review_due" not in row:
            return following
        final = self.world.calendar.due(row["review_due"])
        if final < held_on:
            return None
        later = following if chance % 3 else following + timedelta(days=28)
        return final if final <= later or later >= self.world.calendar.today else later

    def _attendance(self, meeting: Meeting) -> Mapping[uuid.UUID, Presence]:
        """Who came, by a fixed rule: most are there, some send a deputy or apologies."""
        came: dict[uuid.UUID, Presence] = {}
        deputies = cycle(self.world.content.meetings["deputies"])
        people = directory(meeting.partnership_id).people
        for person in sorted(people, key=lambda one: one.name):
            if meeting.group_id not in person.groups:
                continue
            chance = crc32(f"{person.name} {meeting.held_on.toordinal()}".encode()) % 20
            if person.user_id == self.chair.user_id or chance < 15:
                came[person.user_id] = Presence(person.agency_id, Attended.HERE)
            elif chance < 17:
                came[person.user_id] = Presence(person.agency_id, Attended.DEPUTY, next(deputies))
            else:
                came[person.user_id] = Presence(person.agency_id, Attended.APOLOGIES)
        return came

    def _notes(self, meeting: Meeting, items: Sequence[AgendaItem]) -> None:
        titles = {entry["code"]: entry["title"] for entry in reference.load("standing-agenda")["entries"]}
        by_title = {item.title: item for item in items if item.case_id is None}
        for note in self.world.content.meetings["notes"]:
            item = by_title.get(titles[note["section"]])
            if item is not None:
                chance = crc32(f"{self.slug} {note['section']} {meeting.held_on.month}".encode())
                meetings.record_note(item, meeting, _one_of(note["texts"], chance), by=self.coordinator)

    # Finding

    def _meeting(self, held_on: date) -> Meeting:
        return db.session.scalars(
            select(Meeting).where(
                Meeting.partnership_id == self.world.partnerships[self.slug],
                Meeting.group_id == self.world.groups[self.slug, self.row["slug"]],
                Meeting.held_on == held_on,
                Meeting.state != MeetingState.CANCELLED,
            )
        ).one()

    def _items(self, meeting: Meeting) -> list[AgendaItem]:
        found = select(AgendaItem).where(
            AgendaItem.partnership_id == meeting.partnership_id,
            AgendaItem.meeting_id == meeting.id,
            AgendaItem.state == ItemState.ON,
        )
        return list(db.session.scalars(found.order_by(AgendaItem.section, AgendaItem.position)))


def _agenda_days() -> int:
    entries = {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}
    return int(entries["agenda-published"])


def _one_of(texts: Sequence[str], chance: int) -> str:
    return texts[chance // 20 % len(texts)]
