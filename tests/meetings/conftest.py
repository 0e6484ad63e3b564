"""A group that meets, with cases: for tests of meetings. Everybody is invented."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import pytest

from psg import clock, wiring
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import SubjectKind
from psg.cases.values import CaseValues, PersonValues
from psg.db import db, transaction
from psg.meetings import operations
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.recurrence import Rhythm
from psg.meetings.routes.standing import shipped
from psg.partnerships.models import Group
from psg.people.rules import Names
from tests.browsing import Browser

TITLE = "Noise and threats at a block"


@dataclass
class Room:
    """The group psg of the test world and shortcuts for what happens in it."""

    world: object
    names: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def group(self) -> Group:
        return db.session.get(Group, (self.world.east, self.world.groups["psg"]))

    def by(self, name="chair"):
        return self.world.viewer(name)

    def meet(self, held_on: date, **more) -> Meeting:
        with transaction():
            return operations.add_meeting(
                self.group,
                **({"held_on": held_on, "at": time(10), "minutes": 120, "place": "Room 1"} | more),
                by=self.by("coordinator"),
            )

    def refer(
        self, *, by="officer", title="Noise and threats at a block", kind=SubjectKind.PERSON, group="psg", referral=None
    ) -> Case:
        values = CaseValues(
            title=title,
            narrative="It happens every weekend and gets worse.",
            subject_kind=kind,
            themes=("asb",),
            lawful_basis=("public-task",),
            purpose=("safeguard",),
            handling=("normal",),
            referral=referral or {},
            people=(PersonValues(names=Names("Ada", "Ludlow"), role="harmed", details={"address": "12 Quince Row"}),),
            places=(),
        )
        with transaction():
            return cases.log_case(self.world.east, self.world.groups[group], values, by=self.by(by))

    def open(self, *, review_on: date | None = None, lead: str | None = "landlord", **more) -> Case:
        case = self.refer(**more)
        with transaction(hold=(case,)):
            cases.accept(
                case,
                lead_agency_id=self.world.agencies["housing"],
                lead_officer_id=self.world.people[lead].user_id if lead else None,
                review_on=review_on or clock.today() + timedelta(days=7),
                reason="Several agencies are needed.",
                by=self.by("coordinator"),
            )
        return case

    def publish(self, meeting: Meeting):
        with transaction(hold=(meeting,)):
            return operations.publish(meeting, by=self.by())

    def item(self, meeting: Meeting, case: Case | None = None) -> AgendaItem:
        found = db.session.query(AgendaItem).filter_by(meeting_id=meeting.id, case_id=case.id if case else None)
        return found.order_by(AgendaItem.position).first()

    def decide(self, meeting: Meeting, case: Case, code: str, **more):
        decision = operations.Decision(
            code=code, **({"agreed": "As discussed.", "next_review_on": clock.today() + timedelta(days=60)} | more)
        )
        with transaction(hold=(meeting, case)):
            return operations.record_outcome(self.item(meeting, case), meeting, case, decision=decision, by=self.by())

    def monthly(self) -> None:
        """Plan a meeting on the second Tuesday of every month."""
        with transaction():
            operations.set_series(
                self.group,
                rhythm=Rhythm(2, 1, 1, clock.today()),
                at=time(10),
                minutes=120,
                place="",
                by=self.by("coordinator"),
            )

    def end(self, meeting: Meeting) -> None:
        with transaction(hold=(meeting,)):
            operations.end_meeting(meeting, by=self.by())


@pytest.fixture
def room(context, world) -> Room:
    """The group with the shipped standing agenda."""
    made = Room(world)
    with transaction():
        operations.set_standing_agenda(made.group, shipped(), by=made.by("coordinator"))
    assert wiring
    return made


class Visitor(Browser):
    """A browser whose every request has an application context of its own, as in a running server."""

    def get(self, *args, **options):
        with self.app.app_context():
            return super().get(*args, **options)

    def post(self, *args, **options):
        with self.app.app_context():
            return super().post(*args, **options)

    def submit(self, *args, **options):
        shown = self.get(args[0])
        assert shown.status_code == 200, f"GET {args[0]} gave {shown.status_code}"
        form = shown.text[shown.text.index("<main") :]  # not the sign-out form of the frame
        hidden = dict(re.findall(r'name="(once|version)" value="([^"]*)"', form))
        return self.post(args[0], hidden | (args[1] if len(args) > 1 else {}))


@pytest.fixture
def client_for(app, world):
    """Makes a browser in which a person of the world is signed in."""

    def make(name):
        visitor = Visitor(app)
        visitor.sign_in(world.people[name].user_id)
        return visitor

    return make


@pytest.fixture
def meeting(room) -> Meeting:
    """One that is three weeks away."""
    return room.meet(clock.today() + timedelta(days=21))
