"""A widget is the name of a macro in templates/components/fields.html."""

from __future__ import annotations

from typing import Any

from flask import current_app
from markupsafe import Markup

TEMPLATE = "components/fields.html"


class MacroWidget:
    """Renders a field, its label, hint and error through one of our macros.

    Keywords given in a template, as in `{{ form.title(label_class="govuk-label--m") }}`, reach the macro as `o`.
    """

    def __init__(self, macro: str) -> None:
        self.macro = macro

    def __call__(self, field: Any, **options: Any) -> Markup:
        # The module of a compiled template is kept by Jinja, so this is a dictionary look-up and a call.
        module = current_app.jinja_env.get_template(TEMPLATE).module
        rendered: Markup = getattr(module, self.macro)(field, options)
        return rendered
