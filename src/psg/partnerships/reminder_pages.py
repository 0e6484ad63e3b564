"""When the whole partnership is reminded; each group may have values of its own over these."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response as Answer
from wtforms import ValidationError

from psg.access import Permission, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import db
from psg.partnerships import reminder_settings as settings
from psg.partnerships.blueprint import bp
from psg.partnerships.models import Partnership
from psg.partnerships.offsets import DEFAULTS, field_name
from psg.partnerships.saving import save, status_of
from psg.web.fields import IntegerField, TextField
from psg.web.forms import Form

_UNITS = {"days": "days", "working-days": "working days"}


class RemindersForm(Form):
    """The fields are those of `reminder_settings.CODES`."""

    digest_time = TextField(
        settings.label(settings.DIGEST_TIME),
        max=5,
        hint="On working days, between 06:00 and 12:00; usually 07:30",
        missing="Enter the time at which the digest goes out, such as 07:30",
        width="govuk-input--width-5",
    )

    def validate_digest_time(self, field: TextField) -> None:
        """A time of the morning."""
        try:
            settings.read_value(settings.DIGEST_TIME, field.data or "")
        except settings.UnusableSetting as problem:
            raise ValidationError(str(problem)) from None


for _code in settings.CODES[1:]:
    _entry = DEFAULTS[_code]
    setattr(
        RemindersForm,
        field_name(_code),
        IntegerField(
            _entry["label"],
            min=settings.LEAST.get(_code, 0),
            max=settings.MOST_DAYS,
            missing=f"Enter a number of days for “{_entry['label'].lower()}”",
            hint=f"In {_UNITS[_entry['unit']]}; usually {_entry['value']}",
        ),
    )


@bp.route("/<partnership>/settings/reminders", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT)
def reminders() -> Answer:
    """When people of the partnership are reminded."""
    place = standing()
    partnership = db.session.get_one(Partnership, place.partnership_id)

    def values() -> dict[str, Any]:
        held = settings.shipped() | settings.in_force(place.partnership_id)
        return {field_name(code): held[code] for code in settings.CODES}

    form = RemindersForm(**values())

    def change() -> None:
        answers = form.values()
        wanted = {code: str(answers[field_name(code)]) for code in settings.CODES}
        settings.change(place.partnership_id, wanted, by=viewer())

    to = url_for(".settings", partnership=place.slug)
    if answer := save(form, change, to=to, done="Reminders saved. They hold from today."):
        return answer
    return page(
        "partnerships/reminders.html",
        event=Event.PARTNERSHIP_LOOKED_AT,
        record=partnership,
        form=form,
        place=place,
        status=status_of(form),
    )
