"""Reading the trail for people: the audit page and "who has looked". What a caller may see is decided by the caller."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select

from psg.audit.digest import plan_of
from psg.audit.events import BY_CODE, Category, Event
from psg.audit.models import AuditDigest, AuditEvent
from psg.audit.seal import floor
from psg.db import db

_columns = AuditEvent.__table__.c


@dataclass(frozen=True)
class Line:
    """One event as the audit page shows it."""

    id: uuid.UUID
    at: datetime
    event: Event | None
    """None for a kind that this version of PSG no longer knows; `code` still says what it was."""
    code: str
    category: str
    user_id: uuid.UUID | None
    agency_id: uuid.UUID | None
    partnership_id: uuid.UUID | None
    record_type: str | None
    record_id: uuid.UUID | None
    case_id: uuid.UUID | None
    ids: tuple[uuid.UUID, ...]
    """The records that a list page showed."""
    fields: tuple[str, ...]
    why: str

    def sentence(self, case: str = "") -> str:
        """What was done, in words that continue a name; `case` is the reference to show."""
        if self.event is None:
            return self.code
        words = {
            "case": case or "(erased)",
            "fields": " and ".join(name.replace("_", " ") for name in self.fields) or "details",
            "why": self.why.replace("_", " ") or "no reason given",
            "count": str(len(self.ids)),
        }
        return self.event.sentence.format(**words)


@dataclass(frozen=True)
class Filters:
    """What the audit page can be narrowed to. Times are moments; `until` is the first moment no longer wanted."""

    user_id: uuid.UUID | None = None
    agency_id: uuid.UUID | None = None
    case_id: uuid.UUID | None = None
    record_id: uuid.UUID | None = None
    events: Sequence[Event] = ()
    categories: Sequence[Category] = ()
    since: datetime | None = None
    until: datetime | None = None


def events(
    partnership_id: uuid.UUID | None,
    filters: Filters | None = None,
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> list[Line]:
    """Events of a partnership, newest first; None for those of no partnership (accounts, keys, the installation).

    after: the id of the last line already shown.
    """
    wanted = select(AuditEvent.__table__).where(_columns.partnership_id == partnership_id)
    return _lines(_narrowed(wanted, filters or Filters()), after, limit)


def who_looked(
    partnership_id: uuid.UUID, case_id: uuid.UUID, after: uuid.UUID | None = None, limit: int = 50
) -> list[Line]:
    """Who was shown a case, newest first: its own pages, its print, and every list, agenda or search it appeared in."""
    shown = (Category.CONSULTATION.value, Category.COMBINATION.value, Category.DISCLOSURE.value)
    wanted = select(AuditEvent.__table__).where(
        or_(_columns.case_id == case_id, (_columns.ids != "") & _columns.ids.contains(case_id.hex)),
        _columns.partnership_id == partnership_id,
        _columns.category.in_(shown),
    )
    return _lines(wanted, after, limit)


def last_change(record: object, *, events: Sequence[Event] = ()) -> tuple[uuid.UUID | None, datetime] | None:
    """Who changed a record last, and when; None when the trail does not say.

    events: only changes of these kinds, for a record that many things change.
    """
    plan = plan_of(record)
    if events:
        wanted = select(_columns.user_id, _columns.at).where(
            _columns.record_id == getattr(record, "id", None), _columns.event.in_([event.code for event in events])
        )
        found = db.session.execute(wanted.order_by(_columns.id.desc()).limit(1)).first()
        return (found.user_id, found.at) if found is not None else None
    digests = AuditDigest.__table__.c
    key = plan.key({column.name: getattr(record, column.name) for column in plan.key_columns})
    changed = (
        select(_columns.user_id, _columns.at)
        .join(AuditDigest.__table__, digests.event_id == _columns.id)
        .where(digests.record_type == plan.record_type, digests.record_key == key)
    )
    newest = db.session.execute(changed.order_by(digests.turn.desc()).limit(1)).first()
    return (newest.user_id, newest.at) if newest is not None else None


def _narrowed(wanted: Select[tuple[object, ...]], filters: Filters) -> Select[tuple[object, ...]]:
    for column, value in (
        (_columns.user_id, filters.user_id),
        (_columns.agency_id, filters.agency_id),
        (_columns.case_id, filters.case_id),
        (_columns.record_id, filters.record_id),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if filters.events:
        wanted = wanted.where(_columns.event.in_([event.code for event in filters.events]))
    if filters.categories:
        wanted = wanted.where(_columns.category.in_([category.value for category in filters.categories]))
    # Ids sort by time, so a span of time is a span of the index that the page is read from.
    if filters.since is not None:
        wanted = wanted.where(_columns.id >= floor(filters.since))
    if filters.until is not None:
        wanted = wanted.where(_columns.id < floor(filters.until))
    return wanted


def _lines(wanted: Select[tuple[object, ...]], after: uuid.UUID | None, limit: int) -> list[Line]:
    if after is not None:
        wanted = wanted.where(_columns.id < after)
    rows = db.session.execute(wanted.order_by(_columns.id.desc()).limit(limit)).mappings()
    return [
        Line(
            **{name: row[name] for name in _PLAIN},
            event=BY_CODE.get(row["event"]),
            code=row["event"],
            ids=tuple(uuid.UUID(hex=shown) for shown in row["ids"].split()),
            fields=tuple(name for name in row["fields"].split(",") if name),
        )
        for row in rows
    ]


_PLAIN = (
    "id",
    "at",
    "category",
    "user_id",
    "agency_id",
    "partnership_id",
    "record_type",
    "record_id",
    "case_id",
    "why",
)


def lately(event: Event, since: datetime) -> bool:
    """Whether such an event has been written since a moment, in any partnership or none: a read of the newest rows."""
    found = select(_columns.id).where(_columns.id >= floor(since), _columns.event == event.code).limit(1)
    return db.session.execute(found).first() is not None
