"""Who can sign in to the demonstration, for the terminal and the sign-in page."""

from functools import cache
from typing import TypedDict

from psg.access.roles import ROLE_WORDS, Role
from psg.demo import reading
from psg.demo.setting import PASSWORD

BEGIN = (
    "To begin: log a case as Imran Sadler, decide it and publish an agenda as Priya Nolan,",
    "run the meeting as Ruth Kingsnorth, sign for an agency as Nadia Corrie.",
)
"""What to try first, said with the list."""


class Actor(TypedDict):
    """One person, as the sign-in page shows them."""

    name: str
    role: str
    email: str
    try_for: str
    password: str


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
        where = "all three partnerships" if len(places) == len(short) else ", ".join(places)
        found.append(
            Actor(
                name=f"{row['first_name']} {row['last_name']}",
                role=" · ".join(part for part in (role, agency, where) if part),
                email=row["email"],
                try_for=row["try_me"],
                password=PASSWORD,
            )
        )
    return tuple(found)
