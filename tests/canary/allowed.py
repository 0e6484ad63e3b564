"""Where planted words may appear. Written by hand from docs/leaks.md; the crawl is measured against it.

A token is CNRY-<tenant>-<case or part>-<field>. Nobody not named here may find it on any page, in any header or file.
"""

CASES: dict[str, str] = {
    "EAST-OPEN": "coordinator chair officer landlord both",
    "EAST-OPEN-TITLE": "coordinator chair officer landlord both guest",
    "EAST-OPEN-NOW": "coordinator chair officer landlord both guest",
    "EAST-OPEN-INVITED": "coordinator chair",
    "EAST-SENT": "referrer coordinator chair",
    "EAST-UNSURE": "referrer coordinator",
    "EAST-DRAFT": "referrer",
    "EAST-CLOSED": "coordinator chair officer landlord both",
    "EAST-DECLINED": "referrer coordinator chair",
    "EAST-YOUNG": "coordinator youthchair youth",
    "EAST-NAMED": "coordinator youthchair youth landlord both",
    "EAST-ERASED": "",
    "CITY-CITY": "citycoordinator cityofficer both",
    "CITY-CITYSENT": "citycoordinator cityofficer",
}
"""Case text, by case: everything that stands in it."""

NARROWER: dict[str, str] = {
    "EAST-OPEN-NOTE-DRAFT": "officer",
    "EAST-OPEN-UNRECORDED": "chair",
    "EAST-CLOSED-NOTE-DRAFT": "officer",
    "EAST-YOUNG-NOTE-DRAFT": "youth",
    "EAST-NAMED-NOTE-DRAFT": "landlord",
    "CITY-CITY-NOTE-DRAFT": "cityofficer",
}
"""A note being written, or what is typed at a meeting and not recorded, is its writer's alone."""

EAST = (
    "coordinator chair officer landlord nurse youth youthchair referrer policelead healthlead governance figures "
    "roleless both"
)
CITY = "citycoordinator cityofficer both"
PSG = "coordinator chair officer landlord both"

PARTS: dict[str, str] = {
    "EAST-STAFF-BOTH": f"{EAST} {CITY}",
    "EAST-STAFF-COORDINATOR": f"{EAST} {CITY} guest",  # wrote the test world's agreements; whom a guest can ask
    "EAST-STAFF-SUSPENDED": f"{EAST} suspended",
    "EAST-STAFF-CHAIR": f"{EAST} guest",  # who invited the guest
    "EAST-STAFF-GUEST": f"{EAST} guest",
    "EAST-STAFF-ADMIN": "admin",
    "EAST-STAFF": EAST,
    "CITY-STAFF": CITY,
    "EAST-GROUP": EAST,
    "CITY-GROUP": CITY,
    "EAST-STANDING": EAST,
    "CITY-STANDING": CITY,
    "EAST-SIGNATURE": EAST,
    "CITY-SIGNATURE": CITY,
    "EAST-AGREEMENT-DRAFT": "coordinator governance",
    "CITY-AGREEMENT-DRAFT": "citycoordinator",
    "EAST-AGREEMENT": EAST,
    "CITY-AGREEMENT": CITY,
    "EAST-MEETING-YOUNGMEETING": "coordinator youthchair youth",
    "EAST-MEETING": PSG,
    "EAST-MEETING-PUBLISHED": f"{PSG} guest",
    "CITY-MEETING": CITY,
    "EAST-HELD": PSG,
    "EAST-UNRECORDED": "chair",
    "CITY-CITYMEETING": CITY,
}
"""What belongs to no case. The longest beginning that fits counts."""

IN_THE_CLEAR = (
    "EAST-STAFF",
    "CITY-STAFF",
    "EAST-GROUP",
    "CITY-GROUP",
    "EAST-STANDING",
    "CITY-STANDING",
    "EAST-SIGNATURE",
    "CITY-SIGNATURE",
    "EAST-AGREEMENT",
    "CITY-AGREEMENT",
    "EAST-MEETING",
    "CITY-MEETING",
    "EAST-HELD-DEPUTY",
    "CITY-CITYMEETING-DEPUTY",
)
"""Plain columns: staff, terms, agreements, places of meetings. Nothing else may be readable in the database's bytes."""

IN_TITLES = ("CNRY-EAST-STANDING", "CNRY-CITY-STANDING")
"""Headings of standing items name the page of that item; they are the group's usual agenda, about nobody."""

READERS: dict[str, str] = {
    "EAST-OPEN": "officer",
    "EAST-SENT": "chair",
    "EAST-UNSURE": "coordinator",
    "EAST-DRAFT": "referrer",
    "EAST-CLOSED": "officer",
    "EAST-DECLINED": "coordinator",
    "EAST-YOUNG": "youth",
    "EAST-NAMED": "landlord",
    "CITY-CITY": "cityofficer",
    "CITY-CITYSENT": "citycoordinator",
    "EAST-HELD": "officer",
    "CITY-CITYMEETING": "cityofficer",
    "EAST-UNRECORDED": "chair",
    "EAST-GROUP": "coordinator",
    "EAST-AGREEMENT": "coordinator",
}
"""One person for each part of the world who must find all of it: an application that shows nothing keeps no secret."""

NEVER_SHOWN: dict[str, str] = {}
"""Tokens that no page has to show, each with the reason."""


def may_see(token: str) -> set[str]:
    """Who may find a token."""
    word = token.removeprefix("CNRY-")
    if word in NARROWER:
        return set(NARROWER[word].split())
    fits = [part for part in (*CASES, *PARTS) if word == part or word.startswith(part + "-")]
    if not fits:
        raise LookupError(f"{token} stands in no table of tests/canary/allowed.py")
    best = max(fits, key=len)
    return set(CASES.get(best, PARTS.get(best, "")).split())


def may_be_plain(token: str) -> bool:
    """Whether a token may be read in the database's bytes."""
    return token.removeprefix("CNRY-").startswith(IN_THE_CLEAR)
