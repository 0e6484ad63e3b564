"""Fields for what is typed on a keyboard: text, e-mail address, password, whole number."""

from __future__ import annotations

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email

from psg import text
from psg.web.fields.base import KitField


class TextField(KitField):
    """One line of text; `data` is cleaned text, "" when empty."""

    macro = "text"
    input_type = "text"
    inputmode = ""

    def __init__(
        self, label: str, *, max: int = 200, autocomplete: str = "off", spellcheck: bool | None = None, **kwargs: Any
    ) -> None:
        super().__init__(label, autocomplete=autocomplete, **kwargs)
        self.max = max
        self.spellcheck = spellcheck

    multiline = False

    def nothing(self) -> str:
        return ""

    def read(self, typed: list[str]) -> None:
        self.data = self.cleaned(typed[0], multiline=self.multiline) if typed else ""

    def wrong(self) -> str | None:
        length = len(self.data)
        if length > self.max:
            return f"{self.said} must be {self.max:,} characters or less. You have {length:,}"
        return None


class LongTextField(TextField):
    """Several lines of text; line breaks are kept, the count is shown from three quarters of `max` on."""

    macro = "long_text"
    multiline = True

    def __init__(self, label: str, *, max: int = 20_000, rows: int = 5, **kwargs: Any) -> None:
        super().__init__(label, max=max, **kwargs)
        self.rows = rows

    @property
    def shown(self) -> str:
        if self.typed is not None:
            return text.showable("\n".join(self.typed))
        return super().shown


class EmailField(TextField):
    """An e-mail address; only its form is checked, in lower-case domain spelling."""

    input_type = "email"

    def __init__(self, label: str, *, max: int = 254, **kwargs: Any) -> None:
        kwargs.setdefault("spellcheck", False)
        super().__init__(label, max=max, **kwargs)

    def wrong(self) -> str | None:
        problem = super().wrong()
        if problem:
            return problem
        try:
            self.data = validate_email(self.data, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            return f"{self.said} must be like name@example.gov.uk"
        return None


class PasswordField(KitField):
    """A password: never trimmed, never changed, never shown again."""

    macro = "password"

    def __init__(self, label: str, *, max: int = 1000, autocomplete: str = "current-password", **kwargs: Any) -> None:
        super().__init__(label, autocomplete=autocomplete, **kwargs)
        self.max = max

    def nothing(self) -> str:
        return ""

    def read(self, typed: list[str]) -> None:
        self.data = typed[0] if typed else ""
        self.cleaned(self.data)

    def wrong(self) -> str | None:
        return f"{self.said} must be {self.max:,} characters or less" if len(self.data) > self.max else None

    @property
    def shown(self) -> str:
        return ""


class IntegerField(KitField):
    """A whole number; commas and spaces are allowed."""

    macro = "text"
    input_type = "text"
    inputmode = "numeric"
    spellcheck = None

    def __init__(
        self, label: str, *, min: int = 0, max: int = 2_000_000_000, autocomplete: str = "off", **kwargs: Any
    ) -> None:
        kwargs.setdefault("width", "govuk-input--width-5")
        super().__init__(label, autocomplete=autocomplete, **kwargs)
        self.min = min
        self.max = max

    def read(self, typed: list[str]) -> None:
        compact = re.sub(r"[,\s]", "", self.cleaned(typed[0])) if typed else ""
        if not compact:
            return
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", compact):
            raise ValueError(f"{self.said} must be a whole number")
        self.data = int(compact)

    def wrong(self) -> str | None:
        if self.data < self.min:
            return f"{self.said} must be {self.min:,} or more"
        if self.data > self.max:
            return f"{self.said} must be {self.max:,} or less"
        return None
