"""The story's middle: an agenda goes out, the group meets and decides."""

from datetime import time, timedelta
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.db import db, reading_done, transaction
from psg.meetings import operations as meetings
from psg.meetings.rules import Attended
from psg.reminders.models import Delivery
from tests.real_data import timelines
from tests.real_data.filling_in import day_boxes, sent
from tests.real_data.place import PEOPLE, SLUG
from tests.real_data.story_cases import CaseTeller
from tests.real_data.timelines import UNSIGNED
from tests.real_data.told import (
    CLOSED,
    DEFERRED,
    DUE,
    ESCALATED,
    HTTP_OUTCOME,
    MEETING_ON,
    MORNING,
    NEXT_MEETING_ON,
    OWNERS,
    PUBLISHED,
    WAITING,
    Agenda,
    Given,
    Told,
)
from tests.reminders.servers import until


class MeetingTeller(CaseTeller):
    """Publishes, meets, decides, gives actions."""

    def _publish(self) -> None:
        self.site.clock.set(PUBLISHED)
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            path = f"/{SLUG}/meetings/{meeting.id}"
            with transaction(hold=(meeting,)):
                meetings.publish(meeting, by=self._viewer("chair"))
        browser = self._browser("police")
        self.agenda = Agenda(
            page=browser.get(path).text,
            printed=browser.get(f"{path}/print").text,
            pdf=browser.get(f"{path}/agenda.pdf").data,
        )
        self.unsigned_status = self._browser(UNSIGNED).get(path).status_code
        self._post("published")
        self.site.clock.set(clock.at_local(MEETING_ON - timedelta(days=1), MORNING))
        with self.site.app.app_context():
            # The scheduler looks every other second; the first sign of it is a delivery of that kind.
            until("the worker has seen that there is a meeting tomorrow", lambda: self._deliveries("meeting-tomorrow"))
        self._post("meeting tomorrow")

    def _deliveries(self, kind: str) -> int:
        found = len(db.session.scalars(select(Delivery.id).where(Delivery.kind == kind)).all())
        reading_done()
        return found

    def _meet(self) -> None:
        self.site.clock.set(clock.at_local(MEETING_ON, time(10, 0)))
        with self.site.app.app_context():
            meeting, chair = self._meeting(MEETING_ON), self._viewer("chair")
            came = {
                self._user(name): meetings.Presence(
                    self._agency(person.agency),
                    Attended.APOLOGIES if person.agency == UNSIGNED else Attended.HERE,
                )
                for name, person in PEOPLE.items()
                if person.role in ("chair", "practitioner", "coordinator")
            }
            with transaction(hold=(meeting,)):
                meetings.record_attendance(meeting, came, by=chair)
                meetings.read_statement(meeting, by=chair)
        labels = timelines.interventions(self.data)
        for told in self.told:
            ideas = [] if told.timeline.id == CLOSED else told.timeline.to_do(labels)
            decide = self._decide_by_form if told.timeline.id == HTTP_OUTCOME else self._decide
            decide(told, ideas)
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            with transaction(hold=(meeting,)):
                meetings.end_meeting(meeting, by=self._viewer("chair"))
        self.agenda.minutes = self._browser("police").get(f"/{SLUG}/meetings/{meeting.id}/minutes").text
        self._post("met")

    def _decide(self, told: Told, ideas: list[str]) -> None:
        with self.site.app.app_context():
            meeting, case, chair = self._meeting(MEETING_ON), self._case(told), self._viewer("chair")
            with transaction(hold=(meeting, case)):
                item = self._item(meeting, told)
                meetings.record_outcome(item, meeting, case, decision=self._decision(told), by=chair)
                for what in ideas:
                    owner, to_person = self._next_owner()
                    action = actions.add_action(
                        case,
                        what=what,
                        owner_agency_id=self._agency(owner),
                        owner_id=self._user(owner) if to_person else None,
                        due_on=DUE,
                        meeting_id=meeting.id,
                        by=chair,
                    )
                    self._note_given(action, told, owner, to_person)

    def _decide_by_form(self, told: Told, ideas: list[str]) -> None:
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            path = f"/{SLUG}/meetings/{meeting.id}/run/{self._item(meeting, told).id}"
            fields: dict[str, Any] = {
                "decision": "keep-open",
                "agreed": "It goes on.",
                "next_review_on-choice": "another",
            }
            fields |= day_boxes("next_review_on", NEXT_MEETING_ON)
            owners = [self._next_owner(after) for after in range(len(ideas))]
            for number, (what, (owner, to_person)) in enumerate(zip(ideas, owners, strict=True), start=1):
                chosen = f"{self._agency(owner)}/{self._user(owner)}" if to_person else f"{self._agency(owner)}"
                fields |= {f"what_{number}": what, f"owner_{number}": chosen} | day_boxes(f"due_{number}", DUE)
        sent(self._browser("chair"), path, fields)
        with self.site.app.app_context():
            made = list(
                db.session.scalars(select(Action).where(Action.case_id == told.case_id).order_by(Action.number))
            )
        for action, (owner, to_person) in zip(made, owners, strict=True):
            self._note_given(action, told, owner, to_person, ideas[action.number - 1])

    def _decision(self, told: Told) -> meetings.Decision:
        agreed = f"Outcome in the source: {told.timeline.given['outcome'].get('status', '')}"
        match told.timeline.id:
            case identity if identity == WAITING:
                return meetings.Decision(
                    code="accept",
                    agreed=agreed,
                    next_review_on=NEXT_MEETING_ON,
                    lead_agency_id=self._agency(told.lead),
                    lead_officer_id=self._user(told.lead),
                )
            case identity if identity == CLOSED:
                return meetings.Decision(
                    code="close", agreed=agreed, close_reason="no-lawful-reason", changed_for_person="Nobody knows."
                )
            case identity if identity == DEFERRED:
                return meetings.Decision(
                    code="defer", agreed=agreed, next_review_on=NEXT_MEETING_ON + timedelta(days=7)
                )
            case identity if identity == ESCALATED:
                return meetings.Decision(code="escalate", agreed=agreed, next_review_on=NEXT_MEETING_ON)
        return meetings.Decision(code="keep-open", agreed=agreed, next_review_on=NEXT_MEETING_ON)

    def _next_owner(self, after: int = 0) -> tuple[str, bool]:
        number = len(self.given) + after
        return OWNERS[number % len(OWNERS)], number // len(OWNERS) % 2 == 0

    def _note_given(self, action: Action, told: Told, owner: str, to_person: bool, what: str = "") -> None:
        name = f"action {action.number} of {told.reference}"
        self.given.append(Given(action.id, name, what or action.what or "", owner, to_person))
