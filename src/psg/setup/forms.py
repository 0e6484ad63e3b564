"""What a system administrator types about a new partnership."""

from psg import reference
from psg.partnerships.forms import COLOURS
from psg.web.fields import ChoiceField, EmailField, SelectField, TextField, option
from psg.web.forms import Form


class NewPartnershipForm(Form):
    """A partnership, its coordinator's agency, and its first coordinator."""

    name = TextField("Name of the partnership", missing="Enter the name of the partnership")
    slug = TextField(
        "Its name in addresses",
        max=40,
        hint="Small letters, figures and dashes, such as east-fens. It cannot be changed later",
        missing="Enter the partnership's name in addresses",
    )
    prefix = TextField(
        "How its references begin",
        max=4,
        hint="Two to four capital letters, such as EF. It cannot be changed later",
        missing="Enter how its references begin",
    )
    contact_email = EmailField("Coordinator's mailbox", missing="Enter the coordinator's mailbox")
    colour = ChoiceField(
        "Colour of the line under the header",
        choices=[option(number, name) for number, name in enumerate(COLOURS, start=1)],
        coerce=int,
        missing="Select a colour",
    )
    agency = TextField("Agency of the first coordinator", hint="Usually the council", missing="Enter the agency's name")
    agency_short = TextField("The agency's short name", max=40, missing="Enter the agency's short name")
    agency_kind = SelectField(
        "Kind of agency",
        missing="Select what kind of agency it is",
        choices=lambda: [option(code, label) for code, label in reference.labels("agency-kinds").items()],
    )
    first_name = TextField("First name of the first coordinator", max=80, missing="Enter their first name")
    last_name = TextField("Last name of the first coordinator", max=80, missing="Enter their last name")
    email = EmailField("Their work e-mail address", missing="Enter their work e-mail address")
