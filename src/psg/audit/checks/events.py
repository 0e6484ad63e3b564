"""Checks of the events: each one's code, its place in a seal, and events that are gone."""

import hmac
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Connection, select

from psg.audit import keys
from psg.audit.canonical import encode
from psg.audit.checks.paging import UNREADABLE, Row, pages
from psg.audit.checks.report import Kind, Progress, Report
from psg.audit.merkle import leaf_hash
from psg.audit.models import AuditDigest, AuditEvent, AuditMember
from psg.audit.write import event_bytes, event_mac

_events = AuditEvent.__table__.c
_digests = AuditDigest.__table__.c
_members = AuditMember.__table__.c
_CLOCKS_AGREE = timedelta(seconds=5)


def check_events(connection: Connection, report: Report, progress: Progress) -> None:
    """Recompute the code of every event and compare it with its place in a seal."""

    def unreadable(key: str) -> None:
        report.add(Kind.EVENT_ALTERED, key, f"Audit event {key} was altered: it cannot even be read.")

    def hanging(table: Any, *key: Any) -> "_Hanging":
        rows = pages(connection, select(table), key, unreadable)
        return _Hanging(chain.from_iterable(rows))

    digests = hanging(AuditDigest.__table__, _digests.event_id, _digests.position)
    members = hanging(AuditMember.__table__, _members.event_id, _members.seal_number, _members.position)
    checker = _Checker(report)
    for page in pages(connection, select(AuditEvent.__table__), (_events.id,), unreadable):
        for event in page:
            checker.gone(digests, members, event["id"])
            try:
                checker.event(event, digests.take(event["id"]), members.take(event["id"]))
            except UNREADABLE:
                unreadable(str(event["id"]))
        progress("events", report.counts["events"])
    checker.gone(digests, members, None)
    if checker.odd_clocks:
        report.note(f"{checker.odd_clocks:,} events bear a time that does not fit their id: a clock was wrong.")


class _Hanging:
    """Rows that hang on events, walked through beside them in the same order, one event's rows in memory at a time."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._groups = groupby(rows, key=lambda row: row["event_id"])
        self.event_id: uuid.UUID | None = None
        """The event that the next rows hang on; None after the last."""
        self._rows: list[Row] = []
        self._forward()

    def take(self, event_id: uuid.UUID | None) -> list[Row]:
        """The rows of an event, if it is the next one that has any."""
        if event_id is None or self.event_id != event_id:
            return []
        rows = self._rows
        self._forward()
        return rows

    def _forward(self) -> None:
        group = next(self._groups, None)
        self.event_id, self._rows = (group[0], list(group[1])) if group is not None else (None, [])


class _Checker:
    """Judges one event after the other."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._key = keys.mac_key()
        self.odd_clocks = 0
        self._latest = report.checked_at + _CLOCKS_AGREE

    def event(self, event: Row, digests: Sequence[Row], members: Sequence[Row]) -> None:
        """Check an event with the rows that hang on it."""
        self._report.counts["events"] += 1
        data = event_bytes(event, digests)
        genuine = hmac.compare_digest(event_mac(data, self._key), bytes(event["mac"]))
        same_leaf = bool(members) and leaf_hash(encode((data, event["mac"]))) == members[0]["leaf"]
        self._judge(event, members, genuine=genuine, same_leaf=same_leaf)
        if not members:
            self._report.unsealed += 1
            oldest = self._report.oldest_unsealed
            self._report.oldest_unsealed = event["at"] if oldest is None else min(oldest, event["at"])
        made = datetime.fromtimestamp((event["id"].int >> 80) / 1000, UTC)
        if abs(made - event["at"]) > _CLOCKS_AGREE or event["at"] > self._latest:
            self.odd_clocks += 1

    def _judge(self, event: Row, members: Sequence[Row], *, genuine: bool, same_leaf: bool) -> None:
        name = f"Audit event {event['id']} ({event['event']}, {event['at']:%Y-%m-%d %H:%M:%S} UTC)"
        if genuine:
            if members and not same_leaf:
                seal = members[0]["seal_number"]
                self._report.add(Kind.MEMBER_ALTERED, event["id"], f"{name}: its entry in seal {seal} was altered.")
        elif not members:
            text = f"{name} was not written by PSG as it stands: it or its digests were inserted or altered by hand."
            self._report.add(Kind.EVENT_INSERTED, event["id"], text)
        elif same_leaf:
            text = f"{name} was inserted by hand together with an entry in seal {members[0]['seal_number']}."
            self._report.add(Kind.EVENT_INSERTED, event["id"], text)
        else:
            text = f"{name} was altered after it was sealed: the event itself, or the digests that belong to it."
            self._report.add(Kind.EVENT_ALTERED, event["id"], text)

    def gone(self, digests: _Hanging, members: _Hanging, until: uuid.UUID | None) -> None:
        """Events before `until` (None: all that follow) of which only the rows hanging on them are left."""
        while waiting := [left.event_id for left in (digests, members) if left.event_id is not None]:
            event_id = min(waiting)
            if until is not None and event_id >= until:
                return
            digests.take(event_id)
            entry = members.take(event_id)
            known = "only its digests are left"
            if entry:
                known = f"it was in place {entry[0]['position']} of seal {entry[0]['seal_number']}"
            self._report.add(Kind.EVENT_MISSING, event_id, f"Audit event {event_id} was deleted ({known}).")
