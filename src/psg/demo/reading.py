"""The content of the demonstration, read from its YAML files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

Row = Mapping[str, Any]
_CASE_FILES = ("cases-east-cambs", "cases-cambridge", "cases-south-cambs")


@dataclass(frozen=True)
class Content:
    """Everything that is loaded. The form of each part stands at the top of its file."""

    agencies: Mapping[str, Row]
    partnerships: Sequence[Row]
    users: Sequence[Row]
    agreement: Row
    cases: Sequence[Row]
    meetings: Row
    now: Row
    """What is going on now, by case."""

    def only(self, *slugs: str) -> "Content":
        """The content of some of the partnerships."""
        return Content(
            agencies=self.agencies,
            partnerships=[row for row in self.partnerships if row["slug"] in slugs],
            users=self.users,
            agreement=self.agreement,
            cases=[row for row in self.cases if row["partnership"] in slugs],
            meetings=self.meetings,
            now=self.now,
        )


def content() -> Content:
    """All of it."""
    setting = read("partnerships")
    return Content(
        agencies=setting["agencies"],
        partnerships=setting["partnerships"],
        users=read("users"),
        agreement=read("agreement"),
        cases=[case for name in _CASE_FILES for case in read(name)],
        meetings=read("meetings"),
        now=read("now"),
    )


def read(name: str) -> Any:
    """One file."""
    file = resources.files("psg.demo") / "content" / f"{name}.yaml"
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both loaders are the safe one


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C where there is one: ten times faster
