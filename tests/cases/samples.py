"""Ready-made referrals for tests of cases. Everybody in them is invented."""

from datetime import date, timedelta
from typing import Any

from psg import clock
from psg.cases import operations
from psg.cases.models import Case
from psg.cases.rules import SubjectKind, When
from psg.cases.values import CaseValues, PersonValues
from psg.db import transaction
from psg.people.rules import Born, Names

HARMED = PersonValues(
    names=Names("Raymond", "Tebbitt", ("Ray",)),
    role="harmed",
    born=Born(on=date(1967, 11, 2)),
    details={
        "address": "Flat 7, Sedgemarsh Court, Soham",
        "postcode": "CB7 4ZZ",
        "phone": "07700 900114",
        "safe_contact": "Ring the outreach worker. Never call at the flat.",
    },
)
CONCERN = PersonValues(names=Names("", "", ("Smiler",), known=False), role="concern")


def values(**changes: Any) -> CaseValues:
    """A whole referral, with some answers changed."""
    answers: dict[str, Any] = {
        "title": "Home taken over and threats at a block",
        "narrative": "People who are not his guests come after dark.\nHe has been seen with bruising.",
        "subject_kind": SubjectKind.BOTH,
        "themes": ("cuckooing", "asb"),
        "lawful_basis": ("cda-115", "public-task"),
        "purpose": ("safeguard",),
        "handling": ("not-told", "safe-contact"),
        "referral": {
            "since": When.month(2026, 3),
            "last_time": When.day(clock.today() - timedelta(days=2)),
            "at_risk_now": True,
            "tried": "The lock was changed twice.",
            "why_agencies": "Police can act on the visitors, the landlord holds the tenancy.",
            "wants": "He wants his flat back.",
        },
        "people": (HARMED, CONCERN),
        "places": ({"description": "A block of twelve flats", "address": "Sedgemarsh Court", "postcode": "CB7 4ZZ"},),
    }
    return CaseValues(**(answers | changes))


def sent(world: Any, *, by: str = "officer", group: str | None = "psg", **changes: Any) -> Case:
    """A referral that waits for a decision."""
    viewer = world.viewer(by)
    place = world.east if by not in ("cityofficer", "citycoordinator") else world.city
    with transaction():
        return operations.log_case(place, world.groups[group] if group else None, values(**changes), by=viewer)


def opened(world: Any, *, lead: str | None = "landlord", review_in: int = 28, **changes: Any) -> Case:
    """An accepted case of the group psg."""
    case = sent(world, **changes)
    chair = world.viewer("coordinator")
    with transaction(hold=(case,)):
        operations.accept(
            case,
            lead_agency_id=world.agencies["housing"],
            lead_officer_id=world.people[lead].user_id if lead else None,
            review_on=clock.today() + timedelta(days=review_in),
            reason="Several agencies are needed.",
            by=chair,
        )
    return case
