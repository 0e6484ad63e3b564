"""East Cambridgeshire and its Problem Solving Group as a set-up file: agencies of real kinds, invented people."""

from dataclasses import dataclass
from datetime import date

import yaml

from psg.meetings.routes.standing import shipped
from tests.real_data.timelines import AGENCIES, UNSIGNED

SLUG, GROUP, ROOM = "east-cambs", "psg", "Larkmead Room"
MARKING = "OFFICIAL-SENSITIVE"
PASSWORD = "copper lantern meadow"


@dataclass(frozen=True)
class Person:
    """Somebody who works there."""

    first: str
    last: str
    agency: str
    role: str
    """coordinator, chair, practitioner, agency-lead or governance"""

    @property
    def email(self) -> str:
        """Their work address."""
        return f"{self.first}.{self.last}@{self.agency}.example".lower()


PEOPLE = {
    "coordinator": Person("Nerys", "Hollowell", "district", "coordinator"),
    "chair": Person("Tobias", "Renfrew", "police", "chair"),
    "governance": Person("Ingrid", "Maddox", "district", "governance"),
    "police": Person("Callum", "Ashdown", "police", "practitioner"),
    "district": Person("Farida", "Lidgate", "district", "practitioner"),
    "housing": Person("Owen", "Tillbrook", "housing", "practitioner"),
    "care": Person("Maeve", "Quarrington", "care", "practitioner"),
    "fire": Person("Desmond", "Wicken", "fire", "practitioner"),
    "schools": Person("Yasmin", "Coveney", "schools", "practitioner"),
    "commissioner": Person("Rupert", "Stuntney", "commissioner", "practitioner"),
    "policelead": Person("Harriet", "Brinkley", "police", "agency-lead"),
    "districtlead": Person("Leopold", "Swaffham", "district", "agency-lead"),
    "housinglead": Person("Bethan", "Isleham", "housing", "agency-lead"),
    "carelead": Person("Gideon", "Prickwillow", "care", "agency-lead"),
    "firelead": Person("Rosalind", "Haddenham", "fire", "agency-lead"),
    "schoolslead": Person("Matthias", "Witchford", "schools", "agency-lead"),
    "commissionerlead": Person("Sybil", "Kirtling", "commissioner", "agency-lead"),
}
"""Practitioners are called after their agency, leads after it with "lead"."""

SIGNATORIES = [name for name in PEOPLE if name.endswith("lead")]


def set_up_file(today: date) -> str:
    """What `psg setup` is given: the shipped standing agenda, the second Tuesday of each month, the usual reminders."""
    return yaml.safe_dump(
        {
            "partnership": {
                "slug": SLUG,
                "name": "East Cambridgeshire Community Safety Partnership",
                "prefix": "EC",
                "contact_email": "safety@east-cambs.example",
                "colour": 2,
                "marking": MARKING,
            },
            "agencies": [{"name": name, "short_name": short, "kind": kind} for name, short, kind in AGENCIES.values()],
            "groups": [
                {
                    "slug": GROUP,
                    "name": "Problem Solving Group",
                    "terms": "People and places that need more help, or cause more harm, than one agency can mend.",
                    "quorum": 3,
                    "standing_agenda": [
                        {"title": line.title, "section": line.section.value, "minutes": line.minutes}
                        for line in shipped()
                    ],
                    "meetings": {
                        "which": "second",
                        "weekday": "tuesday",
                        "every_months": 1,
                        "from": date(today.year, 1, 1),
                        "at": "10:00",
                        "minutes": 150,
                        "place": ROOM,
                    },
                }
            ],
            "people": [
                {
                    "email": person.email,
                    "first_name": person.first,
                    "last_name": person.last,
                    "agency": AGENCIES[person.agency][0],
                    "post": f"{person.role.capitalize()} for {person.agency}",
                    "roles": [
                        {"role": person.role, "group": GROUP}
                        if person.role in ("chair", "practitioner")
                        else {"role": person.role}
                    ],
                }
                for person in PEOPLE.values()
            ],
            "agreement": {
                "slug": "sharing",
                "title": "Information-sharing agreement",
                "text": "What is shared here serves the purposes below and nothing else.",
                "purposes": ["Prevent crime and antisocial behaviour", "Keep people at risk safe"],
                "in_force_from": date(today.year, 1, 1),
                "sign_by": date(today.year, 12, 31),
                "review_on": date(today.year + 1, 9, 1),
                "ends_on": date(today.year + 2, 12, 31),
                "publish": True,
                "signatories": {
                    AGENCIES[PEOPLE[name].agency][0]: PEOPLE[name].email
                    for name in SIGNATORIES
                    if PEOPLE[name].agency != UNSIGNED
                },
            },
        },
        allow_unicode=True,
        sort_keys=False,
    )
