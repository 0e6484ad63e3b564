"""A form with one field of each kind, and how to read what a page shows."""

from __future__ import annotations

import re
from datetime import date

from psg.web.fields import (
    ChoiceField,
    DateField,
    EmailField,
    FileField,
    IntegerField,
    LongTextField,
    ManyField,
    NearDateField,
    Offer,
    PartialDateField,
    PasswordField,
    SelectField,
    TextField,
    option,
)
from psg.web.forms import Form


class Sample(Form):
    title = TextField("Working title", max=80, missing="Enter the working title")
    what = LongTextField("What happened", max=500, missing="Enter what happened")
    email = EmailField("E-mail address")
    password = PasswordField("Password")
    minutes = IntegerField("Minutes", min=1, max=600)
    kind = ChoiceField("Kind", choices=[option("visit", "Visit", hint="You went there"), option("call", "Call")])
    owner = SelectField(
        "Owner", choices=[option("1", "J Osei", group="Housing"), option("2", "A Khan", group="Police")]
    )
    themes = ManyField("Themes", choices=[option("noise", "Noise"), option("fire", "Fire")])
    seen = DateField("Incident date")
    happened = PartialDateField("When it happened")
    due = NearDateField("Due date", offers=[Offer(date(2026, 11, 30), "In 1 week"), Offer(date(2026, 12, 7), "Later")])
    paper = FileField("Letter", endings=("pdf",))


GOOD = {"title": "Noise at night", "what": "Music until 3am\r\nand shouting"}


def token(page: str) -> str:
    """The CSRF token on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found.group(1)
