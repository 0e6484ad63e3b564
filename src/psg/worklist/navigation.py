"""The frame of every page for the person signed in: what they may open, and how many things are due."""

from flask import g, request

from psg.access import Permission, Standing, Viewer, policy, viewer
from psg.access.facts import PartnershipFacts
from psg.accounts import sessions
from psg.web.nav import Nav, NavItem, NavPartnership, NavUser
from psg.worklist.arrival import due_count

_SECTIONS = (
    ("Cases", "cases", Permission.CASE_LIST),
    ("Actions", "actions", Permission.ACTION_LIST),
    ("Meetings", "meetings", Permission.MEETING_LIST),
)
_OF_SECTIONS = tuple(path for _, path, _ in _SECTIONS)


def build() -> Nav:
    """Navigation for this request; asks the database nothing.

    On a page of no partnership, whoever works in several chooses one first: "Cases" must not quietly mean the first.
    """
    person = viewer()
    only = next(iter(person.standings.values())) if len(person.standings) == 1 else None
    shown = g.get("standing") or only
    return Nav(
        items=tuple(_items(person, shown)),
        partnership=_partnership(shown) if shown else None,
        others=tuple(_partnership(other) for other in person.standings.values() if other is not shown),
        user=NavUser(name=person.name, agency=_agency(person, shown)),
        find=any(other.works_cases for other in person.standings.values()),
        session_seconds=sessions.seconds_left(),
        home="/my-work",
    )


def _agency(person: Viewer, shown: Standing | None) -> str:
    """For the foot of a print: of this partnership, or the one that the person has wherever they work."""
    agencies = {place.agency for place in ([shown] if shown else person.standings.values())}
    return agencies.pop() if len(agencies) == 1 else ""


def opens(person: Viewer, place: Standing, permission: Permission) -> bool:
    """Whether a link is drawn: also while the agreement is missing, because its page says what to do."""
    facts = PartnershipFacts(place.partnership_id)
    return any(rule(person, facts) for rule in policy.RULES[permission])


def _items(person: Viewer, place: Standing | None) -> list[NavItem]:
    path = request.path
    items = [NavItem(text="My work", href="/my-work", current=path == "/my-work", badge=due_count())]
    if place is not None:
        base = f"/{place.slug}/"
        items += [
            NavItem(text=text, href=f"{base}{part}", current=path.startswith(f"{base}{part}"))
            for text, part, permission in _SECTIONS
            if opens(person, place, permission)
        ]
        elsewhere = path.removeprefix(base).split("/")[0] not in _OF_SECTIONS
        if opens(person, place, Permission.AGENCY_LIST):
            items.append(NavItem(text="Partnership", href=base, current=path.startswith(base) and elsewhere))
    if person.is_system_administrator:
        items.append(NavItem(text="System", href="/system/partnerships", current=path.startswith("/system")))
    return items


def _partnership(place: Standing) -> NavPartnership:
    href = "/my-work" if place.only_guest else f"/{place.slug}/"
    return NavPartnership(name=place.name, slug=place.slug, colour=place.colour, href=href)
