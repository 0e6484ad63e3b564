"""Pages of a long list by key: no counting through, no page that shifts when a row is added."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from psg.text import showable

Value = str | int | date | datetime | uuid.UUID
Row = TypeVar("Row")
_LONGEST = 600
_READERS: dict[type, Callable[[Any], Any]] = {
    str: lambda value: value if isinstance(value, str) and value == showable(value) else None,
    int: lambda value: value if type(value) is int and abs(value) < 2**31 else None,
    date: date.fromisoformat,
    datetime: lambda value: moment.astimezone(UTC) if (moment := datetime.fromisoformat(value)).tzinfo else None,
    uuid.UUID: uuid.UUID,
}
"""Each gives only what a column of its kind can be compared with; anything else is None, or an error of `decode`'s."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the row a page starts after, or ends before when `backwards`."""

    values: tuple[Value, ...]
    backwards: bool = False

    def encode(self) -> str:
        """As it stands in an address. Nothing in it is secret: keys are dates, ids and counts, never names."""
        plain = [value if isinstance(value, int | str) else _text(value) for value in self.values]
        packed = json.dumps([int(self.backwards), *plain], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def decode(text: str | None, kinds: Sequence[type]) -> Cursor | None:
    """The cursor in an address; None, which means the first page, when it is not one of ours."""
    if not text or len(text) > _LONGEST or not text.isascii():
        return None
    try:
        plain = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(plain, list) or len(plain) != len(kinds) + 1 or plain[0] not in (0, 1):
            return None
        values = tuple(_READERS[kind](value) for kind, value in zip(kinds, plain[1:], strict=True))
    except (ValueError, TypeError, AttributeError, ArithmeticError, binascii.Error, RecursionError):
        return None
    return None if None in values else Cursor(values, bool(plain[0]))


def condition(
    columns: Sequence[ColumnElement[Any]], cursor: Cursor, descending: Sequence[bool] = ()
) -> ColumnElement[bool]:
    """Rows beyond the cursor, in the order of the columns (none of which may be empty)."""
    down = list(descending) or [False] * len(columns)
    steps = []
    for number, column in enumerate(columns):
        beyond = column < cursor.values[number] if down[number] != cursor.backwards else column > cursor.values[number]
        same = [earlier == value for earlier, value in zip(columns[:number], cursor.values, strict=False)]
        steps.append(and_(*same, beyond))
    return or_(*steps)


def order(
    columns: Sequence[ColumnElement[Any]], cursor: Cursor | None, descending: Sequence[bool] = ()
) -> list[ColumnElement[Any]]:
    """The ORDER BY that goes with `condition`: turned round while paging backwards."""
    down = list(descending) or [False] * len(columns)
    turned = cursor is not None and cursor.backwards
    return [column.desc() if down[number] != turned else column.asc() for number, column in enumerate(columns)]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page: its rows, and the cursors of its neighbours ("" where there is none)."""

    rows: list[Row]
    previous: str
    next: str


def page(rows: Sequence[Row], size: int, key: Callable[[Row], tuple[Value, ...]], cursor: Cursor | None) -> Page[Row]:
    """Make a page of up to `size` rows from a query that asked for one more."""
    backwards = cursor is not None and cursor.backwards
    more = len(rows) > size
    shown = list(rows[:size])
    if backwards:
        shown.reverse()
    if not shown:
        return Page([], "", "")
    before = more if backwards else cursor is not None
    after = True if backwards else more
    return Page(
        shown,
        Cursor(key(shown[0]), backwards=True).encode() if before else "",
        Cursor(key(shown[-1])).encode() if after else "",
    )
