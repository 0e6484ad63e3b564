"""Recording: what a feature calls when it changes something, shows something or refuses something."""

import re
import uuid
from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Any, Protocol

from flask import g, has_request_context
from sqlalchemy import inspect as sa_inspect

from psg import clock
from psg.audit.changes import Entry, pending
from psg.audit.events import Event
from psg.audit.write import write_at_once
from psg.db import WriteOutsideTransaction, db
from psg.db.session import is_writing
from psg.ids import new_id

_REASON = re.compile(r"[\w .,:;/()'-]{0,120}")
_FIELD = re.compile(r"\w{1,60}")


class Actor(Protocol):
    """Somebody who does things: a viewer, or the system itself."""

    @property
    def user_id(self) -> uuid.UUID | None:
        """The account, if any."""

    def agency_in(self, partnership_id: uuid.UUID) -> uuid.UUID | None:
        """The agency acted for in a partnership."""


class _System:
    """PSG itself: the scheduler, a command, somebody not signed in."""

    user_id: uuid.UUID | None = None

    def agency_in(self, partnership_id: uuid.UUID) -> uuid.UUID | None:  # noqa: ARG002 - acts for no agency
        """Acts for no agency."""
        return None


SYSTEM = _System()


def record(
    event: Event,
    record: object,
    *,
    by: Actor,
    partnership_id: uuid.UUID | None = None,
    case_id: uuid.UUID | None = None,
    why: str = "",
    fields: Iterable[str] = (),
) -> None:
    """Record a change inside `transaction()`; it is written when the transaction commits, or not at all.

    record: what the event is about (None for no single record); its partnership and case are taken from it.
    why: a rule or reason code, and fields: names of fields. Never what a person typed.
    """
    session = db.session()
    if not is_writing(session):
        raise WriteOutsideTransaction("an event that records a change belongs inside transaction()")
    row = _row(event, record, by.user_id, partnership_id=partnership_id, case_id=case_id, why=why)
    row["agency_id"] = _agency(by, row)
    row["fields"] = ",".join(_checked_fields(fields))
    pending(session).entries.append(Entry(row, record, covers=True))


def looked(
    event: Event,
    record: object = None,
    *,
    by: Actor,
    partnership_id: uuid.UUID | None = None,
    ids: Iterable[uuid.UUID] = (),
    case_id: uuid.UUID | None = None,
    why: str = "",
) -> None:
    """Record that something is about to be shown, at once and by itself. If this raises, show nothing.

    ids: the records of a list page. Inside an open transaction it is written with that.
    """
    row = _row(event, record, by.user_id, partnership_id=partnership_id, case_id=case_id, why=why)
    row["agency_id"] = _agency(by, row)
    row["ids"] = " ".join(shown.hex for shown in ids)
    _write_now(Entry(row, record, covers=False))


def refused(
    permission: Enum | None,
    *,
    by: Actor,
    partnership_id: uuid.UUID | None = None,
    record: object = None,
    why: str = "",
) -> None:
    """Record that somebody was refused. Inside an open transaction it is kept only if that commits."""
    reason = " ".join(part for part in (str(permission.value) if permission else "", why) if part)
    row = _row(Event.REFUSED, record, by.user_id, partnership_id=partnership_id, case_id=None, why=reason)
    row["agency_id"] = _agency(by, row)
    _write_now(Entry(row, record, covers=False))


def security(
    event: Event,
    *,
    user_id: uuid.UUID | None,
    record: object = None,
    partnership_id: uuid.UUID | None = None,
    agency_id: uuid.UUID | None = None,
    why: str = "",
    fields: Iterable[str] = (),
) -> None:
    """Record something about an account or the installation, before or without a viewer.

    With a transaction open it belongs to it (and accounts for its changes); without one it is written at once.
    """
    row = _row(event, record, user_id, partnership_id=partnership_id, case_id=None, why=why)
    row["agency_id"] = agency_id
    row["fields"] = ",".join(_checked_fields(fields))
    _write_now(Entry(row, record, covers=True))


def changed_by_statement(model: type, ids: Iterable[uuid.UUID]) -> None:
    """Say which records of a class a bulk statement has changed in the open transaction, so that they get digests."""
    pending(db.session()).by_statement.setdefault(model, set()).update(ids)


def _write_now(entry: Entry) -> None:
    session = db.session()
    if is_writing(session):
        pending(session).entries.append(entry)
    else:
        write_at_once(entry)


def _row(
    event: Event,
    record: object,
    user_id: uuid.UUID | None,
    *,
    partnership_id: uuid.UUID | None,
    case_id: uuid.UUID | None,
    why: str,
) -> dict[str, Any]:
    if not _REASON.fullmatch(why):
        raise ValueError("the reason of an audit event is a rule or a code, not text")
    in_request = has_request_context()
    return {
        "id": new_id(),
        "at": clock.now(),
        "partnership_id": partnership_id or _owner(record, "partnership_id", "partnerships"),
        "user_id": user_id,
        "agency_id": None,
        "session_ref": _short(g.get("session_ref")) if in_request else None,
        "request_id": _short(g.get("request_id")) if in_request else None,
        "event": event.code,
        "category": event.category.value,
        "record_type": _record_type(record),
        "record_id": _uuid(record, "id"),
        "case_id": case_id or _owner(record, "case_id", "cases"),
        "ids": "",
        "fields": "",
        "why": why,
    }


def _agency(by: Actor, row: dict[str, Any]) -> uuid.UUID | None:
    return by.agency_in(row["partnership_id"]) if row["partnership_id"] is not None else None


def _record_type(record: object) -> str | None:
    """The table of a mapped record; None for a value put together for a page."""
    kind: Any = type(record)
    return _table_of(kind)


@cache
def _table_of(kind: Any) -> str | None:
    mapper: Any = sa_inspect(kind, raiseerr=False)
    return str(mapper.local_table.name) if mapper is not None else None


def _uuid(record: object, name: str) -> uuid.UUID | None:
    value = getattr(record, name, None)
    return value if isinstance(value, uuid.UUID) else None


def _owner(record: object, name: str, table: str) -> uuid.UUID | None:
    """The partnership or case that a record belongs to, or is."""
    return _uuid(record, name) or (_uuid(record, "id") if _record_type(record) == table else None)


def _short(value: object) -> str | None:
    return str(value)[:64] if value else None


def _checked_fields(fields: Iterable[str]) -> list[str]:
    names = list(fields)
    if not all(_FIELD.fullmatch(name) for name in names):
        raise ValueError("an audit event holds names of fields, not their values")
    return names
