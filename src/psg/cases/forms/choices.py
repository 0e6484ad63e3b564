"""What forms offer to choose from: the partnership's own lists, its agencies, people and groups."""

import uuid
from typing import Any

from psg.agreements.queries import signed_agencies
from psg.partnerships import queries as partnerships
from psg.partnerships.queries import Member
from psg.partnerships.rules import GroupState
from psg.web.fields import option


def of_list(partnership_id: uuid.UUID, name: str, *, common: bool | None = None) -> list[Any]:
    """The entries of a list that hold today; only the common, or only the other ones, when asked."""
    return [
        option(term.code, term.label, hint=term.hint)
        for term in partnerships.terms(partnership_id, name)
        if common is None or term.common is common
    ]


def agencies(partnership_id: uuid.UUID) -> list[Any]:
    """The partnership's agencies."""
    found = partnerships.directory(partnership_id).agencies
    return [option(agency.id, agency.name) for agency in found if agency.active]


def groups(partnership_id: uuid.UUID, *, but: uuid.UUID | None = None) -> list[Any]:
    """The partnership's groups that take cases."""
    found = partnerships.directory(partnership_id).groups
    return [option(group.id, group.name) for group in found if group.state is GroupState.ACTIVE and group.id != but]


def case_workers(partnership_id: uuid.UUID) -> list[Member]:
    """Active members with a role in cases."""
    return [person for person in partnerships.directory(partnership_id).people if person.active and person.works_cases]


def officers(partnership_id: uuid.UUID) -> list[Any]:
    """People who may lead a case, under their agency's name; marked where that has not signed, so they see nothing."""
    directory = partnerships.directory(partnership_id)
    signed = signed_agencies([partnership_id]).get(partnership_id, set())
    people = sorted(case_workers(partnership_id), key=lambda person: directory.agency_name(person.agency_id))
    return [
        option(
            person.user_id,
            person.name if person.agency_id in signed else f"{person.name} (agency has not signed)",
            group=directory.agency_name(person.agency_id),
        )
        for person in people
    ]
