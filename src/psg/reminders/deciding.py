"""Deciding again, when messages are about to go: is the person still there, still entitled, and is it still owed?

What deciding needs is read for many messages at once; the drain reads anew when it has grown old.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, bindparam, select

from psg import clock
from psg.access.viewer import Viewer
from psg.db import db
from psg.reminders import digest, kinds
from psg.reminders.models import DeliveryLine, Obligation
from psg.reminders.outgoing import Outgoing

_FRESH_SECONDS = 5
"""For so long a decision may lie before its message goes."""


class NotWanted(Exception):
    """Nothing is to be sent any more."""

    def __init__(self, reason: str, dropped: Sequence[uuid.UUID] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.dropped = dropped


class KindNotKnown(Exception):
    """No feature of this version knows the kind: a newer version wrote it."""


@dataclass(frozen=True)
class Letter:
    """What is to be said to whom."""

    message: kinds.Message
    address: str
    first_name: str
    reply_to: str
    dropped: Sequence[uuid.UUID] = ()
    """Obligations whose lines are left out."""


@dataclass(frozen=True)
class Knowledge:
    """What was read for some deliveries, moments ago."""

    covers: frozenset[uuid.UUID]
    recipients: Mapping[uuid.UUID, kinds.Recipient]
    lines: Mapping[uuid.UUID, Sequence[Obligation]]
    """Of each digest the obligations whose lines have not been dropped."""
    records: Mapping[uuid.UUID, Any]
    """By obligation."""
    read_at: float = field(default_factory=lambda: time.monotonic())
    contacts: dict[uuid.UUID, str] = field(default_factory=dict)

    def good_for(self, delivery: Outgoing) -> bool:
        """Whether a delivery may be decided by it now."""
        return delivery.id in self.covers and time.monotonic() - self.read_at < _FRESH_SECONDS

    def contact_of(self, partnership_id: uuid.UUID) -> str:
        """The coordinator's mailbox of a partnership."""
        if partnership_id not in self.contacts:
            self.contacts[partnership_id] = kinds.contact_of(partnership_id)
        return self.contacts[partnership_id]


def learn(deliveries: Sequence[Outgoing]) -> Knowledge:
    """Read what deciding about these deliveries takes: a few queries, however many there are."""
    recipients = kinds.recipients({delivery.user_id for delivery in deliveries})
    lines = _lines([delivery.id for delivery in deliveries if delivery.kind == kinds.DIGEST])
    by_kind: dict[str, dict[uuid.UUID, Obligation]] = {}
    for owed in lines.values():
        for obligation in owed:
            if obligation.settled_at is None:
                by_kind.setdefault(obligation.kind, {})[obligation.id] = obligation
    records: dict[uuid.UUID, Any] = {}
    for code, obligations in by_kind.items():
        kind = kinds.obligation_kind(code)
        if kind is not None:
            records |= kind.records(list(obligations.values()))
    return Knowledge(frozenset(delivery.id for delivery in deliveries), recipients, lines, records)


def letter_for(delivery: Outgoing, known: Knowledge) -> Letter:
    """What a delivery says now; raises NotWanted or KindNotKnown."""
    recipient = known.recipients.get(delivery.user_id)
    if recipient is None:
        raise NotWanted("account not active")
    if delivery.kind == kinds.DIGEST:
        return _digest_letter(delivery, recipient, known)
    viewer = recipient.viewer
    message = _message(delivery, viewer)
    reply_to = known.contact_of(delivery.partnership_id) if delivery.partnership_id else ""
    return Letter(message, viewer.email, viewer.first_name, reply_to)


def _digest_letter(delivery: Outgoing, recipient: kinds.Recipient, known: Knowledge) -> Letter:
    lines, viewer = known.lines.get(delivery.id, ()), recipient.viewer
    kept = digest.still_wanted(viewer, lines, known.records, muted=recipient.muted)
    dropped = sorted({line.id for line in lines} - {line.id for line in kept})
    if not kept:
        raise NotWanted("nothing left to say", dropped)
    reply_to = known.contact_of(digest.most_of(kept))
    return Letter(digest.digest(kept, clock.today()), viewer.email, viewer.first_name, reply_to, dropped)


def _message(delivery: Outgoing, viewer: Viewer) -> kinds.Message:
    kind = kinds.message_kind(delivery.kind)
    if kind is None:
        raise KindNotKnown
    if delivery.partnership_id and kind.needs_place and viewer.standing(delivery.partnership_id) is None:
        raise NotWanted("no longer a member")
    if not kind.wanted(viewer, delivery):
        raise NotWanted("no longer wanted")
    return kind.render(viewer, delivery)


_LINES = (
    select(DeliveryLine.delivery_id, Obligation)
    .join(
        Obligation,
        and_(DeliveryLine.partnership_id == Obligation.partnership_id, DeliveryLine.obligation_id == Obligation.id),
    )
    .where(DeliveryLine.delivery_id.in_(bindparam("deliveries", expanding=True)), DeliveryLine.dropped.is_(False))
)


def _lines(delivery_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Obligation]]:
    """The obligations of each digest whose lines have not been dropped."""
    lines: dict[uuid.UUID, list[Obligation]] = {}
    if delivery_ids:
        found = db.session.execute(_LINES, {"deliveries": delivery_ids}, execution_options={"populate_existing": True})
        for delivery_id, obligation in found:
            lines.setdefault(delivery_id, []).append(obligation)
    return lines
