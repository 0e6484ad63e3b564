"""Forms of planning and arranging meetings."""

from datetime import time
from typing import Any

from psg import clock
from psg.meetings.recurrence import EVERY, ORDINALS, WEEKDAYS
from psg.meetings.rules import CANCEL_REASONS, OFF_REASONS, Section, time_from
from psg.web.fields import (
    ChoiceField,
    DateField,
    IntegerField,
    LongTextField,
    NearDateField,
    SelectField,
    TextField,
    option,
)
from psg.web.forms import Form
from psg.web.words import time_of_day


class TimeField(TextField):
    """A time of day such as 10am or 14:30; `data` is a datetime.time or None."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, max=20, width="govuk-input--width-5", **kwargs)

    def wrong(self) -> str | None:
        """Turn the text into a time, or say what is wrong with it."""
        if isinstance(self.data, time):
            return None
        found = time_from(self.data)
        if found is None:
            return f"{self.label.text} must be a time, like 10am or 2:30pm"
        self.data = found
        return None

    def words(self, value: Any) -> str:
        """A time that was not typed."""
        return time_of_day(value)


class ActForm(Form):
    """A form whose buttons are its only answers."""


class SeriesForm(Form):
    """How a group meets."""

    ordinal = SelectField(
        "Which one of the month",
        choices=[option(number, word) for number, word in ORDINALS.items()],
        coerce=int,
        missing="Select which one of the month",
    )
    weekday = SelectField(
        "Day of the week",
        choices=[option(number, word) for number, word in enumerate(WEEKDAYS)],
        coerce=int,
        missing="Select the day of the week",
    )
    every_months = SelectField(
        "How often",
        choices=[option(number, word.capitalize()) for number, word in EVERY.items()],
        coerce=int,
        missing="Select how often the group meets",
    )
    starts_from = DateField("First date", missing="Enter from when", hint="Meetings are planned from this date on")
    at = TimeField("Time", missing="Enter the time", hint="For example, 10am")
    minutes = IntegerField("Length in minutes", min=15, max=600, missing="Enter how long it lasts")
    place = TextField("Place (optional)", hint="A room or a video link. No case is named here")


class MeetingForm(Form):
    """One meeting."""

    held_on = DateField("Date", missing="Enter the date", earliest=clock.today)
    at = TimeField("Time", missing="Enter the time", hint="For example, 10am")
    minutes = IntegerField("Length in minutes", min=15, max=600, missing="Enter how long it lasts")
    place = TextField("Place (optional)", hint="A room or a video link. No case is named here")


class CancelForm(Form):
    """Why a meeting does not take place."""

    reason = ChoiceField(
        "Why is it cancelled?",
        choices=[option(code, words[0].upper() + words[1:]) for code, words in CANCEL_REASONS.items()],
        missing="Select why the meeting is cancelled",
    )


class MoveForm(Form):
    """Where a case goes."""

    section = SelectField("Section", coerce=Section, missing="Select a section", empty="")
    position = IntegerField("Position in the section", min=1, max=999, missing="Enter a position", hint="1 is first")


class TimeForm(Form):
    """How long a case is planned for."""

    minutes = IntegerField("Minutes", min=1, max=240, missing="Enter how many minutes")


class OffForm(Form):
    """Why a case comes off."""

    reason = ChoiceField(
        "Why does it come off?",
        choices=[option(code, words[0].upper() + words[1:]) for code, words in OFF_REASONS.items()],
        missing="Select why the case comes off",
    )


class ParkForm(Form):
    """Until when a case waits."""

    until = NearDateField(
        "Park it until", missing="Select until when", hint="It comes back at the first meeting from then on"
    )


class AddForm(Form):
    """A case to be put on."""

    reference = TextField(
        "Case reference", max=40, missing="Enter the case reference", width="govuk-input--width-10", spellcheck=False
    )
    agency = SelectField("Asked for by (optional)", empty="No agency")


class AskForm(Form):
    """At which meeting a case is to be discussed."""

    meeting = ChoiceField("At which meeting?", missing="Select the meeting")


class NoteForm(Form):
    """Minutes of an item that is no case."""

    text = LongTextField("Minutes of this item", max=20_000, rows=8, hint="What was said and decided. Name no case")


class CorrectForm(Form):
    """The words of a decision."""

    text = LongTextField("What was agreed", max=20_000, rows=8, missing="Enter what was agreed")


class AddendumForm(Form):
    """Later truth about agreed minutes."""

    text = LongTextField(
        "What is to be added", max=20_000, rows=8, missing="Enter what is to be added", hint="Name no case here"
    )
