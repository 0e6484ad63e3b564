"""The form that invites a guest."""

import uuid
from collections.abc import Sequence

from psg.meetings.rules import ComesAs
from psg.partnerships.queries import Directory, Member
from psg.web.fields import ChoiceField, LongTextField, SelectField, option
from psg.web.forms import Form


class InviteGuestForm(Form):
    """Who is invited to an item, as what, and why."""

    person = SelectField("Person", missing="Select a person", coerce=uuid.UUID)
    comes_as = ChoiceField(
        "How they come",
        choices=[
            option(ComesAs.GUEST.value, "Guest", hint="Takes part in this item"),
            option(ComesAs.OBSERVER.value, "Observer", hint="Listens, such as somebody in training"),
        ],
        coerce=ComesAs,
        missing="Select whether they come as guest or observer",
    )
    reason = LongTextField(
        "Why they are needed",
        max=1_000,
        rows=3,
        hint="Kept with the case, for whoever asks later. The guest does not see it",
        missing="Enter why they are needed",
    )

    @classmethod
    def offer(cls, people: Sequence[Member], names: Directory) -> "InviteGuestForm":
        """The form with the people who can be invited, by agency."""
        form = cls()
        form.person.choices = [
            option(person.user_id, person.name, group=names.agency_name(person.agency_id)) for person in people
        ]
        return form
