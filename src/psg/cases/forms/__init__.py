"""The forms of cases. Each gives plain values to its route; none touches the database except to offer choices."""

from psg.cases.forms.deciding import AftercareForm, CloseForm, DecideForm, LeadForm, ProposeForm, ReopenForm, SendForm
from psg.cases.forms.finding import FindPersonForm
from psg.cases.forms.notes import NoteForm, NowForm
from psg.cases.forms.parties import FirstPageForm, PersonForm, PlaceForm, ReferenceForm
from psg.cases.forms.referral import WhatForm, WhyForm

__all__ = [
    "AftercareForm",
    "CloseForm",
    "DecideForm",
    "FindPersonForm",
    "FirstPageForm",
    "LeadForm",
    "NoteForm",
    "NowForm",
    "PersonForm",
    "PlaceForm",
    "ProposeForm",
    "ReferenceForm",
    "ReopenForm",
    "SendForm",
    "WhatForm",
    "WhyForm",
]
