"""Bringing what different people typed for the same thing into one form, before a search tag is made of it.

Changing any of this changes every tag: raise VERSION with it, and the tags are to be built anew.
"""

import re
import unicodedata

VERSION = 1
"""Part of the derivation of every tag key, so that tags of two versions can never be mixed up."""

_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i",
        "ŋ": "ng", "ə": "e", "ĸ": "k",
    }
)  # fmt: skip
_TITLES = frozenset(
    {
        "mr", "mrs", "miss", "ms", "mx", "dr", "rev", "revd", "reverend", "prof", "professor", "sir",
        "dame", "lady", "lord", "madam", "master", "cllr", "councillor", "pc",
    }
)  # fmt: skip
_POSTCODE = re.compile(r"(gir0aa|[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2})")
_HOUSE_NUMBER = re.compile(r"\b[0-9]+(?:\s?[a-z])?\b")
_PHONE_DIGITS = 9


def plain(text: str) -> str:
    """Compatibility forms joined, case folded, accents gone, letters such as ł ø ß written out."""
    if text.isascii():
        return text.lower()  # all the rest leaves such a text as it is
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    apart = unicodedata.normalize("NFKD", folded)
    return unicodedata.normalize("NFKC", "".join(c for c in apart if not unicodedata.combining(c)))


def words(text: str) -> list[str]:
    """The words of a name without a title before it; apostrophes and hyphens do not end a word."""
    found = ["".join(c for c in word if c.isalnum()) for word in plain(text).split()]
    found = [word for word in found if word]
    while len(found) > 1 and found[0] in _TITLES:
        found.pop(0)
    return found


def forenames(text: str) -> list[str]:
    """Each forename; a hyphenated one counts as one."""
    return words(text)


def surname(text: str) -> str:
    """A surname as one word: O'Connor and O Connor alike, Mac at its start as Mc."""
    joined = "".join(words(text))
    return "mc" + joined[3:] if joined.startswith("mac") and len(joined) > len("mac") else joined


def latin(text: str) -> str:
    """Only the letters a to z of a normalised name, for rules of sound that know no others."""
    return "".join(c for c in text if "a" <= c <= "z")


def postcode(text: str) -> str | None:
    """A UK postcode without its space, None for anything else."""
    compact = "".join(c for c in plain(text) if c.isalnum())
    return compact if _POSTCODE.fullmatch(compact) else None


def sector(text: str) -> str | None:
    """The postcode without its last two letters."""
    return whole[:-2] if (whole := postcode(text)) else None


def house(text: str) -> str | None:
    """The numbers that tell a house or flat from its neighbours, in one order; the house name when there are none."""
    simple = plain(text)
    if numbers := sorted(number.replace(" ", "") for number in _HOUSE_NUMBER.findall(simple)):
        return "/".join(numbers)
    return "".join(c for c in simple if c.isalnum()) or None


def phone(text: str) -> str | None:
    """The last nine digits, which are the same with +44, 0044 and 0 before them; None when there are fewer."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdigit() and c.isascii())
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else None


def email(text: str) -> str | None:
    """An e-mail address in one case; None for what is not one."""
    address = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    before, at, after = address.rpartition("@")
    return address if before and at and after else None


def reference(text: str) -> str | None:
    """An agency's reference, letters and digits only."""
    return "".join(c for c in plain(text) if c.isalnum()) or None
