"""Checks of the records themselves: each one against the last digest that the audit has of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum as PythonEnum
from itertools import chain, groupby
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import Connection, Enum, Integer, Uuid, func, select, tuple_

from psg.audit.checks.paging import UNREADABLE, Row, UnreadableRow, fetch, pages
from psg.audit.checks.report import Kind, Progress, Report
from psg.audit.digest import NOTHING, Plan, audited_models, plan_for
from psg.audit.models import AuditDigest

_digests = AuditDigest.__table__.c
_BATCH = 500
_KEPT = 100


@dataclass
class _History:
    """What the audit knows of one record."""

    key: str
    last: Row
    earlier: dict[bytes, int] = field(default_factory=dict)
    """The newest former digests and their turns, to recognise values that were put back."""


def check_records(connection: Connection, models: Sequence[type], report: Report, progress: Progress) -> None:
    """Compare every live record of every audited class with its last digest, and the other way round."""
    audited = audited_models(models)
    known = set(connection.scalars(select(_digests.record_type).distinct()))
    for record_type in sorted(known - set(audited)):
        report.note(f"Records of the kind {record_type} were audited once; PSG no longer keeps that kind.")
    for record_type in sorted(audited):
        _Kind(connection, plan_for(audited[record_type]), report, progress).check()


class _Kind:
    """Checks the records of one class."""

    def __init__(self, connection: Connection, plan: Plan, report: Report, progress: Progress) -> None:
        self._connection, self._plan, self._report, self._progress = connection, plan, report, progress
        self._live = 0
        """How many live rows the audit knows of."""
        self._unreadable: set[str] = set()
        self._backwards = 0

    def check(self) -> None:
        """Go through all histories of this class, then look for rows without one."""
        plan = self._plan
        wanted = select(AuditDigest.__table__).where(_digests.record_type == plan.record_type)
        rows = chain.from_iterable(
            pages(self._connection, wanted, (_digests.record_key, _digests.turn), self._broken, size=2_000)
        )
        histories = (self._history(key, rows) for key, rows in groupby(rows, key=lambda row: str(row["record_key"])))
        for batch in _batches(histories, _BATCH):
            self._compare(batch)
            self._progress(plan.record_type, self._live)
        if self._live != self._connection.scalar(select(func.count()).select_from(plan.table)):
            self._find_strangers()
        if self._backwards:
            self._report.note(f"The clock went back between {self._backwards:,} changes in {plan.record_type}.")

    def _broken(self, key: str) -> None:
        self._report.add(Kind.HISTORY_BROKEN, key, f"A digest in the history of {key} was altered: it cannot be read.")

    def _history(self, key: str, rows: Iterable[Row]) -> _History:
        """Walk through a record's digests in the order of their turns."""
        history: _History | None = None
        for row in rows:
            self._report.counts["digests"] += 1
            self._follows(key, history, row)
            if history is None:
                history = _History(key, row)
                continue
            history.earlier[history.last["digest"]] = history.last["turn"]
            if len(history.earlier) > _KEPT:
                history.earlier.pop(next(iter(history.earlier)))
            history.last = row
        assert history is not None  # noqa: S101 - groupby gives no empty group
        return history

    def _follows(self, key: str, history: _History | None, row: Row) -> None:
        """Whether a digest continues the one before it."""
        expected = history.last["turn"] + 1 if history is not None else 1
        if row["turn"] != expected:
            text = f"{self._name(key)}: change {expected} is missing from its history in the audit."
            self._report.add(Kind.HISTORY_BROKEN, key, text)
            return
        if history is not None and row["event_id"].int >> 80 < history.last["event_id"].int >> 80:
            self._backwards += 1
        before = history.last["digest"] if history is not None else NOTHING
        if row["before"] is not None and row["before"] != before:
            text = f"{self._name(key)} was altered behind PSG before {_event(row)} changed it."
            self._report.add(Kind.RECORD_ALTERED, key, text)

    def _compare(self, batch: Sequence[_History]) -> None:
        live = self._live_rows([history.key for history in batch])
        for history in batch:
            row = live.get(history.key)
            self._report.counts["records"] += 1
            if row is not None:
                self._live += 1
            if history.key in self._unreadable:
                text = f"{self._name(history.key)} was altered behind PSG: it cannot even be read."
                self._report.add(Kind.RECORD_ALTERED, history.key, text)
            elif row is not None:
                self._compare_one(history, row)
            elif not history.last["removed"]:
                text = f"{self._name(history.key)} was deleted behind PSG. Its last change was {_event(history.last)}."
                self._report.add(Kind.RECORD_MISSING, history.key, text)

    def _compare_one(self, history: _History, row: Row) -> None:
        key, last = history.key, history.last
        if last["removed"]:
            text = f"{self._name(key)} was put back behind PSG after {_event(last)} had removed it."
            self._report.add(Kind.RECORD_INSERTED, key, text)
            return
        digest = self._digest(row, last["digest_version"])
        if digest == last["digest"]:
            return
        for possible in {digest, self._digest(row, self._plan.version)}:
            if (turn := history.earlier.get(possible)) is not None:
                text = f"{self._name(key)} was put back behind PSG to how it was after change {turn} of {last['turn']}."
                self._report.add(Kind.RECORD_ROLLED_BACK, key, text)
                return
        text = f"{self._name(key)} was altered behind PSG after {_event(last)}."
        self._report.add(Kind.RECORD_ALTERED, key, text)

    def _digest(self, row: Row, version: int) -> bytes:
        """The digest of a live row; nothing that any audit row holds when its values are of the wrong kinds."""
        try:
            return self._plan.digest(row, version)
        except UNREADABLE:
            return b""

    def _live_rows(self, record_keys: Sequence[str]) -> dict[str, Row]:
        """The rows with these keys. A key the table cannot have is left out, and so is a row that cannot be read."""
        wanted = [values for key in record_keys if (values := self._key_values(key)) is not None]
        if not wanted:
            return {}
        statement = self._plan.rows().where(tuple_(*self._plan.key_columns).in_(wanted))
        try:
            rows = fetch(self._connection, statement)
        except UnreadableRow:
            rows = [row for values in wanted for row in self._single(values)]
        found: dict[str, Row] = {}
        for row in rows:
            key = self._plan.key(row)
            if key in found:
                text = f"{self._name(key)}: a second row with its id was inserted behind PSG."
                self._report.add(Kind.RECORD_INSERTED, key, text)
            found[key] = row
        return found

    def _single(self, values: tuple[Any, ...]) -> Sequence[Row]:
        try:
            return fetch(self._connection, self._plan.rows().where(tuple_(*self._plan.key_columns).in_([values])))
        except UnreadableRow:
            named = {column.name: value for column, value in zip(self._plan.key_columns, values, strict=True)}
            self._unreadable.add(self._plan.key(named))
            self._live += 1
            return []

    def _key_values(self, key: str) -> tuple[Any, ...] | None:
        parts = key.split("/")
        if len(parts) != len(self._plan.key_columns):
            return None
        try:
            return tuple(_value(column.type, part) for column, part in zip(self._plan.key_columns, parts, strict=True))
        except ValueError:
            return None

    def _find_strangers(self) -> None:
        """Rows without any history: only looked for when the counts say that there are some."""
        table = self._plan.table
        key = tuple(table.primary_key.columns)
        for page in pages(self._connection, select(*key), key, self._broken, size=_BATCH):
            found = {self._plan.key(row) for row in page}
            known = select(_digests.record_key).where(
                _digests.record_type == self._plan.record_type, _digests.record_key.in_(found)
            )
            for stranger in sorted(found - set(self._connection.scalars(known))):
                text = f"{self._name(stranger)} was inserted behind PSG: no audit event made it."
                self._report.add(Kind.RECORD_INSERTED, stranger, text)

    def _name(self, key: str) -> str:
        return f"Record {key} in {self._plan.record_type}"


def _value(kind: Any, part: str) -> Any:
    match kind:
        case Uuid():
            return UUID(hex=part)
        case Integer():
            return int(part)
        case Enum() if kind.enum_class is not None:
            wanted: type[PythonEnum] = kind.enum_class
            return wanted(unquote(part))
        case _:
            return unquote(part)


def _event(digest: Row) -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=digest["event_id"].int >> 80)
    return f"audit event {digest['event_id']} of {moment:%Y-%m-%d %H:%M:%S} UTC"


def _batches(values: Iterator[_History], size: int) -> Iterator[list[_History]]:
    batch: list[_History] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
