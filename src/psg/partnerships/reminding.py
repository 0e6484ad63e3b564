"""The message of partnerships: that somebody with an account has been added to another one."""

from psg.access import Viewer
from psg.db import db
from psg.partnerships.inviting import ADDED, ASKED
from psg.partnerships.models import Partnership
from psg.partnerships.people import waiting_for
from psg.reminders.kinds import Message, MessageKind
from psg.reminders.outgoing import Outgoing


def _still_a_member(viewer: Viewer, delivery: Outgoing) -> bool:
    return delivery.partnership_id is not None and viewer.standing(delivery.partnership_id) is not None


def _added(_viewer: Viewer, delivery: Outgoing) -> Message:
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


def _still_open(viewer: Viewer, delivery: Outgoing) -> bool:
    return any(str(one.member.id) == delivery.details["membership"] for one in waiting_for(viewer.user_id))


def _asked(_viewer: Viewer, delivery: Outgoing) -> Message:
    return Message(
        subject="PSG: you are invited to work with another partnership",
        paragraphs=[
            "You are invited to work with another Community Safety Partnership, or for another agency.",
            "Sign in with the account that you have to read and accept it. Not you? Do nothing.",
        ],
        link=f"/joining/{delivery.details['membership']}",
        why="You get this because somebody entered your address to invite you.",
    )


ASKED_TO_JOIN = MessageKind(code=ASKED, wanted=_still_open, render=_asked, needs_place=False, label="Asked to join")

KINDS = (ADDED_TO_PARTNERSHIP, ASKED_TO_JOIN)
