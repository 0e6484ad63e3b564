"""Words in an address, such as a group's or an agreement's: only those that a database can be asked for."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import UnicodeConverter, ValidationError


class _Word(UnicodeConverter):
    """A part of an address. PostgreSQL cannot be asked for a NUL, so such an address leads nowhere."""

    def to_python(self, value: str) -> str:
        if "\x00" in value:
            raise ValidationError
        return value


def init_app(app: Flask) -> None:
    """Read every `<name>` of a route so. Before the first route is added."""
    app.url_map.converters["default"] = _Word
