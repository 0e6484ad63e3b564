"""Who has been shown a case, from the audit: for those who answer for it. Asking is itself recorded."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psg.audit import queries as trail
from psg.cases.models import Case
from psg.partnerships.queries import Directory
from psg.web import paging

PAGE = 50


@dataclass(frozen=True)
class Look:
    """One time that somebody was shown the case."""

    id: uuid.UUID
    at: datetime
    who: str
    agency: str
    what: str


def looks(case: Case, names: Directory, cursor: str | None) -> tuple[Sequence[Look], str]:
    """A page of who was shown the case, newest first, and where the next page begins ("" for the last)."""
    at = paging.decode(cursor, (uuid.UUID,))
    after = at.values[0] if at is not None and isinstance(at.values[0], uuid.UUID) else None
    found = trail.who_looked(case.partnership_id, case.id, after, PAGE + 1)
    shown = [
        Look(
            id=line.id,
            at=line.at,
            who=names.user(line.user_id) if line.user_id else "PSG itself",
            agency=names.agency(line.agency_id) if line.agency_id else "",
            what=_sentence(line.sentence("this case")),
        )
        for line in found[:PAGE]
    ]
    return shown, paging.Cursor((shown[-1].id,)).encode() if len(found) > PAGE else ""


def _sentence(words: str) -> str:
    words = words.replace("case this case", "this case")
    return words[:1].upper() + words[1:]
