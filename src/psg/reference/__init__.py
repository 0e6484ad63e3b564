"""The lists that ship with PSG: themes, roles, lawful bases, example risk schemes and starting values.

In: the name of a YAML file beside this module. Out: its content, read once and frozen, so that no caller can change
what another one sees. A partnership copies what it wants at set-up and may then word it differently.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

__all__ = ["current", "labels", "load", "names"]


def names() -> tuple[str, ...]:
    """The names `load` knows, sorted."""
    found = (item.name for item in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


@cache
def load(name: str) -> Mapping[str, Any]:
    """One list, frozen: mappings cannot be changed and sequences are tuples. An unknown name raises KeyError."""
    if name not in names():
        raise KeyError(f"There is no reference list called {name}")
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    content = _freeze(yaml.safe_load(text))
    if not isinstance(content, Mapping):
        raise ValueError(f"{name}.yaml must hold a mapping at its top")
    return content


def current(name: str, on: dt.date) -> tuple[Mapping[str, Any], ...]:
    """The entries of a list that hold on a date, in the order of the file. `valid_until` is the last day."""
    return tuple(
        entry
        for entry in load(name)["entries"]
        if entry["valid_from"] <= on and (entry.get("valid_until") is None or on <= entry["valid_until"])
    )


def labels(name: str, words: str = "label") -> Mapping[str, str]:
    """Code to label for every entry, old ones too: a record made under an old entry keeps its words.

    words: another wording of the entries, where a list has one.
    """
    return MappingProxyType({entry["code"]: entry[words] for entry in load(name)["entries"]})


def _freeze(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(_freeze(item) for item in value)
    return value
