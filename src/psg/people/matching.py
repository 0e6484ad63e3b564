"""Search tags of people, places and agencies' references: what is stored for them, and how they are found again.

The table is joined to nothing. Ids are random, rows go in shuffled, and a nightly job writes all of them anew in
another order, so that neither ids nor physical order put the tags of one person together.
"""

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Select, Uuid, bindparam, delete, select, tuple_

from psg.crypto import blind, keyring
from psg.crypto.blind import Index, Term, Terms
from psg.crypto.searchkey import SearchKey
from psg.db import ask, db, write_rows
from psg.people.models import SearchTag
from psg.people.rules import Born, Names

_CHUNK = 500
_TOGETHER = 20
"""Tags looked for at once; more than anybody's details give."""
_shuffle = random.SystemRandom().shuffle


class Target(IntEnum):
    """What a tag leads to."""

    INVOLVEMENT = 1
    PLACE = 2
    REFERENCE = 3


@dataclass(frozen=True, order=True)
class Pointer:
    """Where something findable stands: the case, and the record in it."""

    case_id: uuid.UUID
    target: Target
    record_id: uuid.UUID

    def packed(self) -> bytes:
        """Always the same length, so that its sealed form says nothing about its kind."""
        return bytes([self.target]) + self.case_id.bytes + self.record_id.bytes

    @classmethod
    def unpacked(cls, packed: bytes) -> "Pointer":
        """From `packed`."""
        return cls(uuid.UUID(bytes=packed[1:17]), Target(packed[0]), uuid.UUID(bytes=packed[17:33]))


Matches = dict[Pointer, frozenset[Index]]


def person_terms(names: Names, born: Born, details: Mapping[str, Any]) -> Terms:
    """Everything a person in a case can be found by: name with birth, name with area, home, telephone, e-mail."""
    postcode = _text(details, "postcode")
    found: list[Term] = []
    for first, last in _spellings(names):
        found += blind.full_name_and_birth(first, last, born.on)
        found += blind.surname_initial_and_sector(first, last, postcode)
    if names.known:
        found += blind.surname_sound_and_year(names.last, born.any_year)
    found += place_terms(details)
    found += blind.phone(_text(details, "phone"))
    found += blind.email(_text(details, "email"))
    return tuple(dict.fromkeys(found))


def place_terms(details: Mapping[str, Any]) -> Terms:
    """What an address can be found by."""
    return blind.postcode_and_house(_text(details, "postcode"), _house(_text(details, "address")))


def reference_terms(number: str) -> Terms:
    """What an agency's own number can be found by."""
    return blind.agency_reference(number)


def search_terms(
    *,
    first: str = "",
    last: str = "",
    born: date | None = None,
    year: int | None = None,
    address: str = "",
    postcode: str = "",
    phone: str = "",
    email: str = "",
    reference: str = "",
) -> Terms:
    """What to look for, given what somebody typed into the search page; empty when it does not suffice."""
    names = Names(first, last, known=bool(first or last))
    details = {"address": address, "postcode": postcode, "phone": phone, "email": email}
    return (*person_terms(names, Born(on=born, year=year), details), *reference_terms(reference))


def index(partnership_id: uuid.UUID, entries: Iterable[tuple[Pointer, Terms]]) -> None:
    """Make records findable. Inside transaction()."""
    key = keyring().search(partnership_id)
    rows = [_row(key, term.index, key.tag(term), pointer) for pointer, terms in entries for term in terms]
    _insert(rows)


def unindex(partnership_id: uuid.UUID, entries: Iterable[tuple[Pointer, Terms]]) -> None:
    """Take records out of the index: their tags are computed again and the pointers opened. Inside transaction()."""
    key = keyring().search(partnership_id)
    wanted: dict[tuple[str, bytes], set[bytes]] = {}
    for pointer, terms in entries:
        for term in terms:
            wanted.setdefault((term.index.value, key.tag(term)), set()).add(pointer.packed())
    gone = [
        row_id
        for row_id, name, tag, sealed in _rows(partnership_id, list(wanted))
        if key.open_pointer(Index(name), tag, sealed) in wanted[name, tag]
    ]
    for start in range(0, len(gone), _CHUNK):
        db.session.execute(
            delete(SearchTag)
            .where(SearchTag.partnership_id == partnership_id, SearchTag.id.in_(gone[start : start + _CHUNK]))
            .execution_options(synchronize_session=False)
        )


def find_matches(partnership_id: uuid.UUID, terms: Sequence[Term]) -> Matches:
    """Where any of the terms stands, and by which indexes. Not fenced: nobody may be shown it as it is."""
    if not terms:
        return {}
    key = keyring().search(partnership_id)
    found: dict[Pointer, frozenset[Index]] = {}
    for _, name, tag, sealed in _rows(partnership_id, [(term.index.value, key.tag(term)) for term in terms]):
        pointer = Pointer.unpacked(key.open_pointer(Index(name), tag, sealed))
        found[pointer] = found.get(pointer, frozenset()) | {Index(name)}
    return found


def reshuffle(partnership_id: uuid.UUID) -> int:
    """Write every tag anew, with new ids, freshly sealed pointers and in another order. Inside transaction()."""
    key = keyring().search(partnership_id)
    kept = db.session.execute(
        select(SearchTag.index_name, SearchTag.tag, SearchTag.pointer).where(SearchTag.partnership_id == partnership_id)
    ).all()
    db.session.execute(
        delete(SearchTag).where(SearchTag.partnership_id == partnership_id).execution_options(synchronize_session=False)
    )
    _insert(
        [
            _row(key, Index(name), tag, Pointer.unpacked(key.open_pointer(Index(name), tag, sealed)))
            for name, tag, sealed in kept
        ]
    )
    return len(kept)


def _insert(rows: list[dict[str, Any]]) -> None:
    _shuffle(rows)
    write_rows(SearchTag, rows)


def _row(key: SearchKey, name: Index, tag: bytes, pointer: Pointer) -> dict[str, Any]:
    return {
        "partnership_id": key.partnership_id,
        "id": uuid.uuid4(),
        "index_name": name.value,
        "tag": tag,
        "pointer": key.seal_pointer(name, tag, pointer.packed()),
    }


def _rows(partnership_id: uuid.UUID, tags: Sequence[tuple[str, bytes]]) -> list[tuple[uuid.UUID, str, bytes, bytes]]:
    found: list[tuple[uuid.UUID, str, bytes, bytes]] = []
    tags = list(dict.fromkeys(tags))
    for start in range(0, len(tags), _TOGETHER):
        some = tags[start : start + _TOGETHER]
        wanted: dict[str, Any] = {"partnership": partnership_id}
        for number, (name, tag) in enumerate(some):
            wanted |= {f"name_{number}": name, f"tag_{number}": tag}
        found += [(row_id, name, tag, sealed) for row_id, name, tag, sealed in ask(_tagged(len(some)), wanted)]
    return found


@cache
def _tagged(count: int) -> Select[uuid.UUID, str, bytes, bytes]:
    """Built once for each number of tags: every referral that is sent asks it."""
    wanted = [tuple_(bindparam(f"name_{n}"), bindparam(f"tag_{n}", type_=LargeBinary())) for n in range(count)]
    return select(SearchTag.id, SearchTag.index_name, SearchTag.tag, SearchTag.pointer).where(
        SearchTag.partnership_id == bindparam("partnership", type_=Uuid()),
        tuple_(SearchTag.index_name, SearchTag.tag).in_(wanted),
    )


def _spellings(names: Names) -> list[tuple[str, str]]:
    """The name, and each alias that is a whole name."""
    found = [(names.first, names.last)] if names.known else []
    for alias in names.aliases:
        first, _, last = alias.strip().rpartition(" ")
        if first and last:
            found.append((first, last))
    return found


def _text(details: Mapping[str, Any], name: str) -> str:
    return str(details.get(name) or "")


def _house(address: str) -> str:
    """Numbers are taken from the whole address; without any, the house name is what stands before the first comma."""
    if any(character.isdigit() for character in address):
        return address
    return address.replace("\n", ",").split(",")[0]
