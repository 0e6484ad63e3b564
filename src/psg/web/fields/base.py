"""What every field of a form has in common: one clear error, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wtforms import Field
from wtforms.validators import StopValidation

from psg import text
from psg.web.widgets import MacroWidget

Check = Callable[[Any, Any], None]


class KitField(Field):
    """The base of all fields.

    label:    what the field asks for, in the words its errors use.
    missing:  the error when it is left empty ("Enter what has been happening"); None makes the field optional.
    hint:     one sentence shown before the field.
    checks:   WTForms validators run after the field's own; they see the cleaned `data`, which may be None.
    """

    macro = ""
    errors: Any
    several = False
    """True where more than one value under one name is normal."""

    def __init__(
        self,
        label: str,
        *,
        missing: str | None = None,
        hint: str = "",
        checks: Sequence[Check] = (),
        autocomplete: str = "",
        width: str = "",
        form_class: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(checks), widget=MacroWidget(self.macro), **kwargs)
        self.missing = missing
        self.hint = hint
        self.autocomplete = autocomplete
        self.width = width
        self.form_class = form_class
        self.typed: list[str] | None = None

    @property
    def said(self) -> str:
        """The field as its errors call it."""
        return str(self.label.text).removesuffix(" (optional)")

    # What the person sends ------------------------------------------------------------------------------------

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent. Whatever it is, it is kept in `typed`; `data` is set only when it can be read."""
        self.typed = [value if isinstance(value, str) else "" for value in valuelist]
        self.data = self.nothing()
        if len(valuelist) > 1 and not self.several:
            raise ValueError(f"{self.said} was sent more than once. Check it and keep one answer")
        self.read(self.typed)

    def nothing(self) -> Any:
        """What `data` is when nothing was sent."""
        return None

    def read(self, typed: list[str]) -> None:
        """Turn `typed` into `data`; raise ValueError with the message for beside the field."""
        raise TypeError(f"{type(self).__name__} does not say how it is read")

    def cleaned(self, value: str, *, multiline: bool = False, label: str = "") -> str:
        """The value as it is kept; an unreadable character becomes an error in the label's words."""
        try:
            return text.clean(value, multiline=multiline)
        except text.Unreadable as problem:
            raise ValueError(f"{label or self.said} {problem}") from None

    # Checking -------------------------------------------------------------------------------------------------

    def is_empty(self) -> bool:
        """True when nothing was given."""
        return self.data is None or self.data == ""

    def pre_validate(self, form: Any) -> None:
        """Stop at the first thing wrong: unreadable, missing, or refused by the field itself."""
        if self.process_errors:
            raise StopValidation
        if self.is_empty():
            if self.missing:
                raise StopValidation(self.missing)
            return
        problem = self.wrong()
        if problem:
            raise StopValidation(problem)

    def wrong(self) -> str | None:
        """What is wrong with the data, or None."""
        return None

    def put_error(self, message: str) -> None:
        """Add an error found after the form was checked, by an operation for example."""
        self.errors = [*self.errors, message]

    # What the page shows --------------------------------------------------------------------------------------

    @property
    def message(self) -> str | None:
        """The one error shown beside the field."""
        return text.showable(str(self.errors[0])) if self.errors else None

    @property
    def theirs(self) -> str | None:
        """What somebody else saved meanwhile, on a clash page."""
        value = getattr(self._form, "theirs", {}).get(self.short_name)
        return None if value is None else text.showable(value)

    @property
    def theirs_by(self) -> str:
        return getattr(self._form, "theirs_by", "") or "somebody else"

    @property
    def focus_id(self) -> str:
        """The id that the error summary leads to."""
        return str(self.id)

    @property
    def shown(self) -> str:
        """What stands in the box: exactly what was typed, or the value the form began with."""
        if self.typed is not None:
            return text.showable(" ".join(self.typed))
        return "" if self.data is None else text.showable(self.words(self.data))

    def words(self, value: Any) -> str:
        """A value that was not typed, as it stands in the box."""
        return str(value)
