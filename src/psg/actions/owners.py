"""Who can be given an action: one list for every form that asks, in the order in which people look for a name."""

import uuid

from wtforms.fields.choices import SelectChoice

from psg.agreements.queries import signed_agencies
from psg.partnerships.queries import directory
from psg.web.fields import option

Owner = tuple[uuid.UUID | None, uuid.UUID]
"""A person and their agency, or an agency alone."""


def owner_options(partnership_id: uuid.UUID) -> list[SelectChoice]:
    """Every agency of the partnership: the agency as a whole first, then those of its people whose roles open cases.

    Whoever holds no such role could not read what they are to do, and is left out. An agency that has not signed may be
    given work, since it often signs next; that it cannot see it yet is said beside it.
    """
    names = directory(partnership_id)
    signed = signed_agencies([partnership_id]).get(partnership_id, set())
    options = []
    for agency in names.agencies:
        if not agency.active:
            continue
        note = "" if agency.id in signed else " (agency has not signed)"
        options.append(option(agency.id, f"{agency.short_name}, whoever is free{note}", group=agency.name))
        options += [
            option(owner_value(person.user_id, agency.id), f"{person.name}{note}", group=agency.name)
            for person in names.people
            if person.agency_id == agency.id and person.active and person.works_cases
        ]
    return options


def owner_value(owner_id: uuid.UUID | None, agency_id: uuid.UUID) -> str:
    """An owner as the list of owners has them."""
    return f"{agency_id}/{owner_id}" if owner_id else f"{agency_id}"


def owner_from(value: str) -> Owner:
    """The owner that a line of the list stands for."""
    agency, _, person = value.partition("/")
    return (uuid.UUID(person) if person else None, uuid.UUID(agency))
