"""What only PostgreSQL needs. Imported with the first engine for it: a trial on SQLite starts without its driver."""

import math
import time
from typing import Any

import psycopg
from sqlalchemy.exc import DisconnectionError

_RETURNED = "psg.returned"
_PAUSE_SECONDS = 1.0


def returned(connection: Any, record: Any) -> None:
    """A connection goes back into the pool, reading without a transaction again."""
    record.info[_RETURNED] = time.monotonic()
    if connection is not None and not (connection.closed or connection.autocommit):
        connection.autocommit = True


def ask_after_a_pause(connection: Any, record: Any, _proxy: Any) -> None:
    """See whether a connection that nobody used for a moment still lives; the pool makes another if it does not.

    Asking at every use would cost each page several questions, and a database that goes away stays away for longer.
    """
    if time.monotonic() - record.info.get(_RETURNED, math.inf) < _PAUSE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("select 1")
        cursor.close()
    except psycopg.Error as error:
        raise DisconnectionError from error


class BinaryCursor(psycopg.Cursor[Any]):
    """Asks PostgreSQL for results in binary: sealed bytes, ids and times need no way through text."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.format = psycopg.pq.Format.BINARY

    @property
    def description(self) -> list[Any] | None:
        """Names and types of the columns. SQLAlchemy reads no more of it, and that only the first time it sees a
        statement; the driver would make an object for each column, every time."""
        result = self.pgresult
        if result is None or not result.nfields:
            return None
        nothing = (None,) * 5
        return [((result.fname(at) or b"").decode(), result.ftype(at), *nothing) for at in range(result.nfields)]


def plain_cursor(connection: Any) -> psycopg.RawCursor[Any]:
    """Takes statements as PostgreSQL does, with $1 and so on: nothing is looked for and replaced in long ones."""
    return psycopg.RawCursor(connection)
