"""When a partnership reminds its people: the shipped starting values, its own over them, and a group's own over those.

Each change is a new line with the day it holds from, so what held on an earlier day can still be said.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Uuid, and_, bindparam, select
from sqlalchemy.orm import SessionTransaction

from psg import audit, clock, reference
from psg.audit import Actor
from psg.audit.events import Event
from psg.db import DomainError, ask, db
from psg.partnerships.models import Group, ReminderSetting

DIGEST_TIME = "digest-time"
CODES = (
    DIGEST_TIME,
    "due-in",
    "overdue-repeat",
    "escalate-after",
    "review-due-in",
    "review-repeat",
    "referral-waiting",
)
"""What a partnership may set for all its groups. The clocks around a meeting are each group's own."""

EARLIEST, LATEST = time(6), time(12)
"""A digest is for the morning."""
LEAST = {"overdue-repeat": 1, "review-repeat": 1, "referral-waiting": 1}
"""Repeating every 0 days would be no rhythm."""
MOST_DAYS = 365
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")
_Whose = tuple[uuid.UUID, uuid.UUID | None]
_known: WeakKeyDictionary[SessionTransaction, dict[_Whose, dict[str, Any]]] = WeakKeyDictionary()


class UnusableSetting(DomainError):
    """A value that nobody can be reminded by; the text is one to show."""


def shipped() -> dict[str, Any]:
    """The starting values by code."""
    return {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}


def label(code: str) -> str:
    """What a page calls it."""
    return str(reference.labels("reminder-defaults")[code])


def read_value(code: str, typed: str) -> str:
    """A value as it is stored; raises UnusableSetting."""
    typed = typed.strip()
    if code not in CODES:
        raise UnusableSetting(f"“{code}” is not a reminder setting of a partnership; it may be {', '.join(CODES)}")
    if code == DIGEST_TIME:
        found = _TIME.fullmatch(typed)
        at = time(int(found[1]), int(found[2])) if found else None
        if at is None or not EARLIEST <= at <= LATEST:
            raise UnusableSetting("The digest's time must be between 06:00 and 12:00, such as 07:30")
        return at.strftime("%H:%M")
    least = LEAST.get(code, 0)
    if not (typed.isascii() and typed.isdecimal()) or not least <= int(typed[:9]) <= MOST_DAYS:
        raise UnusableSetting(f"“{label(code)}” must be a whole number of days from {least} to {MOST_DAYS}")
    return str(int(typed))


_IN_FORCE = (
    select(ReminderSetting.code, ReminderSetting.value)
    .where(
        ReminderSetting.partnership_id == bindparam("partnership", type_=Uuid()),
        ReminderSetting.valid_from <= bindparam("day"),
    )
    .order_by(ReminderSetting.valid_from, ReminderSetting.set_at, ReminderSetting.id)
)
_OF_GROUP = (
    select(Group.settings, ReminderSetting.code, ReminderSetting.value)
    .outerjoin(
        ReminderSetting,
        and_(ReminderSetting.partnership_id == Group.partnership_id, ReminderSetting.valid_from <= bindparam("day")),
    )
    .where(Group.partnership_id == bindparam("partnership", type_=Uuid()), Group.id == bindparam("group", type_=Uuid()))
    .order_by(ReminderSetting.valid_from, ReminderSetting.set_at, ReminderSetting.id)
)
"""The same with a group's own values in every row: one question for both, since every change asks it."""


def in_force(partnership_id: uuid.UUID, on: date | None = None) -> dict[str, Any]:
    """The partnership's own values that hold on a day; numbers of days as numbers."""
    day = on or clock.today()
    rows = ask(_IN_FORCE, {"partnership": partnership_id, "day": day})
    return {row.code: _read(row.code, row.value) for row in rows}


def _read(code: str, value: str) -> str | int:
    return value if code == DIGEST_TIME else int(value)


def for_groups(partnership_id: uuid.UUID) -> Mapping[str, Any]:
    """What holds today for a group without values of its own."""
    return _once((partnership_id, None), lambda: shipped() | in_force(partnership_id))


def for_group(partnership_id: uuid.UUID, group_id: uuid.UUID) -> Mapping[str, Any]:
    """What holds today for a group."""
    return _once((partnership_id, group_id), lambda: _of_group(partnership_id, group_id))


def _of_group(partnership_id: uuid.UUID, group_id: uuid.UUID) -> dict[str, Any]:
    asked = {"partnership": partnership_id, "group": group_id, "day": clock.today()}
    rows = ask(_OF_GROUP, asked)
    usual = {row.code: _read(row.code, row.value) for row in rows if row.code}
    return shipped() | usual | (rows[0].settings if rows else {})


def _once(whose: _Whose, read: Callable[[], dict[str, Any]]) -> Mapping[str, Any]:
    """Read once in a transaction, for a sweep asks often."""
    transaction = db.session().get_transaction()
    found = _known.setdefault(transaction, {}) if transaction is not None else {}
    if whose not in found:
        found[whose] = read()
    return found[whose]


def change(partnership_id: uuid.UUID, values: Mapping[str, str], *, by: Actor) -> list[str]:
    """Let these values hold from today; codes of those that differ from what held. Inside `transaction()`."""
    now = {code: str(value) for code, value in (shipped() | in_force(partnership_id)).items()}
    wanted = {code: read_value(code, value) for code, value in values.items()}
    differing = [code for code in CODES if code in wanted and wanted[code] != now[code]]
    for code in differing:
        setting = ReminderSetting(
            partnership_id=partnership_id,
            code=code,
            value=wanted[code],
            valid_from=clock.today(),
            set_at=clock.now(),
            set_by=by.user_id,
        )
        db.session.add(setting)
        db.session.flush()
        audit.record(Event.REMINDER_SETTINGS_CHANGED, setting, by=by, fields=(code.replace("-", "_"),))
    _known.clear()
    return differing
