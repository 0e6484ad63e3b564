"""Who can see a case, in words: the same rules as the gate, asked about every member."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from psg.access import Permission, Standing, Viewer, policy
from psg.agreements import queries as agreements
from psg.cases.models import Case
from psg.meetings import guests
from psg.partnerships.queries import Directory, Member


@dataclass(frozen=True)
class Sees:
    """An agency whose people can see the case, and who they are."""

    agency_id: uuid.UUID
    agency: str
    people: list[str]


def who_sees(case: Case, names: Directory, place: Standing) -> list[Sees]:
    """Agencies with the people who may read the case today, by name of the agency."""
    signed = agreements.signed_agencies([case.partnership_id]).get(case.partnership_id, set())
    by_agency: dict[uuid.UUID, list[str]] = {}
    for member in _readers(case, names.people, place, signed):
        by_agency.setdefault(member.agency_id, []).append(member.name)
    found = [Sees(agency_id, names.agency_name(agency_id), people) for agency_id, people in by_agency.items()]
    return sorted(found, key=lambda one: one.agency)


def _readers(case: Case, people: Iterable[Member], place: Standing, signed: set[uuid.UUID]) -> list[Member]:
    facts = case.facts()
    return [
        member
        for member in people
        if member.active
        and policy.permits(as_viewer(member, case.partnership_id, place, signed), Permission.CASE_READ, facts)
    ]


@dataclass(frozen=True)
class Guest:
    """Somebody who reads a little of the case for one meeting."""

    name: str
    agency: str
    held_on: date


def guests_of(case: Case, names: Directory, place: Standing) -> list[Guest]:
    """Those invited to the case's item of a meeting, who may read that item today."""
    invited = guests.open_on(case)
    if not invited:
        return []
    signed = agreements.signed_agencies([case.partnership_id]).get(case.partnership_id, set())
    found = []
    for invitation, held_on in invited:
        member = names.member(invitation.user_id)
        if member is None or not member.active:
            continue
        reader = as_viewer(member, case.partnership_id, place, signed)
        if policy.permits(reader, Permission.ITEM_READ, invitation.facts()):
            found.append(Guest(member.name, names.agency_name(member.agency_id), held_on))
    return found


def as_viewer(member: Member, partnership_id: uuid.UUID, place: Standing, signed: set[uuid.UUID]) -> Viewer:
    """A member as the rules see them, in this partnership."""
    standing = Standing(
        partnership_id=partnership_id,
        slug=place.slug,
        name=place.name,
        prefix=place.prefix,
        agency_id=member.agency_id,
        agency="",
        membership_id=member.membership_id,
        roles=member.roles,
        groups=member.groups,
        agreement_signed=member.agency_id in signed,
    )
    return Viewer(
        user_id=member.user_id,
        first_name=member.first_name,
        name=member.name,
        standings={partnership_id: standing},
    )
