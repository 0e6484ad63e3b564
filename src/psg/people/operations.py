"""Making, changing and erasing a person's thin record. What a person's part in a case is belongs to psg.cases."""

import uuid

from psg import audit, clock
from psg.audit import Actor, Event
from psg.crypto import datakeys
from psg.db import add_new, db
from psg.ids import new_id
from psg.people.matching import index as index_entries
from psg.people.matching import reshuffle, unindex
from psg.people.models import Person
from psg.people.rules import Born, Names

__all__ = [
    "change_person",
    "create_person",
    "delete_person",
    "erase_person",
    "index_entries",
    "new_person",
    "reshuffle",
    "unindex",
]


def create_person(partnership_id: uuid.UUID, names: Names, born: Born, *, by: Actor) -> Person:
    """Make a record under a key of its own. The caller audits it with the case it is made for."""
    person_id = new_id()
    datakeys.create(partnership_id, person_id, datakeys.PERSON)
    made = new_person(partnership_id, person_id, names, born, by=by)
    add_new(made)
    return made


def new_person(partnership_id: uuid.UUID, person_id: uuid.UUID, names: Names, born: Born, *, by: Actor) -> Person:
    """A record whose key is there already. The caller adds it, and audits it with the case it is made for."""
    if by.user_id is None:
        raise ValueError("a person's record is made by somebody")
    return Person(
        partnership_id=partnership_id,
        id=person_id,
        names=names.stored(),
        born=born.stored(),
        created_at=clock.now(),
        created_by=by.user_id,
    )


def change_person(person: Person, names: Names, born: Born) -> list[str]:
    """Put name and date of birth right; gives the names of what changed, for the caller's audit event."""
    changed = []
    if Names.read(person.names) != names:
        person.names = names.stored()
        changed.append("name")
    if Born.read(person.born) != born:
        person.born = born.stored()
        changed.append("born")
    db.session.flush()
    return changed


def erase_person(person: Person, *, by: Actor) -> None:
    """Destroy the person's key: name and date of birth can never be read again. Their tags must be gone before."""
    person.erased_at = clock.now()
    db.session.flush()
    datakeys.shred(person.partnership_id, person.id)
    audit.record(Event.PERSON_ERASED, person, by=by)


def delete_person(person: Person) -> None:
    """Take away a record that only a draft used, and its key. The caller audits the draft's end."""
    db.session.delete(person)
    db.session.flush()
    datakeys.shred(person.partnership_id, person.id)
