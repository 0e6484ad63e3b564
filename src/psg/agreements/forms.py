"""What people type about agreements."""

import uuid
from typing import Any

from psg import clock
from psg.agreements.showing import leads_of
from psg.partnerships.queries import AgencyPlace
from psg.web.fields import (
    ChoiceField,
    DateField,
    FileField,
    LongTextField,
    ManyField,
    PasswordField,
    SelectField,
    TextField,
    option,
)
from psg.web.forms import Form

FILE_LIMIT = 5_000_000


class AgreementForm(Form):
    """A new agreement."""

    title = TextField("Title", missing="Enter the title of the agreement")
    slug = TextField(
        "Its name in addresses",
        max=40,
        hint="Small letters, figures and dashes, such as information-sharing",
        missing="Enter the agreement's name in addresses",
    )
    opens_cases = ChoiceField(
        "Does signing it open cases?",
        choices=[
            option("yes", "Yes", hint="An agency that has not signed sees no case of the partnership"),
            option("no", "No", hint="It is kept and signed here, and opens nothing"),
        ],
        missing="Select whether signing it opens cases",
    )


class VersionForm(Form):
    """The words and dates of a draft."""

    text = LongTextField("Text of the agreement", max=200_000, rows=16, hint="Or add a PDF on the next page")
    purposes = LongTextField("Purposes", max=4_000, hint="One purpose a line", missing="Enter at least one purpose")
    in_force_from = DateField("In force from", missing="Enter the first day on which it counts")
    sign_by = DateField(
        "Sign by",
        hint="Until then a signature of the version before still counts",
        missing="Enter the day by which the agencies are to sign",
    )
    review_on = DateField("Review on", missing="Enter the day of its review")
    ends_on = DateField("Ends on", hint="The last day on which it counts", missing="Enter the last day")

    def in_order(self, *, first: bool) -> bool:
        """Whether the dates follow each other; puts the error beside the field that does not.

        first: whether it is the agreement's first version. That may be one signed on paper long ago, whose date to sign
        by is over. A later version's is still to come, for on that day the version before stops counting.
        """
        start, end = self.in_force_from.data, self.ends_on.data
        if end < start:
            self.ends_on.put_error("Ends on must be after In force from")
        elif not start <= self.review_on.data <= end:
            self.review_on.put_error("Review on must be between In force from and Ends on")
        elif self.sign_by.data > end:
            self.sign_by.put_error("Sign by must be before Ends on")
        elif not first and self.sign_by.data < clock.today():
            self.sign_by.put_error("Sign by must be today or later, so that the agencies can still sign in time")
        else:
            return True
        return False


class FileForm(Form):
    """The agreement's PDF."""

    file = FileField(
        "PDF of the agreement", endings=("pdf",), max_bytes=FILE_LIMIT, missing="Select a PDF", hint="5 MB at most"
    )


class SignForm(Form):
    """A signature: everything on one page."""

    name = TextField("Your full name", max=120, missing="Enter your full name", autocomplete="name")
    post = TextField("Your post", max=120, missing="Enter your post", autocomplete="organization-title")
    authority = ManyField("Authority", missing="Confirm that you are authorised to sign")
    password = PasswordField(
        "Your PSG password",
        hint="You enter it again because signing binds your agency",
        missing="Enter your password",
        autocomplete="current-password",
    )


class EndForm(Form):
    """Why a signature ends."""

    reason = TextField("Reason", max=400, missing="Enter a reason. It is kept with the signature")


def publish_form(partnership_id: uuid.UUID, agencies: list[AgencyPlace]) -> Any:
    """The parties, and who signs for each: one list of people for every agency."""
    fields: dict[str, Any] = {
        "agencies": ManyField(
            "Agencies that are to sign", missing="Select the agencies that are to sign", coerce=uuid.UUID
        )
    }
    for agency in agencies:
        fields[signatory_field(agency.id)] = SelectField(
            f"Who signs for {agency.name}", empty="Any lead of the agency", coerce=uuid.UUID
        )
    form = type("PublishForm", (Form,), fields)(agencies=[agency.id for agency in agencies])
    form.agencies.choices = [option(agency.id, agency.name) for agency in agencies]
    for agency in agencies:
        form[signatory_field(agency.id)].choices = [
            option(lead.user_id, lead.name) for lead in leads_of(partnership_id, agency.id)
        ]
    return form


def signatory_field(agency_id: uuid.UUID) -> str:
    """The field that names an agency's signatory."""
    return f"signatory_{agency_id.hex}"
