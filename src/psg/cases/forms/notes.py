"""Notes on the timeline, and what is going on now."""

import re
import uuid
from datetime import timedelta
from typing import Any

from psg import clock
from psg.cases.forms import choices
from psg.cases.happened import when_of
from psg.cases.models import Case, Event
from psg.cases.rules import Precision, When
from psg.partnerships import queries as partnerships
from psg.text import PartialDate
from psg.web.fields import ChoiceField, LongTextField, PartialDateField, SelectField, TextField, option
from psg.web.forms import Form

TODAY, YESTERDAY, ANOTHER = "today", "yesterday", "another"
_TIME = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?\s*(am|pm)?")


def read_time(typed: str) -> str | None:
    """HH:MM from what people write: 14:30, 2.30pm, 1430, 9am; "" for nothing, None for no time of day."""
    compact = typed.casefold().replace(" ", "")
    if not compact:
        return ""
    words = {"midday": "12:00", "noon": "12:00", "midnight": "00:00"}
    if compact in words:
        return words[compact]
    found = _TIME.fullmatch(compact)
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


class NoteForm(Form):
    """Something that happened."""

    what = LongTextField("What happened", missing="Enter what happened", rows=6)
    day = ChoiceField(
        "When it happened",
        choices=[option(TODAY, "Today"), option(YESTERDAY, "Yesterday"), option(ANOTHER, "Another time")],
        missing="Select when it happened",
    )
    date = PartialDateField("The other time", latest=clock.today)
    at_time = TextField("Time of day (optional)", max=10, width="govuk-input--width-5", hint="For example, 2:30pm")
    kind = ChoiceField("Kind of note")
    other_kind = SelectField(
        "Another kind (optional)", empty="None of these", hint="It takes the place of the kind chosen above"
    )
    who = TextField("Who, in the words of your source (optional)", max=500)
    agency = SelectField("Whose information it is", coerce=uuid.UUID, missing="Select whose information it is")

    def __init__(self, case: Case, own_agency: uuid.UUID, event: Event | None = None, **kwargs: Any) -> None:
        kinds = partnerships.terms(case.partnership_id, "event-kinds")
        if event is None:
            usual = next((term.code for term in kinds if term.common), None)
            kwargs |= {"day": TODAY, "agency": own_agency, "kind": usual}
        else:
            common = {term.code for term in kinds if term.common}
            kwargs |= {
                "what": event.what,
                "who": event.who,
                "agency": event.owning_agency_id,
                "kind": event.kind if event.kind in common else None,
                "other_kind": None if event.kind in common else event.kind,
                **_day_of(when_of(event)),
            }
        super().__init__(**kwargs)
        self.kind.choices = [option(term.code, term.label) for term in kinds if term.common]
        self.other_kind.choices = [option(term.code, term.label) for term in kinds if not term.common]
        self.agency.choices = choices.agencies(case.partnership_id)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """The fields by themselves, then kind, date and time together."""
        super().validate(*args, **kwargs)
        if not self.kind.data and not self.other_kind.data and not (self.kind.errors or self.other_kind.errors):
            self.put_error("kind", "Select the kind of note")
        if self.day.data == ANOTHER and self.date.data is None and not self.date.errors:
            self.put_error("date", "Enter the other time")
        if not self.error_summary():
            self._check_time()
        return not self.error_summary()

    def _check_time(self) -> None:
        at_time = read_time(self.at_time.data or "")
        if at_time is None:
            self.put_error("at_time", "Time of day must be like 2:30pm or 14:30")
        elif at_time and self._partial().precision is not Precision.DAY:
            self.put_error("at_time", "Time of day needs a whole date")
        elif at_time and self._partial().sort_on == clock.today() and at_time > f"{clock.local(clock.now()):%H:%M}":
            self.put_error("at_time", "Time of day must not be later than now")

    def _partial(self) -> PartialDate:
        if self.day.data == ANOTHER:
            given: PartialDate = self.date.data
            return given
        back = 1 if self.day.data == YESTERDAY else 0
        return PartialDate.day(clock.today() - timedelta(days=back))

    def for_operation(self) -> dict[str, Any]:
        """What `operations.add_event` and `correct_event` take."""
        return {
            "kind": self.other_kind.data or self.kind.data,
            "when": When.of(self._partial(), read_time(self.at_time.data or "") or ""),
            "what": self.what.data,
            "who": self.who.data or "",
            "owning_agency_id": self.agency.data,
        }


def _day_of(when: When) -> dict[str, Any]:
    today = clock.today()
    if when.precision is Precision.DAY and when.sort_on in (today, today - timedelta(days=1)):
        return {"day": TODAY if when.sort_on == today else YESTERDAY, "at_time": when.at_time}
    return {"day": ANOTHER, "date": when.partial(), "at_time": when.at_time}


class NowForm(Form):
    """What is going on now."""

    text = LongTextField(
        "What is going on now",
        missing="Enter what is going on now",
        max=4000,
        rows=6,
        hint="Three to six lines. It stands at the top of the case; its first line stands in lists",
    )
