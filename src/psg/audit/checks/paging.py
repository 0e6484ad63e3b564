"""Reading a table of any size page by page in the order of a key, surviving rows that cannot even be read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Tuple, literal, tuple_
from sqlalchemy.exc import OperationalError

Row = RowMapping
Broken = Callable[[str], None]
"""Told the key of a row whose values are of kinds the application never writes."""

UNREADABLE = (LookupError, ValueError, TypeError, AttributeError)
"""What SQLAlchemy's types, and we, raise over values of the wrong kind; only SQLite and word lists let them in."""


class UnreadableRow(ValueError):
    """A row holds values of kinds that the application never writes."""


def fetch(connection: Connection, statement: Select[Any]) -> Sequence[Row]:
    """The rows of a statement; raises UnreadableRow when one of them cannot be read."""
    try:
        return connection.execute(statement).mappings().all()
    except UNREADABLE as error:
        raise UnreadableRow from error
    except OperationalError as error:
        # SQLite's driver reports bytes in a text column like this; any other trouble is not about the row.
        if "Could not decode" not in str(error.orig):
            raise
        raise UnreadableRow from error


def pages(
    connection: Connection, statement: Select[Any], key: Sequence[Any], broken: Broken, size: int = 1_000
) -> Iterator[Sequence[Row]]:
    """Pages of a statement in the order of `key`, a list of its columns that is unique. Never empty."""
    after: tuple[Any, ...] | None = None
    while True:
        here = statement if after is None else statement.where(tuple_(*key) > _typed(key, after))
        wanted = here.order_by(*key).limit(size)
        try:
            page = fetch(connection, wanted)
        except UnreadableRow:
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
        last = tuple(page[-1][column.name] for column in key)
        if last == after:  # a key that sorts oddly because it is of a kind its column should not hold
            broken("/".join(str(part) for part in last))
            return
        after = last


def _typed(key: Sequence[Any], values: Sequence[Any]) -> Tuple:
    """Values of key columns, written the way each column writes its own."""
    return tuple_(*(literal(value, column.type) for column, value in zip(key, values, strict=True)))


def _one_by_one(
    connection: Connection, wanted: Select[Any], key: Sequence[Any], broken: Broken, size: int
) -> tuple[list[Row], tuple[Any, ...] | None]:
    """The readable rows of a page, and the key to go on after; an empty page and None end the reading."""
    readable: list[Row] = []
    last: tuple[Any, ...] | None = None
    for place in range(size):
        one = wanted.limit(1).offset(place)
        try:
            found = fetch(connection, one.with_only_columns(*key))
        except UnreadableRow:
            broken("(its key cannot be read)")
            return readable, None
        if not found:
            return readable, last
        last = tuple(found[0].values())
        try:
            readable += fetch(connection, one)
        except UnreadableRow:
            broken("/".join(str(part) for part in last))
    return readable, last
