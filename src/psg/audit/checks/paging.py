"""Reading a table of any size page by page in the order of a key, surviving rows that cannot even be read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, tuple_

Row = RowMapping
Broken = Callable[[str], None]
"""Told the key of a row whose values are of kinds the application never writes."""

UNREADABLE = (LookupError, ValueError, TypeError, AttributeError)
"""What SQLAlchemy's types raise for such values; only SQLite and word lists let them into a table."""


def pages(
    connection: Connection, statement: Select[Any], key: Sequence[Any], broken: Broken, size: int = 1_000
) -> Iterator[Sequence[Row]]:
    """Pages of a statement in the order of `key`, a list of its columns that is unique. Never empty."""
    after: tuple[Any, ...] | None = None
    while True:
        here = statement if after is None else statement.where(tuple_(*key) > tuple_(*after))
        wanted = here.order_by(*key).limit(size)
        try:
            page = connection.execute(wanted).mappings().all()
        except UNREADABLE:
            page, stuck = _one_by_one(connection, wanted, key, broken, size)
            if page:
                yield page
            if stuck is None:
                return
            after = stuck
            continue
        if not page:
            return
        yield page
        after = tuple(page[-1][column.name] for column in key)


def _one_by_one(
    connection: Connection, wanted: Select[Any], key: Sequence[Any], broken: Broken, size: int
) -> tuple[list[Row], tuple[Any, ...] | None]:
    """The readable rows of a page, and the key to go on after; an empty page and None end the reading."""
    readable: list[Row] = []
    last: tuple[Any, ...] | None = None
    for place in range(size):
        one = wanted.limit(1).offset(place)
        try:
            last_key = connection.execute(one.with_only_columns(*key)).one_or_none()
        except UNREADABLE:
            broken("a key")
            return readable, None
        if last_key is None:
            return readable, last
        last = tuple(last_key)
        try:
            readable.append(connection.execute(one).mappings().one())
        except UNREADABLE:
            broken("/".join(str(part) for part in last))
    return readable, last
