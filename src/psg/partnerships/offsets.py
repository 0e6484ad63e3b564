"""A group's clocks: one field for each starting value of reference/reminder-defaults.yaml that a group may change."""

from collections.abc import Mapping
from typing import Any

from psg import reference
from psg.web.fields import IntegerField
from psg.web.forms import Form

QUORUM = "quorum"
_UNITS = {"days": "days", "working-days": "working days"}
_MOST = 365


def _defaults() -> dict[str, Any]:
    """The starting values in days; the time of the digest and what concerns agreements are the partnership's."""
    entries = reference.load("reminder-defaults")["entries"]
    return {
        entry["code"]: entry for entry in entries if entry["unit"] in _UNITS and not entry["code"].startswith("agree")
    }


DEFAULTS: dict[str, Any] = _defaults()


def field_name(code: str) -> str:
    """A code as a field's name."""
    return code.replace("-", "_")


class OffsetsForm(Form):
    """When people of a group are reminded; the fields are those of DEFAULTS."""

    quorum = IntegerField(
        "Agencies needed for a quorum", max=50, hint="0 when the terms of reference say nothing about it"
    )


for _code, _entry in DEFAULTS.items():
    _field = IntegerField(
        _entry["label"],
        max=_MOST,
        missing=f"Enter a number of days for “{_entry['label'].lower()}”",
        hint=f"In {_UNITS[_entry['unit']]}; usually {_entry['value']}",
    )
    setattr(OffsetsForm, field_name(_code), _field)


def shown(settings: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, int]:
    """The numbers in force, by field name: the group's own over the partnership's."""
    numbers = {field_name(code): int(settings.get(code, usual[code])) for code in DEFAULTS}
    return {QUORUM: int(settings.get(QUORUM, 0)), **numbers}


def chosen(settings: Mapping[str, Any], usual: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The group's settings after the form: only what differs from the partnership's values is kept."""
    kept = {code: value for code, value in settings.items() if code not in DEFAULTS and code != QUORUM}
    own = {code: answers[field_name(code)] for code in DEFAULTS}
    kept |= {code: number for code, number in own.items() if number != usual[code]}
    if answers.get(QUORUM):
        kept[QUORUM] = answers[QUORUM]
    return kept
