"""Checks of the seals: every tree, the chain, the signatures, the numbering; and the anchor file beside them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from psg.audit import anchor, keys
from psg.audit.checks.paging import UNREADABLE, Row, pages
from psg.audit.checks.report import Kind, Progress, Report
from psg.audit.merkle import Tree
from psg.audit.models import AuditMember, AuditSeal
from psg.audit.seal import FIRST_PREVIOUS, head_of, signed_bytes

_seals = AuditSeal.__table__.c
_members = AuditMember.__table__.c


def check_chain(connection: Connection, anchor_file: Path, anchor_end: int, report: Report, progress: Progress) -> None:
    """Check all seals in order against their members, against each other and against the anchor file.

    anchor_end: how long the file was before the database was read. Lines up to there must all have their seals.
    """
    public_key = keys.signing_key().public_key()
    anchors = _Anchors(anchor_file, anchor_end, public_key, report)
    seals = _Seals(public_key, report)

    def unreadable(key: str) -> None:
        report.add(Kind.SEAL_ALTERED, key, f"Seal {key} or an entry of it was altered: it cannot even be read.")

    member_pages = pages(
        connection, select(AuditMember.__table__), (_members.seal_number, _members.position), unreadable
    )
    entries = _Entries(chain.from_iterable(member_pages))
    for page in pages(connection, select(AuditSeal.__table__), (_seals.number,), unreadable):
        for seal in page:
            for number, count in entries.before(seal["number"]):
                seals.orphans(number, count)
            try:
                seals.check(seal, entries.of(seal["number"]))
                anchors.match(seal)
            except UNREADABLE:
                unreadable(str(seal["number"]))
            progress("seals", report.counts["seals"])
    for number, count in entries.before(None):
        seals.orphans(number, count)
    anchors.finish()


class _Entries:
    """Membership rows in the order of their seals, walked through once, one row in memory at a time."""

    def __init__(self, members: Iterable[Row]) -> None:
        self._groups = groupby(members, key=lambda member: int(member["seal_number"]))
        self._next = next(self._groups, None)

    def before(self, number: int | None) -> Iterator[tuple[int, int]]:
        """Seals before this one (None: all that follow) that have entries nobody asked for, and how many."""
        while self._next is not None and (number is None or self._next[0] < number):
            yield self._next[0], sum(1 for _ in self._next[1])
            self._next = next(self._groups, None)

    def of(self, number: int) -> Iterator[Row]:
        """The entries of a seal."""
        if self._next is not None and self._next[0] == number:
            yield from self._next[1]
            self._next = next(self._groups, None)


class _Seals:
    """Checks one seal after the other."""

    def __init__(self, public_key: Ed25519PublicKey, report: Report) -> None:
        self._public_key = public_key
        self._report = report
        self._before: Row | None = None

    def check(self, seal: Row, members: Iterator[Row]) -> None:
        """Check a seal with its members in order."""
        self._report.counts["seals"] += 1
        self._numbering(seal)
        self._tree(seal, members)
        head = head_of(
            seal["previous_head"], seal["root"], seal["count"], seal["first_event_id"], seal["last_event_id"]
        )
        if head != seal["head"] or not self._signed(seal):
            text = f"Seal {seal['number']} was altered: its signature does not fit."
            self._report.add(Kind.SEAL_ALTERED, seal["number"], text)
        self._before = seal
        self._report.sealed_to = seal["sealed_at"]

    def orphans(self, number: int, count: int) -> None:
        """Entries of a seal that is not there."""
        self._report.add(Kind.SEAL_MISSING, number, f"Seal {number} is missing; {count} entries of it are left.")

    def _signed(self, seal: Row) -> bool:
        return _signed(self._public_key, seal["number"], seal["sealed_at"], seal["head"], seal["signature"])

    def _numbering(self, seal: Row) -> None:
        number, before = seal["number"], self._before
        expected = before["number"] + 1 if before is not None else 1
        if number != expected:
            missing = f"Seal {expected} is" if number == expected + 1 else f"Seals {expected} to {number - 1} are"
            self._report.add(Kind.SEAL_MISSING, expected, f"{missing} missing.")
        elif seal["previous_head"] != (before["head"] if before is not None else FIRST_PREVIOUS):
            self._report.add(Kind.SEAL_ALTERED, number, f"Seal {number} does not continue the seal before it.")
        if before is not None and seal["sealed_at"] < before["sealed_at"]:
            self._report.note(f"The clock went back between seal {before['number']} and seal {number}.")

    def _tree(self, seal: Row, members: Iterator[Row]) -> None:
        tree, first, last, in_order = Tree(), None, None, True
        for place, member in enumerate(members):
            tree.add(bytes(member["leaf"]))
            in_order = in_order and member["position"] == place
            first, last = first or member["event_id"], member["event_id"]
        number = seal["number"]
        if tree.count != seal["count"] or not in_order:
            text = (
                f"Seal {number} covers {seal['count']} events; {tree.count} entries are there, or not in their places."
            )
            self._report.add(Kind.SEAL_INCOMPLETE, number, text)
        elif tree.root() != seal["root"] or (first, last) != (seal["first_event_id"], seal["last_event_id"]):
            text = f"The entries of seal {number} are not the ones it was made over."
            self._report.add(Kind.MEMBER_ALTERED, number, text)


class _Anchors:
    """Walks through the anchor file beside the seals."""

    def __init__(self, path: Path, end: int, public_key: Ed25519PublicKey, report: Report) -> None:
        self._path, self._end, self._public_key, self._report = path, end, public_key, report
        self._lines = self._genuine(anchor.lines(path, 0, end))
        self._next = next(self._lines, None)
        self._missing: range = range(0)
        """Numbers of the seals in a row that have no line."""

    def match(self, seal: Row) -> None:
        """Find the line of a seal."""
        while self._next is not None and (self._next.seal or 0) < seal["number"]:
            self._next = next(self._lines, None)  # a line written twice; what is not genuine never comes this far
        if self._next is None or self._next.seal != seal["number"]:
            self._missing = range(self._missing.start if self._missing else seal["number"], seal["number"] + 1)
            return
        self._report_missing()
        self._report.counts["anchors"] += 1
        if json.loads(self._next.text)["head"] != seal["head"].hex():
            text = f"Seal {seal['number']} is not the one that line {self._next.place} of the anchor file vouches for."
            self._report.add(Kind.SEAL_ALTERED, seal["number"], text)
        self._next = next(self._lines, None)

    def finish(self) -> None:
        """After the last seal: lines whose seals are gone, and seals that have no line yet."""
        while self._next is not None:
            text = (
                f"Seal {self._next.seal} is in the anchor file (line {self._next.place}) but not in the database: "
                "the newest records were removed, or an older copy of the database was put in place."
            )
            self._report.add(Kind.ROLLED_BACK, self._next.seal, text)
            self._next = next(self._lines, None)
        for line in self._genuine(anchor.lines(self._path, self._end, None)):  # written while the check ran
            if self._missing and line.seal == self._missing.start:
                self._missing = self._missing[1:]
        if len(self._missing) == 1:
            self._report.note(f"Seal {self._missing.start} has no line in the anchor file yet; the next run writes it.")
        else:
            self._report_missing()

    def _report_missing(self) -> None:
        if self._missing:
            first, last = self._missing.start, self._missing[-1]
            which = f"seal {first}" if first == last else f"seals {first} to {last}"
            self._report.add(Kind.ANCHOR_MISSING, first, f"The anchor file has no line for {which}.")
        self._missing = range(0)

    def _genuine(self, lines: Iterator[anchor.Line]) -> Iterator[anchor.Line]:
        """The lines that bear a good signature; a word about the others."""
        fragment: anchor.Line | None = None
        for line in lines:
            if fragment is not None and not line.text.startswith(fragment.text):
                self._altered(fragment)
            fragment = None
            if line.seal is None:
                fragment = line  # an interrupted write, if the whole line follows or nothing does
            elif self._good(line):
                yield line
            else:
                self._altered(line)
        if fragment is not None and fragment.ended:
            self._altered(fragment)
        elif fragment is not None:
            self._report.note(f"Line {fragment.place} of the anchor file was not written to its end.")

    def _good(self, line: anchor.Line) -> bool:
        try:
            told = json.loads(line.text)
            moment = datetime.fromisoformat(told["sealed_at"])
            signature, head = bytes.fromhex(told["signature"]), bytes.fromhex(told["head"])
            return _signed(self._public_key, told["seal"], moment, head, signature)
        except (ValueError, TypeError, KeyError):
            return False

    def _altered(self, line: anchor.Line) -> None:
        self._report.add(Kind.ANCHOR_ALTERED, line.place, f"Line {line.place} of the anchor file was altered.")


def _signed(public_key: Ed25519PublicKey, number: Any, sealed_at: datetime, head: bytes, signature: bytes) -> bool:
    try:
        public_key.verify(signature, signed_bytes(number, sealed_at, head))
    except InvalidSignature:
        return False
    return True
