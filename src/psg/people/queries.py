"""Finding people's records. They are never listed by themselves: a person is seen through a case."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from psg.crypto import datakeys
from psg.db import db
from psg.people.matching import Matches, Pointer, Target, find_matches
from psg.people.models import Person

__all__ = ["Matches", "Pointer", "Target", "find_matches", "people_by_id"]


def people_by_id(partnership_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """The records with these ids, keys loaded; two queries however many there are."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = db.session.scalars(select(Person).where(Person.partnership_id == partnership_id, Person.id.in_(wanted)))
    people = {person.id: person for person in found}
    datakeys.load(partnership_id, people)
    return people
