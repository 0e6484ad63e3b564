"""The scene's cases: open, sent, declined, closed, proposed for closure, and a draft."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.cases import models as cases_models
from psg.cases import operations as cases
from psg.cases.models import Case, PossibleDuplicate
from psg.cases.rules import SubjectKind, When
from psg.cases.values import CaseValues, PersonValues
from psg.db import db, transaction
from psg.people.rules import Born, Names
from psg.risk import operations as risk
from psg.risk import queries as schemes
from tests.worlds import World


@contextmanager
def days_ago(days: int) -> Iterator[None]:
    """Let it be some days ago."""
    real = clock.source
    clock.source = lambda: real() - timedelta(days=days)
    try:
        yield
    finally:
        clock.source = real


class CasePainter:
    """Puts cases into an empty world. Needs an application context."""

    def __init__(self, world: World, values: dict[str, Any]) -> None:
        self.world, self.values, self.east = world, values, world.east
        # Read before the clock is moved: who may do what is a matter of today's agreements.
        self.who = {name: world.viewer(name) for name in world.people}
        self.group_id = world.groups["psg"]

    def _values(self, title: str, **more: Any) -> CaseValues:
        return CaseValues(
            title=title,
            narrative=(
                "Groups gather in the stairwell most evenings from about six and stay until after midnight. Bins have "
                "been set on fire twice.\n\nTwo households on the first floor no longer go out after dark."
            ),
            subject_kind=SubjectKind.BOTH,
            themes=("asb", "noise", "drugs-alcohol"),
            lawful_basis=("cda-115",),
            purpose=("safeguard",),
            handling=("not-told",),
            referral={
                "since": When.period(date(2026, 3, 1), "between Easter and the clocks going forward"),
                "last_time": When.unknown(""),
                "at_risk_now": True,
                "tried": "Warning letters, and a talk with the two oldest by the neighbourhood team.",
                "why_agencies": "The landlord holds the doors, the police the patrols, health knows the family.",
                "wants": "To sleep, and for the stairwell light to work.",
            },
            **more,
        )

    def _person(self, first: str, last: str, role: str) -> PersonValues:
        details = {
            "address": "4 Orchard Court",
            "postcode": "ZZ1 1ZZ",
            "phone": "07700 900123",
            "safe_contact": "Text first. Never call at the flat: the person of concern opens the door.",
            "vulnerabilities": "Hard of hearing, lives alone",
            "note": "Prefers to meet at the library.",
        }
        return PersonValues(names=Names(first, last), role=role, born=Born(on=date(1951, 2, 3)), details=details)

    def _log(self, title: str, by: str, **more: Any) -> Case:
        with transaction():
            return cases.log_case(self.east, self.group_id, self._values(title, **more), by=self.who[by])

    def _accept(self, case: Case, review_in: int) -> None:
        with transaction(hold=(case,)):
            cases.accept(
                case,
                lead_agency_id=self.world.agencies["police"],
                lead_officer_id=self.world.people["officer"].user_id,
                review_on=clock.today() + timedelta(days=review_in),
                reason="Several agencies hold a part of it, and nobody has the whole.",
                by=self.who["coordinator"],
            )

    def _main_case(self) -> None:
        place = {
            "description": "Orchard Court, a block of 24 flats",
            "address": "Orchard Court, Mill Lane",
            "postcode": "ZZ1 1ZZ",
        }
        case = self._log(
            "Noise and threats at a block of flats",
            "referrer",
            people=(
                self._person("Maureen", "Fenwick", "harmed"),
                self._person("Ivy", "Larkrise", "harmed"),
                self._person("Dean", "Stroud", "concern"),
            ),
            places=(place,),
            references=((self.world.agencies["police"], "35/48213/26", "crime number"),),
        )
        self.case = case
        self._accept(case, review_in=100)
        self._remember_parts(case)
        self.values["event"] = self._notes(case, 14)
        self._assess(case, "example-person-harmed", 0)
        self._assess(case, "example-place", 1)
        with days_ago(-60):
            self._assess(case, "example-person-harmed", 1)
            self._assess(case, "example-place", 2)

    def _remember_parts(self, case: Case) -> None:
        self.values["reference"] = case.reference
        for name, model in (
            ("involvement", cases_models.Involvement),
            ("place", cases_models.CasePlace),
            ("number", cases_models.AgencyReference),
        ):
            self.values[name] = db.session.scalars(
                select(model.id).where(model.partnership_id == self.east, model.case_id == case.id)
            ).first()

    def _notes(self, case: Case, count: int) -> uuid.UUID:
        kinds = ("incident", "visit", "call", "contact", "support", "action")
        event_id = uuid.UUID(int=0)
        for number in range(count):
            with transaction(hold=(case,)):
                made = cases.add_event(
                    case,
                    kind=kinds[number % len(kinds)],
                    when=When.day(clock.today() - timedelta(days=number * 9 + 1), "21:40" if number % 2 else ""),
                    what=f"Seven people in the stairwell, music until past midnight. Night {number + 1} of the log. "
                    * (1 + number % 3),
                    who="The tenant of number 9",
                    by=self.who["officer"],
                )
            event_id = made.id
        return event_id

    def _assess(self, case: Case, code: str, worse: int) -> None:
        scheme = next(one for one in schemes.current_schemes(self.east) if one.code == code)
        answers = {
            one["code"]: (one["options"][min(worse, len(one["options"]) - 2)]["code"], "What the landlord's log says.")
            for one in scheme.definition["questions"]
        }
        with transaction(hold=(case,)):
            risk.assess(case, scheme=scheme, answers=answers, by=self.who["officer"])

    def _later_work(self) -> None:
        case, officer, chair = self.case, self.who["officer"], self.who["chair"]
        self._assess(case, "example-person-harmed", 2)
        police = self.world.agencies["police"]
        mine = {"owner_agency_id": police, "owner_id": officer.user_id, "by": chair}
        with days_ago(30), transaction(hold=(case,)):
            late = actions.add_action(
                case,
                what="Ask the landlord for the door log of October",
                due_on=clock.today() + timedelta(days=10),
                **mine,
            )
        with transaction(hold=(case,)):
            cases.set_now(
                case, text="Quieter since the lights were mended.\nTwo of the group have moved to the park.", by=officer
            )
            due = clock.today() + timedelta(days=5)
            coming = actions.add_action(case, what="Visit both households with the housing officer", due_on=due, **mine)
            actions.note_progress(coming, text="First household seen; the second was out.", by=officer)
            actions.move(coming, due_on=due + timedelta(days=2), reason="The housing officer was ill.", by=chair)
            theirs = actions.add_action(
                case,
                what="Mend the stairwell light",
                owner_agency_id=self.world.agencies["housing"],
                due_on=due,
                by=chair,
            )
            done = actions.add_action(case, what="Write to the parents", due_on=due, **mine)
        with transaction(hold=(case,)):
            actions.mark_done(done, outcome="Four letters sent", evidence="Housing file 12", by=officer)
            event = cases.add_event(case, kind="visit", when=When.day(clock.today()), what="Called; quiet.", by=officer)
            cases.keep_note(case, fields={"what": "Half a note"}, by=officer)
        self.values |= {
            "late": late.id,
            "action": coming.id,
            "agency_action": theirs.id,
            "done": done.id,
            "own_event": event.id,
        }

    def _other_cases(self) -> None:
        person = (self._person("Maureen", "Fenwick", "harmed"),)
        sent = self._log("Shouting across a shared garden", "referrer", people=person)
        declined = self._log("Parking on a verge", "referrer")
        closed = self._log("Fires behind the shops", "officer")
        self.open_too = self._log("A home taken over near the station", "landlord")
        proposed = self._log("Bins kicked over every Friday", "officer")
        for case in (closed, self.open_too, proposed):
            self._accept(case, review_in=14)
        with transaction(hold=(declined,)):
            cases.decline(
                declined,
                reason_code="better-forum",
                reason="The parish council deals with parking.",
                by=self.who["chair"],
            )
        with transaction(hold=(closed,)):
            cases.close(
                closed,
                reason_code="risk-reduced",
                reason="No fire since the store was locked.",
                changed_for_person="The shopkeeper sleeps.",
                by=self.who["chair"],
            )
        with transaction(hold=(proposed,)):
            cases.propose_closure(proposed, reason="Six quiet weeks.", by=self.who["officer"])
        self.values |= {"sent": sent.reference, "declined": declined.reference, "closed": closed.reference}
        self.values["bare"], self.values["proposed"] = self.open_too.reference, proposed.reference
        self.values["pair"] = db.session.scalars(
            select(PossibleDuplicate.id).where(PossibleDuplicate.partnership_id == self.east)
        ).first()

    def _draft(self) -> None:
        by = self.who["referrer"]
        with transaction():
            case = cases.start_draft(self.east, subject_kind=SubjectKind.BOTH, by=by)
            given = self._person("Ada", "Marsh", "harmed")
            cases.add_person(case, names=given.names, role=given.role, born=given.born, details=given.details, by=by)
            cases.add_place(case, details={"description": "The bus shelter", "address": "High Street"}, by=by)
            cases.add_reference(case, agency_id=self.world.agencies["housing"], number="H/77", meaning="tenancy", by=by)
        kept = self.values.copy()
        self._remember_parts(case)
        found = {f"draft_{name}": self.values[name] for name in ("reference", "involvement", "place", "number")}
        self.values.update(kept | found)
