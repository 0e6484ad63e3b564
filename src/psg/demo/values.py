"""From the content's words to the values that operations take."""

from datetime import date
from typing import Any

from psg.cases.rules import Precision, SubjectKind, When
from psg.cases.values import CaseValues, PersonValues
from psg.demo.reading import Row
from psg.demo.world import World
from psg.people.rules import Born, Names

_DETAILS = ("address", "postcode", "phone", "email", "safe_contact", "note")


def referral(world: World, row: Row) -> CaseValues:
    """The whole referral of a case."""
    return CaseValues(
        title=row["title"],
        narrative=row["narrative"],
        subject_kind=SubjectKind(row["subject"]),
        themes=row["themes"],
        lawful_basis=row["lawful_bases"],
        purpose=row["purposes"],
        handling=row["handling"],
        referral={
            "since": when(world, row["since"], row["since_precision"]),
            "last_time": when(world, row["last"], "day"),
            "at_risk_now": False,
            "tried": row.get("tried", ""),
            "why_agencies": row["why_several"],
            "wants": row.get("wishes", ""),
        },
        people=[_person(person) for person in row["people"]],
        places=[
            {
                "description": place["description"],
                "address": f"{place['street']}, {place['town']}",
                "postcode": place["postcode"],
            }
            for place in row["places"]
        ],
        references=[
            (world.agencies[number["agency"]], number["number"], number["kind"]) for number in row["references"]
        ],
    )


def _person(person: Row) -> PersonValues:
    first, _, last = (person["name"] or "").partition(" ")
    born = person.get("born")
    details: dict[str, Any] = {name: person[name] for name in _DETAILS if name in person}
    return PersonValues(
        names=Names(first, last, tuple(person.get("aliases", ())), known=bool(person["name"])),
        role=person["role"],
        born=_born(str(born)) if born else Born(),
        details=details | {"vulnerabilities": person.get("needs", "")},
    )


def when(world: World, offset: int, precision: str, words: str = "") -> When:
    """When something happened, as exactly as the content says."""
    day = world.calendar.day(offset)
    match Precision("unknown" if precision == "not-known" else precision):
        case Precision.DAY:
            return When.day(day)
        case Precision.MONTH:
            return When.month(day.year, day.month)
        case Precision.YEAR:
            return When.year(day.year)
        case Precision.PERIOD:
            return When.period(day, words)
        case Precision.UNKNOWN:
            return When.unknown(words)


def _born(text: str) -> Born:
    return Born(on=date.fromisoformat(text)) if "-" in text else Born(year=int(text))
