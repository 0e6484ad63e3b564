"""What the questions of a posted form are called, where the form itself has not been built or cannot be any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from psg.web.fields.base import KitField
from psg.web.forms import Form


def labels_for(names: Collection[str]) -> dict[str, str]:
    """Labels by the names that were posted, in the words of the forms that ask all of these questions.

    A page may send more than one form asks, such as which button was pressed; and a field may have parts, such as a
    day. Of the forms that fit, the one with the fewest questions was meant: what is left empty is sent as well. Where
    several could have been the one and call a question differently, it is left out.
    """
    asked = [questions for form in _forms(Form) if (questions := _questions(form))]
    sent = {name.partition("-")[0] for name in names}
    sent &= {name for questions in asked for name in questions}
    fitting = [questions for questions in asked if sent <= questions.keys()]
    fewest = min(map(len, fitting), default=0)
    found = {}
    for name in names:
        field, _, part = name.partition("-")
        called = {questions[field] for questions in fitting if len(questions) == fewest and field in questions}
        if len(called) == 1:
            found[name] = ", ".join([*called, *([part] if part not in ("", "choice") else [])])
    return found


def _forms(base: type[Form]) -> Iterator[type[Form]]:
    for form in base.__subclasses__():
        yield form
        yield from _forms(form)


def _questions(form: type[Form]) -> dict[str, str]:
    """The labels of a form's questions, read from its class: building it may need a record, or the database."""
    found = {}
    for name in dir(form):
        field: Any = getattr(form, name, None)
        kind = getattr(field, "field_class", None)
        if isinstance(kind, type) and issubclass(kind, KitField):
            found[name] = field.kwargs.get("label") or field.args[0]
    return found
