"""Find a person or an address among the cases one may see."""

from typing import Any

from psg import clock
from psg.crypto.blind import Terms
from psg.people.matching import search_terms
from psg.web.fields import DateField, EmailField, IntegerField, TextField
from psg.web.forms import Form


class FindPersonForm(Form):
    """Exact details only; a surname alone finds nobody, on purpose."""

    first = TextField("First names", max=100)
    last = TextField("Last name", max=100)
    born = DateField("Date of birth", latest=clock.today)
    born_year = IntegerField("Or the year of birth", min=1900, max=2100)
    address = TextField("House number or name, and street", max=300)
    postcode = TextField("Postcode", max=12, width="govuk-input--width-10")
    phone = TextField("Telephone", max=40, width="govuk-input--width-20")
    email = EmailField("E-mail address")
    number = TextField("An agency's own number", max=60, hint="For example, a crime number")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """There must be enough to look for."""
        super().validate(*args, **kwargs)
        if not self.error_summary() and not self.terms():
            self.put_error(
                None,
                "Enter enough to look for: a name with a date or year of birth, a name with a postcode, "
                "a house number with a postcode, a telephone number, an e-mail address or an agency's number",
            )
        return not self.error_summary()

    def terms(self) -> Terms:
        """What to look for."""
        return search_terms(
            first=self.first.data or "",
            last=self.last.data or "",
            born=self.born.data,
            year=self.born_year.data,
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
            reference=self.number.data or "",
        )
