"""The fields of our forms. `{{ form.name() }}` draws label, hint, error and input."""

from psg.text import PartialDate, Precision
from psg.web.fields.base import KitField
from psg.web.fields.choices import ChoiceField, ManyField, SelectField, option
from psg.web.fields.dates import DateField, NearDateField, Offer, PartialDateField
from psg.web.fields.files import FileField
from psg.web.fields.typed import EmailField, IntegerField, LongTextField, PasswordField, TextField

__all__ = [
    "ChoiceField",
    "DateField",
    "EmailField",
    "FileField",
    "IntegerField",
    "KitField",
    "LongTextField",
    "ManyField",
    "NearDateField",
    "Offer",
    "PartialDate",
    "PartialDateField",
    "PasswordField",
    "Precision",
    "SelectField",
    "TextField",
    "option",
]
