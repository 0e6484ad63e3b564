"""Names and dates of birth as far as they are known, in plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

NOT_KNOWN = "Name not known"


@dataclass(frozen=True)
class Names:
    """What somebody is called. `known` is False for "name not known"; an alias may be known all the same."""

    first: str = ""
    last: str = ""
    aliases: tuple[str, ...] = ()
    known: bool = True

    @property
    def full(self) -> str:
        """First and last name, or the words for one that is not known."""
        name = f"{self.first} {self.last}".strip() if self.known else ""
        return name or NOT_KNOWN

    @property
    def shown(self) -> str:
        """The full name, and what else they are called."""
        also = f" (also {', '.join(self.aliases)})" if self.aliases else ""
        return self.full + also

    def stored(self) -> dict[str, Any]:
        """As it is sealed in a person's record."""
        return {"first": self.first, "last": self.last, "aliases": list(self.aliases), "known": self.known}

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "Names":
        """From what is sealed; an empty record is a name not known."""
        if not stored:
            return cls(known=False)
        known = bool(stored.get("known", True)) and bool(stored.get("first") or stored.get("last"))
        aliases = tuple(alias for alias in stored.get("aliases") or () if alias)
        return cls(stored.get("first") or "", stored.get("last") or "", aliases, known)


@dataclass(frozen=True)
class Born:
    """A date of birth, a year of birth (perhaps about), or neither."""

    on: date | None = None
    year: int | None = None
    about: bool = False

    @property
    def any_year(self) -> int | None:
        """The year, from whichever is known."""
        return self.on.year if self.on else self.year

    def age(self, today: date) -> str:
        """In words: "58", "about 34", or "" when nothing is known."""
        if self.on is not None:
            had_birthday = (today.month, today.day) >= (self.on.month, self.on.day)
            return str(max(0, today.year - self.on.year - (not had_birthday)))
        return f"about {max(0, today.year - self.year)}" if self.year is not None else ""

    def age_band(self, today: date) -> str:
        """Child (under 18), young adult (18 to 24), adult, or older adult (65 and over); "" when not known."""
        year = self.any_year
        if year is None:
            return ""
        age = int(self.age(today).removeprefix("about "))
        bands = ((18, "Child (under 18)"), (25, "Young adult (18 to 24)"), (65, "Adult (25 to 64)"))
        return next((words for limit, words in bands if age < limit), "Older adult (65 and over)")

    def stored(self) -> dict[str, Any] | None:
        """As it is sealed in a person's record."""
        if self.on is not None:
            return {"date": self.on.isoformat()}
        return {"year": self.year, "about": self.about} if self.year is not None else None

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "Born":
        """From what is sealed."""
        if not stored:
            return cls()
        if stored.get("date"):
            return cls(on=date.fromisoformat(stored["date"]))
        return cls(year=stored.get("year"), about=bool(stored.get("about")))
