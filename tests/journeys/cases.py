"""Cases for journeys that begin with one: made behind the counter, by the same operations as the pages."""

from datetime import time, timedelta

from psg import clock
from psg.actions import operations as actions
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import SubjectKind
from psg.cases.values import CaseValues, PersonValues
from psg.db import db, transaction
from psg.meetings import operations as meetings
from psg.meetings.rules import Section
from psg.partnerships.models import Group
from psg.people.rules import Names
from tests.journeys.site import Site


def open_case(site: Site, title: str = "Noise at a block of flats", *, owed_by: str = "officer") -> tuple[str, str]:
    """An accepted case that the officer leads, with one overdue action; its reference and the action's id."""

    def make() -> tuple[str, str]:
        world = site.world
        officer, chair = world.viewer("officer"), world.viewer("chair")
        owner = world.viewer(owed_by)
        agency_id = owner.agency_in(world.east)
        assert agency_id is not None
        with transaction():
            case = cases.log_case(world.east, world.groups["psg"], _values(title), by=officer)
        with transaction(hold=(case,)):
            cases.accept(
                case,
                lead_agency_id=world.agencies["police"],
                lead_officer_id=officer.user_id,
                review_on=clock.today(),
                reason="Several agencies",
                by=chair,
            )
            action = actions.add_action(
                case,
                what="Ask for the door log",
                owner_id=owner.user_id,
                owner_agency_id=agency_id,
                due_on=clock.today() + timedelta(days=3),
                by=chair,
            )
        return case.reference, str(action.id)

    found: tuple[str, str] = site.do(make)
    return found


def sent_case(site: Site, title: str = "Shouting across a garden") -> str:
    """A referral that waits for its decision."""

    def make() -> Case:
        with transaction():
            return cases.log_case(
                site.world.east, site.world.groups["psg"], _values(title), by=site.world.viewer("referrer")
            )

    return str(site.do(make).reference)


def meeting(site: Site, days: int) -> str:
    """A meeting of the group, so many days from today; its id."""

    def make() -> str:
        chair = site.world.viewer("chair")
        group = db.session.get(Group, (site.world.east, site.world.groups["psg"]))
        assert group is not None
        with transaction():
            meetings.set_standing_agenda(
                group,
                [
                    meetings.StandingLine("Welcome", Section.TEXT, 5),
                    meetings.StandingLine("New referrals", Section.NEW_REFERRALS, 5),
                    meetings.StandingLine("Open cases", Section.OPEN_PEOPLE, 10),
                ],
                by=chair,
            )
            held_on = clock.today() + timedelta(days=days)
            made = meetings.add_meeting(group, held_on=held_on, at=time(10), minutes=60, place="Room 2", by=chair)
        return str(made.id)

    return str(site.do(make))


def _values(title: str) -> CaseValues:
    return CaseValues(
        title=title,
        narrative="Groups gather in the stairwell.",
        subject_kind=SubjectKind.PERSON,
        themes=("asb",),
        lawful_basis=("cda-115",),
        purpose=("safeguard",),
        handling=("normal",),
        people=(PersonValues(names=Names("Ivy", title), role="harmed"),),
    )
