"""Who can sign in to the demonstration, for the terminal and the sign-in page."""

from functools import cache
from typing import TypedDict

from psg.access.roles import ROLE_WORDS, Role
from psg.demo import reading
from psg.demo.setting import PASSWORD

BEGIN = (
    "To begin: log a case as Imran Sadler, decide it and publish an agenda as Priya Nolan,",
    "move the next meeting to today and run it as Ruth Kingsnorth, sign for an agency as Nadia Corrie.",
)
"""What to try first, said with the list."""


class Actor(TypedDict):
    """One person, as the sign-in page shows them."""

    name: str
    role: str
    """Everything in one line: what they do, for whom, and where."""
    does: str
    agency: str
    where: str
    """The partnership, or that it is all of them; "" for who administers the system."""
    email: str
    try_for: str
    password: str


_ALL = "all three partnerships"


def by_partnership() -> list[tuple[str, list[Actor]]]:
    """Everybody under a heading: each partnership's own people, those of several, and who administers the system."""
    groups: dict[str, list[Actor]] = {row["short"]: [] for row in reading.read("partnerships")["partnerships"]}
    several, system = "More than one partnership", "The whole system"
    for person in people():
        heading = person["where"] if person["where"] in groups else several if person["where"] else system
        groups.setdefault(heading, []).append(person)
    order = [*(name for name in groups if name not in (several, system)), several, system]
    return [(name, groups[name]) for name in order if groups.get(name)]


@cache
def people() -> tuple[Actor, ...]:
    """Everybody, in the order of the content."""
    setting = reading.read("partnerships")
    short = {row["slug"]: row["short"] for row in setting["partnerships"]}
    found = []
    for row in reading.read("users"):
        agency = setting["agencies"][row["agency"]]["short"] if "agency" in row else ""
        words = dict.fromkeys(ROLE_WORDS[Role(role["role"].replace("_", "-"))] for role in row["roles"])
        places = dict.fromkeys(short[role["partnership"]] for role in row["roles"])
        role = ", ".join(words) or row["post"]
        where = _ALL if len(places) == len(short) else ", ".join(places)
        found.append(
            Actor(
                name=f"{row['first_name']} {row['last_name']}",
                role=" · ".join(part for part in (role, agency, where) if part),
                does=role[:1].upper() + role[1:],
                agency=agency,
                where=where,
                email=row["email"],
                try_for=row["try_me"],
                password=PASSWORD,
            )
        )
    return tuple(found)
