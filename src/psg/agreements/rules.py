"""When a signed version counts, in plain Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from psg.reminders.rules import Rhythm


class VersionState(StrEnum):
    """Where a version of an agreement stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class VersionDates:
    """The dates of one published version."""

    number: int
    in_force_from: date
    ends_on: date
    """Last day on which it counts."""
    sign_by: date
    """By when parties must have signed it; until then a signature of the version before still counts."""
    withdrawn: bool = False


def counts(signed: VersionDates, published: Iterable[VersionDates], on: date) -> bool:
    """Whether a signature of this version opens cases on a date.

    It counts from the day the version is in force until its own end, or until the sign-by date of a newer version,
    whichever is first. Withdrawal ends it at once.
    """
    if signed.withdrawn or not signed.in_force_from <= on <= signed.ends_on:
        return False
    newer = (v for v in published if v.number > signed.number and not v.withdrawn)
    return all(on <= version.sign_by for version in newer)


def word_for(signed_newest: bool, signed_before: bool, is_party: bool) -> str:
    """The word of one agency under one agreement: Signed, Waiting, Ended, or nothing where it is no party."""
    if signed_newest:
        return "Signed"
    if signed_before:
        return "Ended"
    return "Waiting" if is_party else ""


def rhythm(days_before: Sequence[int]) -> Rhythm:
    """Told so many days before a date, on the day, and every 30 days after it."""
    return Rhythm(tuple(sorted({*(-days for days in days_before), 0})), 30)
