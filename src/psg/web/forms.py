"""The base of all forms: what was typed survives errors, clashes, and pages shown again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field

from psg import ids
from psg.db.errors import Clash
from psg.db.once import OnceKey
from psg.web.fields.base import KitField
from psg.web.kept import Kept, kept_for_this_page, kept_id_sent, note_shown
from psg.web.widgets import MacroWidget

WHO = "psg.web.who"
_SUBMITTING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _OnceField(Field):
    """The idempotency key: made when the form is first shown, the same over every error."""

    widget = MacroWidget("hidden")

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = _uuid(valuelist[0]) if len(valuelist) == 1 else None

    @property
    def shown(self) -> str:
        if self.data is None:
            self.data = ids.new_id()
        return str(self.data)


class _VersionField(Field):
    """The version of the record that the person was looking at; None on a form that makes a new one.

    A form that is sent without it has seen none: the version that stands when it arrives is never taken in its place.
    """

    data: Any
    widget = MacroWidget("hidden")

    def process_formdata(self, valuelist: list[Any]) -> None:
        sent = valuelist[0] if len(valuelist) == 1 and isinstance(valuelist[0], str) else ""
        if sent.isascii() and sent.isdigit() and len(sent) < 10:
            self.data = int(sent)
        elif valuelist and valuelist != [""]:
            self.data = -1  # matches no version, so the page is told apart from what is saved: a clash, not a crash
        elif request.method in _SUBMITTING:
            self.data = None

    @property
    def shown(self) -> str:
        return "" if self.data is None else str(self.data)


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


class Form(FlaskForm):
    """A form.

    kept:  what was typed earlier (a draft, a post after the session ended) to fill the form with, when it is not
           being posted now. Other keyword arguments fill single fields, as in WTForms.

    A form whose page is opened to take up a post that came too late fills itself with what was typed (psg.web.kept).
    """

    class Meta:
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Posted text only: never JSON, never files in place of text, and an empty post is still a post."""
            given: MultiDict[str, str] | object | None = formdata
            if given is None or isinstance(given, MultiDict):
                return given
            return request.form if request.method in _SUBMITTING else None

    once = _OnceField()
    version = _VersionField()

    def __init__(self, *args: Any, kept: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.theirs: dict[str, str] = {}
        self.theirs_by = ""
        self.restored: Kept | None = None
        if request.method not in _SUBMITTING and "formdata" not in kwargs:
            self.restored = kept_for_this_page()
            if self.restored is not None:
                kwargs["formdata"] = self.restored.fields
            elif kept is not None:
                kwargs["formdata"] = MultiDict(kept)
        super().__init__(*args, **kwargs)
        if self.restored is not None and "version" not in self.restored.fields:
            self.version.data = None  # the version they were looking at: there was none

    @property
    def of_a_record(self) -> bool:
        """Whether it was made with the version of a record, which it then has to bring back."""
        return self.version.object_data is not None

    def require_version(self, version: int) -> None:
        """Raise Clash unless what is sent was written looking at this version, the one that is in force.

        For every form that changes a record; a form without a version, or with one that cannot be read, is stale too.
        """
        if self.version.data != version:
            raise Clash

    @property
    def fresh(self) -> bool:
        """Whether it is shown anew: neither being sent nor given back after a time-out."""
        return self.restored is None and request.method not in _SUBMITTING

    def given_back(self) -> Kept | None:
        """The late post it is filled with, for the words above it; whoever asks shows the form."""
        if self.restored is not None:
            note_shown()
        return self.restored

    @property
    def kept_id(self) -> str:
        """The id of the late post that this form takes up, so that sending it ends what was kept; "" for none."""
        return str(self.restored.id) if self.restored is not None else kept_id_sent()

    def questions(self) -> list[KitField]:
        """The fields people see, in order."""
        return [field for field in self if isinstance(field, KitField)]

    def values(self) -> dict[str, Any]:
        """The cleaned answers by field name. Only after the form was found right."""
        return {field.short_name: field.data for field in self.questions()}

    def once_key(self, user_id: uuid.UUID | None = None) -> OnceKey | None:
        """The key for `transaction(once=...)`; None when nobody is signed in."""
        who: Callable[[], uuid.UUID | None] = current_app.extensions.get(WHO, lambda: None)
        user_id = user_id or who()
        if user_id is None:
            return None
        return OnceKey(user_id, uuid.UUID(self.once.shown))

    def typed_words(self) -> list[KitField]:
        """The long answers that were sent or given back, for a page on which the form itself is no longer offered."""
        if self.restored is not None:
            note_shown()
        return [field for field in self.questions() if field.macro == "long_text" and field.typed and field.shown]

    def put_error(self, name: str | None, message: str) -> None:
        """Add an error found by an operation: beside field `name`, or for the whole form when None."""
        if name is None:
            self.form_errors.append(message)
        else:
            self[name].put_error(message)

    def show_clash(self, *, by: str, theirs: Mapping[str, str], version: int) -> None:
        """Make this a clash page: what the other person saved stands beside each field that differs.

        The form takes the saved version, so that sending it again replaces what was saved knowingly.
        """
        self.theirs = {name: value for name, value in theirs.items() if value != self[name].shown}
        self.theirs_by = by
        self.version.data = version

    def error_summary(self) -> list[dict[str, str]]:
        """One line per wrong field, in the order of the page: {text, href}; href is "" for the whole form."""
        lines = [{"text": str(message), "href": ""} for message in self.form_errors]
        lines += [{"text": field.message, "href": f"#{field.focus_id}"} for field in self.questions() if field.message]
        csrf = self._fields.get("csrf_token")
        if csrf is not None and csrf.errors:
            lines.append({"text": "This page was open for too long. Nothing is lost: send it again", "href": ""})
        return lines
