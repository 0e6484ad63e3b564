"""Deciding again, at the moment of sending: is the person still there, still entitled, and is it still owed?"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from psg import clock
from psg.access.viewer import Viewer
from psg.db import db
from psg.reminders import digest, kinds
from psg.reminders.models import Delivery, DeliveryLine, Obligation


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


def letter_for(delivery: Delivery) -> Letter:
    """What a delivery says now; raises NotWanted or KindNotKnown."""
    viewer, known = kinds.viewer_of(delivery.user_id), kinds.address_of(delivery.user_id)
    if viewer is None or known is None:
        raise NotWanted("account not active")
    if delivery.kind == kinds.DIGEST:
        return _digest_letter(delivery, viewer, *known)
    message = _message(delivery, viewer)
    reply_to = kinds.contact_of(delivery.partnership_id) if delivery.partnership_id else ""
    return Letter(message, *known, reply_to)


def _digest_letter(delivery: Delivery, viewer: Viewer, address: str, first_name: str) -> Letter:
    lines = _lines(delivery.id)
    kept = digest.still_wanted(viewer, lines)
    dropped = sorted({line.id for line in lines} - {line.id for line in kept})
    if not kept:
        raise NotWanted("nothing left to say", dropped)
    return Letter(digest.digest(kept, clock.today()), address, first_name, digest.reply_to(kept), dropped)


def _message(delivery: Delivery, viewer: Viewer) -> kinds.Message:
    kind = kinds.message_kind(delivery.kind)
    if kind is None:
        raise KindNotKnown
    if delivery.partnership_id and kind.needs_place and viewer.standing(delivery.partnership_id) is None:
        raise NotWanted("no longer a member")
    if not kind.wanted(viewer, delivery):
        raise NotWanted("no longer wanted")
    return kind.render(viewer, delivery)


def _lines(delivery_id: uuid.UUID) -> list[Obligation]:
    """The obligations of a digest whose lines have not been dropped."""
    same = and_(DeliveryLine.partnership_id == Obligation.partnership_id, DeliveryLine.obligation_id == Obligation.id)
    statement = (
        select(Obligation)
        .join(DeliveryLine, same)
        .where(DeliveryLine.delivery_id == delivery_id, DeliveryLine.dropped.is_(False))
    )
    return list(db.session.scalars(statement, execution_options={"populate_existing": True}))
