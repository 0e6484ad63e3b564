"""Forms of the application, filled in as a browser would."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.browsing import Browser
from tests.real_data.timelines import Happening


def sent(browser: Browser, path: str, fields: Mapping[str, Any]) -> str:
    """Fill the form at an address and send it; where it leads."""
    answer = browser.submit(path, dict(fields))
    assert answer.status_code == 303, f"{path}: {answer.status_code}\n{errors(answer.text)}"
    return str(answer.location)


def errors(page: str) -> str:
    return "\n".join(re.findall(r'<p[^>]*class="govuk-error-message"[^>]*>(.*?)</p>', page, re.DOTALL))


def person_fields(role: str, party: Mapping[str, str]) -> dict[str, str]:
    return {
        "role": role,
        "not_known": "yes",
        "aliases": party["ref"],
        "note": party["type"],
        "how_we_know": party["role"],
        "vulnerabilities": party.get("vulnerability", ""),
    }


def day_boxes(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


_COMMON = ("incident", "contact", "visit", "call", "action", "support")


def note_fields(event: Happening, agencies: Mapping[str, str]) -> dict[str, str]:
    kind = {"kind": event.kind} if event.kind in _COMMON else {"other_kind": event.kind}
    who = {"what": event.what, "who": event.by, "agency": agencies[event.agency]}
    return {"day": "another", **event.boxes, **kind, **who}
