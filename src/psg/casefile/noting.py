"""The form for a note on the case page. Empty it is the same for a whole agency, so its fields are drawn once."""

import uuid
from datetime import date

from markupsafe import Markup

from psg import clock
from psg.access import standing
from psg.cases.forms import NoteForm
from psg.cases.models import Case
from psg.web.forms import Form
from psg.web.stencil import draw

_FIELDS = ("cases/note_fields.html", "fields")
_MOST = 256
_Asked = tuple[uuid.UUID, uuid.UUID, uuid.UUID, date]
_drawn: dict[_Asked, Markup] = {}
"""Fields by partnership, agency, the stamp of the partnership's names and lists, and the day lists are asked for."""


def note_form(case: Case) -> tuple[Form, Markup]:
    """The form around a note, with its tokens, and the note's fields. A post that came too late is in them."""
    place, form = standing(), Form()
    if form.restored is not None or place.names_stamp is None:
        whole = NoteForm(case, place.agency_id)
        return whole, draw(*_FIELDS, whole)
    asked = (place.partnership_id, place.agency_id, place.names_stamp, clock.today())
    if (fields := _drawn.get(asked)) is None:
        fields = draw(*_FIELDS, NoteForm(case, place.agency_id))
        if len(_drawn) >= _MOST:
            _drawn.clear()
        _drawn[asked] = fields
    return form, fields
