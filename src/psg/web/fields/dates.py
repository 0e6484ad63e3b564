"""Fields for dates: three boxes, a date known in part, and near dates offered ready made."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms.utils import unset_value

from psg import clock, text
from psg.text import PartialDate, Precision
from psg.web.fields.base import KitField
from psg.web.words import long_date, meeting_date

PARTS = ("day", "month", "year")
Limit = date | Callable[[], date] | None


class NotADate(ValueError):
    """What was typed is no date; `parts` are the boxes to mark."""

    def __init__(self, message: str, parts: Sequence[str]) -> None:
        super().__init__(message)
        self.parts = tuple(parts)


def month_number(typed: str) -> int | None:
    """The month meant by "11", "09", "nov", "Sept." or "November"; None when it is none."""
    word = typed.casefold().rstrip(".")
    if re.fullmatch("[0-9]{1,2}", word):
        number = int(word)
        return number if 1 <= number <= 12 else None
    if len(word) < 3 or not word.isalpha():
        return None
    for number, name in enumerate(calendar.month_name):
        if number and (name.casefold().startswith(word) or (number == 9 and word == "sept")):
            return number
    return None


class _Boxes(KitField):
    """Day, month and year boxes named NAME-day, NAME-month, NAME-year."""

    extra_parts: tuple[str, ...] = ()

    def __init__(self, label: str, *, latest: Limit = None, earliest: Limit = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.latest = latest
        self.earliest = earliest
        self.boxes: dict[str, str] = {}
        self.bad_parts: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the boxes instead of one value."""
        self.bad_parts = ()
        self.boxes = {}
        super().process(None, data)
        if formdata is None:
            return
        self.data = self.nothing()
        self.raw_data = []
        names = {part: f"{self.name}-{part}" for part in (*PARTS, *self.extra_parts)}
        sent = {part: [v for v in formdata.getlist(name) if isinstance(v, str)] for part, name in names.items()}
        self.typed = [value for values in sent.values() for value in values]
        self.raw_data = self.typed
        self.boxes = {part: " ".join(values) for part, values in sent.items()}
        try:
            for part, values in sent.items():
                if len(values) > 1:
                    raise NotADate(f"{self.said} was sent more than once. Check it", [part])
                self.checked_text(part)
            self.data = self.read_boxes()
        except NotADate as problem:
            self.bad_parts = problem.parts
            self.process_errors.append(str(problem))

    def checked_text(self, part: str) -> str:
        """A box's text, cleaned."""
        try:
            return self.cleaned(self.boxes.get(part, ""))
        except ValueError as problem:
            raise NotADate(str(problem), [part]) from None

    def read_boxes(self) -> Any:
        raise TypeError(f"{type(self).__name__} does not say how it is read")

    def number(self, part: str) -> int | None:
        """The number in a box; None when the box is empty."""
        typed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", self.checked_text(part)))
        if not typed:
            return None
        if part == "month":
            found = month_number(typed)
        else:
            found = int(typed) if re.fullmatch("[0-9]{1,6}", typed) else None
        if found is None or (part == "day" and not 1 <= found <= 31):
            raise NotADate(f"{self.said} must be a real date", [part])
        if part == "year" and not 1000 <= found <= 9999:
            raise NotADate(f"{self.said} must have a year of 4 numbers", [part])
        if part == "year" and not 1850 <= found <= 2150:
            raise NotADate(f"{self.said} must have a year between 1850 and 2150", [part])
        return found

    def real(self, year: int, month: int, day: int) -> date:
        """The date, or an error when the calendar has no such day."""
        try:
            return date(year, month, day)
        except ValueError:
            raise NotADate(f"{self.said} must be a real date", PARTS) from None

    def out_of_limits(self, first: date, last: date) -> str | None:
        """Words when the span lies after `latest` or before `earliest`."""
        latest = self.latest() if callable(self.latest) else self.latest
        earliest = self.earliest() if callable(self.earliest) else self.earliest
        today = clock.today()
        if latest is not None and first > latest:
            self.bad_parts = PARTS
            if latest == today:
                return f"{self.said} must be today or in the past"
            return f"{self.said} must be on or before {long_date(latest)}"
        if earliest is not None and last < earliest:
            self.bad_parts = PARTS
            if earliest == today:
                return f"{self.said} must be today or later"
            return f"{self.said} must be on or after {long_date(earliest)}"
        return None

    @property
    def focus_id(self) -> str:
        return f"{self.id}-{self.bad_parts[0] if self.bad_parts else 'day'}"

    def items(self) -> Iterator[dict[str, Any]]:
        """What the macro draws for each box."""
        shown = self.boxes if self.typed is not None else self.from_data(self.data)
        for part in PARTS:
            yield {
                "part": part,
                "label": part.capitalize(),
                "value": text.showable(shown.get(part, "")),
                "bad": bool(self.errors) and (part in self.bad_parts or not self.bad_parts),
                "width": "govuk-input--width-4" if part == "year" else "govuk-input--width-2",
                "autocomplete": f"bday-{part}" if self.autocomplete == "bday" else "",
            }

    def from_data(self, value: Any) -> dict[str, str]:
        """The boxes of a value the form began with."""
        if not isinstance(value, date):
            return {}
        return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}


class DateField(_Boxes):
    """A full date. `latest`/`earliest` are dates or callables (psg.clock.today)."""

    macro = "date_boxes"

    def read_boxes(self) -> date | None:
        numbers = {part: self.number(part) for part in PARTS}
        absent = [part for part, number in numbers.items() if number is None]
        if len(absent) == 3:
            return None
        if absent:
            raise NotADate(f"{self.said} must include a {' and '.join(absent)}", absent)
        return self.real(numbers["year"] or 0, numbers["month"] or 0, numbers["day"] or 0)

    def wrong(self) -> str | None:
        return self.out_of_limits(self.data, self.data)


class PartialDateField(_Boxes):
    """A date as far as it is known; `data` is a psg.text.PartialDate or None.

    Day, or day and month, may stay empty. Words ("between Easter and June") make it a period. `unknown=True`
    offers a box to tick when the date is not known.
    """

    macro = "partial_date"
    extra_parts = ("words", "unknown")

    def __init__(self, label: str, *, unknown: bool = True, words_max: int = 200, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.may_be_unknown = unknown
        self.words_max = words_max

    def read_boxes(self) -> PartialDate | None:
        day, month, year = (self.number(part) for part in PARTS)
        words = self.checked_text("words")
        if len(words) > self.words_max:
            raise NotADate(f"{self.said} in words must be {self.words_max} characters or less", ["words"])
        if self.boxes.get("unknown") and self.may_be_unknown:
            if (day, month, year) != (None, None, None):
                raise NotADate(f"{self.said}: enter a date, or select Not known, not both", PARTS)
            return PartialDate.unknown(words)
        if year is None and month is None and day is None and not words:
            return None
        start = self.start_of(day, month, year)
        if words:
            return PartialDate.period(start, words)
        if day is not None:
            return PartialDate.day(start)
        return PartialDate.year(start.year) if month is None else PartialDate.month(start.year, start.month)

    def start_of(self, day: int | None, month: int | None, year: int | None) -> date:
        """The first day that the filled boxes can mean; an error when one is missing in between."""
        if year is None and day is None and month is None:
            raise NotADate(f"{self.said} must include at least a year, to stand in order", ["year"])
        if year is None:
            raise NotADate(f"{self.said} must include a year", ["year"])
        if day is not None and month is None:
            raise NotADate(f"{self.said} must include a month", ["month"])
        return self.real(year, month or 1, day or 1)

    def wrong(self) -> str | None:
        if self.data.sort_on is None:
            return None
        return self.out_of_limits(self.data.sort_on, self.data.latest or date.max)

    def from_data(self, value: Any) -> dict[str, str]:
        if not isinstance(value, PartialDate):
            return super().from_data(value)
        if value.sort_on is None:
            return {"unknown": "y", "words": value.words}
        boxes = {**super().from_data(value.sort_on), "words": value.words}
        if value.precision in (Precision.MONTH, Precision.YEAR):
            boxes["day"] = ""
        if value.precision is Precision.YEAR:
            boxes["month"] = ""
        return boxes

    @property
    def words_shown(self) -> str:
        shown = self.boxes if self.typed is not None else self.from_data(self.data)
        return text.showable(shown.get("words", ""))

    @property
    def unknown_shown(self) -> bool:
        shown = self.boxes if self.typed is not None else self.from_data(self.data)
        return bool(shown.get("unknown"))


@dataclass(frozen=True, slots=True)
class Offer:
    """A date worked out for the person: "Before the next meeting" is Monday 7 December, because ..."""

    day: date
    label: str
    reason: str = ""
    preferred: bool = False


class NearDateField(_Boxes):
    """Radios with worked-out dates and "Another date" with three boxes. `data` is a date or None.

    Set `offers` on the bound field before it is drawn or checked.
    """

    macro = "near_date"
    extra_parts = ("choice",)
    ANOTHER = "another"

    def __init__(self, label: str, *, offers: Sequence[Offer] = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.offers: list[Offer] = list(offers)

    def read_boxes(self) -> date | None:
        choice = self.checked_text("choice")
        if choice and choice != self.ANOTHER:
            try:
                return date.fromisoformat(choice)
            except ValueError:
                raise NotADate(f"{self.said}: select one of the dates shown", ["choice"]) from None
        numbers = {part: self.number(part) for part in PARTS}
        absent = [part for part, number in numbers.items() if number is None]
        if len(absent) == 3:
            if choice == self.ANOTHER:
                raise NotADate(f"Enter the other date for {self.said[:1].lower()}{self.said[1:]}", PARTS)
            return None
        if absent:
            raise NotADate(f"{self.said} must include a {' and '.join(absent)}", absent)
        return self.real(numbers["year"] or 0, numbers["month"] or 0, numbers["day"] or 0)

    def wrong(self) -> str | None:
        if not self.took_another and all(offer.day != self.data for offer in self.offers):
            # The dates shown were worked out anew since the page was opened; a date within the limits still stands.
            self.boxes = {**self.from_data(self.data), "choice": self.ANOTHER}
        return self.out_of_limits(self.data, self.data)

    @property
    def took_another(self) -> bool:
        """Whether "Another date" is the radio to draw as chosen."""
        if self.typed is not None:
            return self.boxes.get("choice") == self.ANOTHER or (
                not self.boxes.get("choice") and any(self.boxes.get(part) for part in PARTS)
            )
        return self.data is not None and all(offer.day != self.data for offer in self.offers)

    def items(self) -> Iterator[dict[str, Any]]:
        if self.typed is None and not self.took_another:
            # The boxes belong to "Another date" and stay empty while an offered date is chosen.
            yield from ({**item, "value": ""} for item in super().items())
            return
        yield from super().items()

    def radios(self) -> Iterator[dict[str, Any]]:
        """What the macro draws for each offered date."""
        typed = self.boxes.get("choice") if self.typed is not None else None
        for number, offer in enumerate(self.offers, start=1):
            if typed is not None:
                chosen = typed == offer.day.isoformat()
            elif self.typed is None and self.data is None:
                chosen = offer.preferred
            else:
                chosen = self.data == offer.day
            yield {
                "value": offer.day.isoformat(),
                "label": f"{offer.label}: {meeting_date(offer.day)}",
                "hint": offer.reason,
                "chosen": chosen,
                "id": self.id if number == 1 else f"{self.id}-{number}",
            }

    @property
    def another_id(self) -> str:
        return f"{self.id}-{len(self.offers) + 1}" if self.offers else str(self.id)

    @property
    def focus_id(self) -> str:
        if not self.bad_parts or self.bad_parts[0] not in PARTS or not self.took_another:
            return str(self.id)
        return f"{self.id}-{self.bad_parts[0]}"


__all__ = ["DateField", "NearDateField", "Offer", "PartialDateField", "month_number"]
