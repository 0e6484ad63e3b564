"""Sealed columns of a model, at a glance:

    class Case(Sealed, Owned, Model):
        __key_owner__ = "id"
        reference: Mapped[str]
        title = sealed_text()          # stored as cases.title_sealed

Reading `case.title` opens it, setting it seals at once, so plain text never waits in an object for a flush. Ids are
made by the program and are set before any sealed value, because a value is bound to its row.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast, overload
from uuid import UUID

from sqlalchemy import LargeBinary, event
from sqlalchemy.orm import InstrumentedAttribute, mapped_column

from psg.crypto import datakeys, envelope
from psg.crypto.errors import Unopenable

log = logging.getLogger(__name__)
V = TypeVar("V")
SUFFIX = "_sealed"
_OPENED = "_psg_opened"


class _OpenedValues(dict[str, tuple[bytes, bytes]]):
    """Plaintexts already opened on one instance, each beside the ciphertext it came from."""

    def __repr__(self) -> str:
        return f"<{len(self)} opened values>"


@dataclass(frozen=True)
class SealedColumn:
    """A sealed attribute as seen on its class: for queries and for tools."""

    model: type["Sealed"]
    name: str

    @property
    def column_name(self) -> str:
        """The database column."""
        return self.name + SUFFIX

    @property
    def column(self) -> InstrumentedAttribute[bytes]:
        """The sealed bytes, to select in a Core query."""
        return cast("InstrumentedAttribute[bytes]", getattr(self.model, self.column_name))


class SealedAttribute(Generic[V]):
    """The descriptor behind `sealed_text` and `sealed_json`."""

    def __init__(
        self,
        read: Callable[[bytes], V],
        write: Callable[[Any], tuple[envelope.Kind, bytes]],
        *,
        required: bool = False,
        deferred: bool = False,
    ) -> None:
        self.read = read
        self._write = write
        self._required = required
        self._deferred = deferred
        self.name = ""
        self.column_name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Declare the column where the attribute stands, before SQLAlchemy looks at the class."""
        self.name, self.column_name = name, name + SUFFIX
        setattr(owner, self.column_name, mapped_column(LargeBinary, nullable=False, deferred=self._deferred))

    @overload
    def __get__(self, instance: None, owner: type) -> SealedColumn: ...
    @overload
    def __get__(self, instance: "Sealed", owner: type) -> V: ...
    def __get__(self, instance: "Sealed | None", owner: type) -> "V | SealedColumn":
        """Open the value; raises Unopenable or Erased, never gives anything that was not sealed here."""
        if instance is None:
            return SealedColumn(owner, self.name)
        blob: bytes | None = getattr(instance, self.column_name)
        if blob is None:
            return cast("V", None)
        kept = _opened_values(instance)
        before = kept.get(self.name)
        if before is not None and (before[0] is blob or before[0] == blob):
            return self.read(before[1])
        key, where = self._key_and_place(instance)
        try:
            inner = envelope.unseal(key, where, instance.id, blob)
            value = self.read(inner)
        except Unopenable as problem:
            raise alarm(type(instance), self.column_name, instance.id, problem) from None
        kept[self.name] = (blob, inner)
        return value

    def __set__(self, instance: "Sealed", value: V) -> None:
        """Seal the value under the record's key. The same value again changes nothing."""
        if value is None and self._required:
            raise ValueError(f"{type(instance).__name__}.{self.name} must have a value")
        kind, content = self._write(value)
        inner = envelope.pack(kind, content)
        kept = _opened_values(instance)
        before = kept.get(self.name)
        if before is not None and before[1] == inner and before[0] == getattr(instance, self.column_name):
            return
        key, where = self._key_and_place(instance)
        blob = envelope.seal_packed(key, where + instance.id.bytes + key.suffix, inner)
        setattr(instance, self.column_name, blob)
        kept[self.name] = (blob, inner)

    def _key_and_place(self, instance: "Sealed") -> tuple[envelope.SealingKey, bytes]:
        owner_id = getattr(instance, instance.__key_owner__)
        if instance.partnership_id is None or instance.id is None or owner_id is None:
            raise RuntimeError(
                f"{type(instance).__name__}.{self.name} is set before partnership_id, id and {instance.__key_owner__}"
            )
        where = envelope.place(instance.partnership_id, instance.__tablename__, self.column_name)
        return datakeys.get(instance.partnership_id, owner_id), where


class Sealed:
    """A model with sealed columns. Stands before `Owned` and `Model` in the list of bases."""

    __key_owner__: ClassVar[str] = "id"
    """The column that names whose data key seals this row: "id" for a case, "case_id" for what belongs to one."""
    __tablename__: str
    partnership_id: Any
    id: Any

    def complete(self) -> None:
        """A column nobody set is sealed as 'no value', so that its absence does not show."""
        for column in self.sealed_columns():
            if getattr(self, column.column_name) is None:
                setattr(self, column.name, None)

    @classmethod
    @cache
    def sealed_columns(cls) -> tuple[SealedColumn, ...]:
        """Every sealed column of the model, those of its mixins first."""
        names = {
            name: None
            for base in reversed(cls.__mro__)
            for name, attribute in vars(base).items()
            if isinstance(attribute, SealedAttribute)
        }
        return tuple(SealedColumn(cls, name) for name in names)

    @classmethod
    def sealed_attribute(cls, name: str) -> SealedAttribute[Any]:
        """The descriptor of a sealed attribute; raises AttributeError for any other name."""
        for base in cls.__mro__:
            if isinstance(attribute := vars(base).get(name), SealedAttribute):
                return attribute
        raise AttributeError(f"{cls.__name__} has no sealed attribute {name!r}")

    def __repr__(self) -> str:
        """Class and id: even a reference may be sealed text."""
        return f"<{type(self).__name__} {self.id}>"


@overload
def sealed_text(*, required: Literal[True], deferred: bool = ...) -> SealedAttribute[str]: ...
@overload
def sealed_text(*, required: Literal[False] = ..., deferred: bool = ...) -> SealedAttribute[str | None]: ...
def sealed_text(*, required: bool = False, deferred: bool = False) -> SealedAttribute[Any]:
    """A sealed text column. required: None is refused. deferred: fetched on first use (long text)."""
    return SealedAttribute(envelope.text_of, envelope.text_content, required=required, deferred=deferred)


def sealed_json(*, required: bool = False, deferred: bool = False) -> SealedAttribute[Any]:
    """A sealed column for lists, dictionaries and numbers. What is read is a copy: set it again to change it."""
    return SealedAttribute(envelope.json_of, envelope.json_content, required=required, deferred=deferred)


def opener(partnership_id: UUID, owner_id: UUID, model: type[Sealed], name: str) -> Callable[[UUID, bytes], Any]:
    """A function that opens one column of one owner's rows, given row id and sealed bytes from a Core query."""
    attribute = model.sealed_attribute(name)
    where = envelope.place(partnership_id, model.__tablename__, attribute.column_name)
    key, read = datakeys.get(partnership_id, owner_id), attribute.read

    def open_value(row_id: UUID, blob: bytes) -> Any:
        try:
            return read(envelope.unseal(key, where, row_id, blob))
        except Unopenable as problem:
            raise alarm(model, attribute.column_name, row_id, problem) from None

    return open_value


def open_rows(
    partnership_id: UUID, model: type[Sealed], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> list[tuple[Any, ...] | None]:
    """Open a whole list: rows of (owner id, row id, sealed bytes of each named column) from a Core query.

    Gives a tuple of values for each row, None for a row whose owner is erased. One query fetches the keys not yet open.
    """
    rows = list(rows)
    attributes = [model.sealed_attribute(name) for name in names]
    columns = [(envelope.place(partnership_id, model.__tablename__, a.column_name), a.read) for a in attributes]
    keys = datakeys.opened(partnership_id, [row[0] for row in rows])
    partnership = partnership_id.int
    result: list[tuple[Any, ...] | None] = []
    for owner_id, row_id, *blobs in rows:
        if (key := keys.get((partnership, owner_id.int))) is None:
            datakeys.expect_erased(partnership_id, owner_id)
            result.append(None)
            continue
        try:
            result.append(envelope.open_row(key, columns, row_id, blobs))
        except Unopenable as problem:
            raise alarm(model, ", ".join(names), row_id, problem) from None
    return result


def alarm(model: type[Sealed], column: str, row_id: UUID, problem: Unopenable) -> Unopenable:
    """Log that a value did not open, by where it stands and never by what it is; gives the error to raise."""
    place = f"{model.__tablename__}.{column} of row {row_id}"
    log.error("sealed value does not open: %s: %s", place, problem)
    return Unopenable(f"{place}: {problem}")


def _opened_values(instance: Sealed) -> _OpenedValues:
    kept: _OpenedValues | None = vars(instance).get(_OPENED)
    if kept is None:
        kept = vars(instance)[_OPENED] = _OpenedValues()
    return kept


def _before_insert(_mapper: Any, _connection: Any, record: Sealed) -> None:
    record.complete()


event.listen(Sealed, "before_insert", _before_insert, propagate=True)
