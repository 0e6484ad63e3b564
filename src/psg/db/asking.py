"""Statements asked again and again: their text, and how values go in and come out, are made once for each.

On PostgreSQL such a statement goes to the driver as it stands, on the session's own connection and so in its
transaction if there is one: what SQLAlchemy does around each execution costs more than the driver does. The statement
stays the one built from tables, types and the policy's conditions; SQLite is asked through SQLAlchemy.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BindParameter, CompoundSelect, Connection, Dialect, Enum, Select, any_, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression

from psg.db.model import UtcDateTime, db

Asked = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
_HELD = "psg.connection"
_Make = Callable[[Any], Any]


def ask(statement: Asked, values: Mapping[str, Any]) -> Sequence[Any]:
    """All rows of a statement that was built once, with its values as parameters. Columns by name or by place.

    Lists are parameters like others: `column.in_(bindparam("names", expanding=True))`. Raises KeyError for a parameter
    without a value.
    """
    connection = connection_of(db.session())
    if connection.dialect.name != "postgresql":
        return connection.execute(statement, values).all()
    ready = _ready(statement, connection.dialect)
    given = dict(ready.constants)
    for name, into in ready.into:
        given[name] = into(values[name])
    rows = run(connection, ready.text, given).fetchall()
    if not ready.out:
        return list(map(ready.row, rows))
    made = []
    for row in rows:
        cells = list(row)
        for place, out in ready.out:
            cells[place] = out(cells[place])
        made.append(ready.row(cells))
    return made


def connection_of(session: Session) -> Connection:
    """The session's connection. To ask for it costs half of what asking the driver does, so it is remembered."""
    held: tuple[Any, Connection] | None = session.info.get(_HELD)
    if held is not None and held[0] is session.get_transaction():
        return held[1]
    connection = session.connection()
    session.info[_HELD] = (session.get_transaction(), connection)
    return connection


def run(connection: Connection, text: str, values: Any) -> Any:
    """Run a text that is ready for the driver; its cursor. Errors are SQLAlchemy's, as for any other statement."""
    if connection.dialect.name != "postgresql":
        return connection.exec_driver_sql(text, values)
    for told in connection.engine.dispatch.before_cursor_execute:
        told(connection, None, text, values, None, False)
    driver: Any = connection.connection.driver_connection
    try:
        cursor = driver.cursor()
        cursor.execute(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        lost = connection.dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            text,
            None,
            error,
            connection.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
    return cursor


@dataclass(frozen=True)
class _Ready:
    """A statement as the driver takes it."""

    text: str
    constants: dict[str, Any]
    """Values that the statement itself names."""
    into: tuple[tuple[str, _Make], ...]
    """The parameters, and what makes each ready for the driver."""
    out: tuple[tuple[int, _Make], ...]
    """What makes a value of a column, by its place, for those that need it."""
    row: Callable[[Any], Any]


@lru_cache(maxsize=512)
def _ready(statement: Asked, dialect: Dialect) -> _Ready:
    whole: Any = statement
    plain: Any = visitors.replacement_traverse(whole, {}, _list_as_array)
    compiled = plain.compile(dialect=dialect)
    if "POSTCOMPILE" in str(compiled):
        raise TypeError("a list stands in this statement in a way that only SQLAlchemy can write out")
    constants, into = {}, {}
    for name, parameter in {name: parameter for parameter, name in compiled.bind_names.items()}.items():
        way = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if not parameter.required:
            constants[name] = compiled.params[name] if way is None else way(compiled.params[name])
        else:
            into[name] = way or _as_it_is
    columns: list[Any] = list(statement.selected_columns)
    names = [str(column.key) for column in columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # made at run time
    back = [_from_driver(column.type, dialect) for column in columns]
    out = tuple((place, way) for place, way in enumerate(back) if way is not None)
    return _Ready(str(compiled), constants, tuple(into.items()), out, row._make)


def _as_it_is(value: Any) -> Any:
    return value


def _from_driver(kind: Any, dialect: Dialect) -> _Make | None:
    if isinstance(kind, Enum) and kind.enum_class is not None:
        words: dict[Any, Any] = {word.value: word for word in kind.enum_class}
        return (words | {None: None}).__getitem__
    if isinstance(kind, UtcDateTime):
        return _utc
    way: _Make | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return way


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)


def _list_as_array(element: Any, **_: Any) -> Any:
    """Lists go as one value: the text of the statement is then the same for a list of any length."""
    if not (isinstance(element, BinaryExpression) and element.operator is operators.in_op):
        return None
    many = element.right
    if not (isinstance(many, BindParameter) and many.expanding):
        return None
    kind = ARRAY(element.left.type)
    array = bindparam(many.key, type_=kind) if many.required else bindparam(None, many.value, type_=kind)
    return element.left == any_(array)
