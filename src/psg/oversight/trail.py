"""The audit trail for the information-governance officer: sentences, and whether they stand as they were written."""

import hmac
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import func, select

from psg import clock
from psg.access import Standing
from psg.audit import keys, queries
from psg.audit.events import BY_CODE, Category
from psg.audit.models import AuditDigest, AuditEvent, AuditSeal
from psg.audit.seal import signed_bytes
from psg.audit.write import event_bytes, event_mac
from psg.cases.models import Case
from psg.db import db
from psg.ids import normalise_reference
from psg.oversight import sentences
from psg.partnerships import queries as partnerships
from psg.web import paging

PAGE = 50
NOWHERE = uuid.UUID(int=0)

CATEGORY_WORDS = {
    Category.COLLECTION: "Added",
    Category.ALTERATION: "Changed",
    Category.CONSULTATION: "Looked at",
    Category.DISCLOSURE: "Shared",
    Category.COMBINATION: "Linked",
    Category.ERASURE: "Erased",
    Category.SECURITY: "Sign-in and access",
    Category.CONFIGURATION: "Set-up",
}

_events = AuditEvent.__table__.c
_digests = AuditDigest.__table__.c


@dataclass(frozen=True)
class Asked:
    """What the page was narrowed to, as it stood in the address."""

    who: str = ""
    agency: str = ""
    what: str = ""
    case: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class Sentence:
    """One line of the page."""

    id: uuid.UUID
    at: datetime
    who: str
    agency: str
    text: str
    case_reference: str
    altered: bool


@dataclass(frozen=True)
class Seal:
    """How far the trail has been sealed."""

    at: datetime | None
    genuine: bool
    unsealed: int
    oldest_unsealed: datetime | None


@dataclass(frozen=True)
class Trail:
    """One page of the trail."""

    lines: Sequence[Sentence]
    next: str
    wrong: Sequence[str]
    """Filters that could not be understood, in words."""

    @property
    def altered(self) -> Sentence | None:
        """The first line that does not stand as it was written."""
        return next((line for line in self.lines if line.altered), None)


def read(standing: Standing, asked: Asked, cursor: str | None) -> Trail:
    """A page of the partnership's trail, newest first."""
    filters, wrong = _filters(standing.partnership_id, asked)
    at = paging.decode(cursor, (uuid.UUID,))
    after = at.values[0] if at is not None and isinstance(at.values[0], uuid.UUID) else None
    found = queries.events(standing.partnership_id, filters, after, PAGE + 1)
    shown = found[:PAGE]
    names = partnerships.directory(standing.partnership_id)
    references = _references(standing.partnership_id, {line.case_id for line in shown if line.case_id})
    altered = altered_among([line.id for line in shown])
    lines = [
        Sentence(
            id=line.id,
            at=line.at,
            who=names.user(line.user_id) if line.user_id else "PSG itself",
            agency=names.agency(line.agency_id) if line.agency_id else "",
            text=sentences.said(line, references.get(line.case_id, "") if line.case_id else ""),
            case_reference=references.get(line.case_id, "") if line.case_id else "",
            altered=line.id in altered,
        )
        for line in shown
    ]
    more = paging.Cursor((shown[-1].id,)).encode() if len(found) > PAGE else ""
    return Trail(lines, more, wrong)


def altered_among(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these events do not stand as PSG wrote them: their codes are computed again."""
    digests: dict[uuid.UUID, list[Any]] = defaultdict(list)
    wanted = select(AuditDigest.__table__).where(_digests.event_id.in_(ids)).order_by(_digests.position)
    for digest in db.session.execute(wanted).mappings():
        digests[digest["event_id"]].append(digest)
    key = keys.mac_key()
    rows = db.session.execute(select(AuditEvent.__table__).where(_events.id.in_(ids))).mappings()
    return {
        row["id"]
        for row in rows
        if not hmac.compare_digest(event_mac(event_bytes(row, digests[row["id"]]), key), bytes(row["mac"]))
    }


def seal() -> Seal:
    """The newest seal, whether its signature is ours, and what is not sealed yet."""
    newest = db.session.execute(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).scalar_one_or_none()
    wanted = select(func.count(), func.min(_events.at))
    if newest is not None:
        wanted = wanted.where(_events.id > newest.last_event_id)
    count, oldest = db.session.execute(wanted).one()
    return Seal(newest.sealed_at if newest else None, newest is None or _signed(newest), count, oldest)


def _signed(newest: AuditSeal) -> bool:
    told = signed_bytes(newest.number, newest.sealed_at, bytes(newest.head))
    try:
        keys.signing_key().public_key().verify(bytes(newest.signature), told)
    except InvalidSignature:
        return False
    return True


def _filters(partnership_id: uuid.UUID, asked: Asked) -> tuple[queries.Filters, list[str]]:
    wrong: list[str] = []
    since, until = _day(asked.since), _day(asked.until)
    for text, day, name in ((asked.since, since, "From"), (asked.until, until, "Until")):
        if text and day is None:
            wrong.append(f"{name} must be a date such as 9 11 2026")
    case_id = None
    if asked.case:
        case_id = _case_id(partnership_id, asked.case)
        if normalise_reference(asked.case) is None:
            wrong.append("Case reference does not add up. Check each part")
    filters = queries.Filters(
        user_id=_uuid(asked.who),
        agency_id=_uuid(asked.agency),
        case_id=case_id,
        events=[BY_CODE[asked.what]] if asked.what in BY_CODE else (),
        categories=[Category(asked.what)] if asked.what in set(Category) else (),
        since=clock.at_local(since, time(0)) if since else None,
        until=clock.at_local(until + timedelta(days=1), time(0)) if until else None,
    )
    return filters, wrong


def _case_id(partnership_id: uuid.UUID, reference: str) -> uuid.UUID:
    """The id of the case with a reference; one that no case has when there is none."""
    statement = select(Case.id).where(
        Case.partnership_id == partnership_id, Case.reference == normalise_reference(reference)
    )
    return db.session.scalar(statement) or NOWHERE


def _references(partnership_id: uuid.UUID, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    statement = select(Case.id, Case.reference).where(Case.partnership_id == partnership_id, Case.id.in_(ids))
    return {row.id: row.reference for row in db.session.execute(statement)} if ids else {}


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return NOWHERE


def _day(text: str) -> date | None:
    """A date typed as 9 11 2026, 9/11/2026 or 2026-11-09."""
    numbers = "".join(sign if sign.isascii() and sign.isdigit() else " " for sign in text).split()
    if len(numbers) != 3 or any(len(number) > 4 for number in numbers):
        return None
    first, month, last = (int(number) for number in numbers)
    year, day = (first, last) if len(numbers[0]) == 4 else (last, first)
    try:
        return date(year, month, day) if 1999 < year < 9999 else None  # "until" is the day before another one
    except ValueError:
        return None
