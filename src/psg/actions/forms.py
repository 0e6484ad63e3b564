"""What people type about actions."""

import uuid
from datetime import date
from typing import Any

from wtforms import ValidationError
from wtforms.fields.choices import SelectChoice

from psg import clock, reference
from psg.actions.checks import MeetingChoice
from psg.actions.owners import owner_from, owner_options
from psg.actions.rules import DueOffer
from psg.web.fields import ChoiceField, LongTextField, ManyField, NearDateField, Offer, SelectField, TextField, option
from psg.web.forms import Form
from psg.web.words import full_date

DONE, NOT_DONE, GOING = "done", "not-done", "going"


def priorities(today: date) -> list[SelectChoice]:
    """How pressing an action is."""
    return [option(entry["code"], entry["label"]) for entry in reference.current("action-priorities", today)]


def put_offers(field: NearDateField, offers: list[DueOffer], *, prefer: bool = True) -> None:
    """Let a date field offer these dates, with the preferred one chosen unless an answer is optional."""
    field.offers = [Offer(o.day, o.label, o.reason, preferred=prefer and o.preferred) for o in offers]


class AddActionForm(Form):
    """What was agreed, who does it, by when."""

    what = LongTextField(
        "What is to be done", max=2_000, rows=3, hint="Start with a verb.", missing="Enter what is to be done"
    )
    owner = SelectField(
        "Who will do it", coerce=owner_from, empty="Select one", missing="Select who will do this action"
    )
    due = NearDateField("Due date", earliest=clock.today, missing="Select when it is due")
    priority = ChoiceField("How pressing is it", inline=True, missing="Select how pressing it is")
    meeting = SelectField("Agreed at", coerce=uuid.UUID, empty="Not at a meeting")

    def put_choices(self, partnership_id: uuid.UUID, offers: list[DueOffer], meetings: list[MeetingChoice]) -> None:
        """Fill in who and when can be chosen."""
        self.owner.choices = owner_options(partnership_id)
        self.priority.choices = priorities(clock.today())
        put_offers(self.due, offers)
        self.meeting.choices = [option(m.id, f"Meeting on {full_date(m.held_on)}") for m in meetings]


class UpdateForm(Form):
    """How an action went."""

    result = ChoiceField(
        "How does it stand",
        choices=[
            option(DONE, "Done"),
            option(NOT_DONE, "Not done, and it will not be"),
            option(GOING, "Still going"),
        ],
        missing="Select how it stands",
    )
    text = LongTextField("How it went, or why not", max=4_000, rows=4)
    evidence = TextField(
        "Where the proof is (optional)", max=500, hint="Such as the number of a letter, or whose file it is in."
    )
    due = NearDateField("New date, if it is still going (optional)", earliest=clock.today)

    def validate_text(self, field: Any) -> None:
        """Not done needs a reason, still going a word on how."""
        if not field.data and self.result.data == NOT_DONE:
            raise ValidationError("Enter why it was not done")
        if not field.data and self.result.data == GOING:
            raise ValidationError("Enter how it is going")


class OutcomeForm(Form):
    """Afterwards: how a finished action went."""

    text = LongTextField("How it went", max=4_000, rows=4, missing="Enter how it went")
    evidence = TextField(
        "Where the proof is (optional)", max=500, hint="Such as the number of a letter, or whose file it is in."
    )


class MoveForm(Form):
    """Another date, and why."""

    due = NearDateField("New due date", earliest=clock.today, missing="Select the new date")
    reason = LongTextField("Why the date is changed", max=1_000, rows=3, missing="Enter why the date is changed")


class GiveForm(Form):
    """Another owner."""

    owner = SelectField(
        "Who will do it", coerce=owner_from, empty="Select one", missing="Select who will do this action"
    )

    def put_choices(self, partnership_id: uuid.UUID) -> None:
        """Fill in who can be chosen."""
        self.owner.choices = owner_options(partnership_id)


class CancelForm(Form):
    """Why an action is not wanted any more."""

    reason = LongTextField(
        "Why it is not wanted any more", max=1_000, rows=3, missing="Enter why it is not wanted any more"
    )


class PressForm(Form):
    """A press of one button, with nothing to fill in."""


class RemindForm(Form):
    """Actions ticked in a list."""

    chosen = ManyField("Actions", coerce=uuid.UUID, missing="Select at least one action to send a reminder of")

    def put_rows(self, ids: list[uuid.UUID]) -> None:
        """Fill in what can be ticked."""
        self.chosen.choices = [option(action_id, "") for action_id in ids]
