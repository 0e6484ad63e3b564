"""The message of partnerships: that somebody with an account has been added to another one."""

from psg.access import Viewer
from psg.db import db
from psg.partnerships.inviting import ADDED
from psg.partnerships.models import Partnership
from psg.reminders.kinds import Message, MessageKind
from psg.reminders.models import Delivery


def _still_a_member(viewer: Viewer, delivery: Delivery) -> bool:
    return delivery.partnership_id is not None and viewer.standing(delivery.partnership_id) is not None


def _added(_viewer: Viewer, delivery: Delivery) -> Message:
    partnership = db.session.get(Partnership, delivery.partnership_id)
    if partnership is None:
        raise LookupError("the partnership is gone")
    return Message(
        subject=f"PSG: you now work with {partnership.name}",
        paragraphs=[f"You have been added to {partnership.name}. Sign in with the account that you have."],
        link=f"/{partnership.slug}/",
        why="You get this because you were added to a partnership.",
    )


ADDED_TO_PARTNERSHIP = MessageKind(code=ADDED, wanted=_still_a_member, render=_added, label="Added to a partnership")

KINDS = (ADDED_TO_PARTNERSHIP,)
