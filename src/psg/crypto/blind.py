"""Finding a person or address without the database learning the name: search tags.

A tag is a keyed hash of a few normalised details taken together. It stands in a table of its own beside a sealed
pointer, so a copy of the database shows how often a tag occurs and nothing about whose it is; tags of one person cannot
be brought together. Whoever finds a pointer opens the record and compares: a tag only says "probably".

Each function here gives the terms to store for a record, and the very same terms to look for it; none when the details
do not suffice.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import jellyfish

from psg.crypto import normalise


class Index(StrEnum):
    """The indexes there are; each has its own key."""

    NAME_BORN = "name-born"
    SOUND_YEAR = "sound-year"
    NAME_SECTOR = "name-sector"
    POSTCODE_HOUSE = "postcode-house"
    PHONE = "phone"
    EMAIL = "email"
    AGENCY_REFERENCE = "agency-reference"


@dataclass(frozen=True, repr=False)
class Term:
    """One thing to look for, normalised, not yet hashed. In memory only."""

    index: Index
    parts: tuple[str, ...]

    def __repr__(self) -> str:
        """The index only: the parts are somebody's details."""
        return f"<Term {self.index.value}>"


Terms = tuple[Term, ...]


def full_name_and_birth(forenames: str, surname: str, born: date | None) -> Terms:
    """Full name and full date of birth; with all forenames and with the first alone, as middle names come and go."""
    given, family = normalise.forenames(forenames), normalise.surname(surname)
    if not given or not family or born is None:
        return ()
    names = dict.fromkeys(("".join(given), given[0]))
    return tuple(Term(Index.NAME_BORN, (name, family, born.isoformat())) for name in names)


def surname_sound_and_year(surname: str, year: int | None) -> Terms:
    """How the surname sounds, by two rules, and the year of birth.

    Soundex joins Khan and Kahn, which Metaphone splits; Metaphone joins Knight and Night, Phillips and Filips, which
    Soundex splits by their first letter.
    """
    family = normalise.latin(normalise.surname(surname))
    if not family or year is None:
        return ()
    codes = (("soundex", jellyfish.soundex(family)), ("metaphone", jellyfish.metaphone(family)))
    return tuple(Term(Index.SOUND_YEAR, (rule, code, str(year))) for rule, code in codes if code)


def surname_initial_and_sector(forenames: str, surname: str, postcode: str) -> Terms:
    """Surname, first initial and postcode sector."""
    given, family, sector = normalise.forenames(forenames), normalise.surname(surname), normalise.sector(postcode)
    if not given or not family or sector is None:
        return ()
    return (Term(Index.NAME_SECTOR, (family, given[0][0], sector)),)


def postcode_and_house(postcode: str, house: str) -> Terms:
    """Whole postcode and house number or name."""
    where, which = normalise.postcode(postcode), normalise.house(house)
    return (Term(Index.POSTCODE_HOUSE, (where, which)),) if where and which else ()


def phone(number: str) -> Terms:
    """A telephone number."""
    return _single(Index.PHONE, normalise.phone(number))


def email(address: str) -> Terms:
    """An e-mail address."""
    return _single(Index.EMAIL, normalise.email(address))


def agency_reference(reference: str) -> Terms:
    """An agency's own reference, such as a crime number; whoever looks for it need not know the agency."""
    return _single(Index.AGENCY_REFERENCE, normalise.reference(reference))


def _single(index: Index, value: str | None) -> Terms:
    return (Term(index, (value,)),) if value else ()
