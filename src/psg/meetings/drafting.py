"""What somebody types on the page of an item at the meeting, sealed until it is recorded.

Of a case it lies under the case's key, beside the other pages that are being written about it, and is erased with it;
of a standing item it lies under the meeting's key.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from psg import clock
from psg.access import Viewer
from psg.cases.drafting import CasePage, Fields
from psg.cases.models import NoteDraft
from psg.cases.rules import DRAFT_KEPT
from psg.db import db
from psg.ids import new_id
from psg.meetings.loaders import Found
from psg.meetings.models import AgendaItem, ItemDraft, Meeting


@dataclass(frozen=True)
class SectionPage:
    """The page of a standing item, as one person writes on it."""

    item: AgendaItem
    by: Viewer

    @property
    def held(self) -> AgendaItem:
        """What is locked while its draft changes."""
        return self.item

    def find(self) -> ItemDraft | None:
        """What they have begun to write."""
        statement = select(ItemDraft).where(
            ItemDraft.partnership_id == self.item.partnership_id,
            ItemDraft.item_id == self.item.id,
            ItemDraft.user_id == self.by.user_id,
        )
        return db.session.scalar(statement)

    def keep(self, fields: Fields) -> None:
        """Keep what is being written, in place of what was kept before. Inside `transaction()`."""
        draft = self.find()
        if draft is None:
            draft = ItemDraft(
                partnership_id=self.item.partnership_id,
                id=new_id(),
                meeting_id=self.item.meeting_id,
                item_id=self.item.id,
                user_id=self.by.user_id,
                saved_at=clock.now(),
            )
            db.session.add(draft)
        draft.fields = dict(fields)
        draft.saved_at = clock.now()
        db.session.flush()

    def discard(self) -> None:
        """Forget it: it has been recorded, or is not wanted. Inside `transaction()`."""
        if (draft := self.find()) is not None:
            db.session.delete(draft)
            db.session.flush()


def page_of(found: Found, by: Viewer) -> CasePage | SectionPage:
    """Where what a person types about an item is kept."""
    return SectionPage(found.item, by) if found.case is None else CasePage(found.case, _code(found.item.id), by)


def begun(meeting: Meeting, item_ids: Sequence[uuid.UUID], by: Viewer) -> list[uuid.UUID]:
    """Those of a meeting's items that a person has typed something on and not recorded it."""
    codes = {_code(item_id): item_id for item_id in item_ids}
    on_cases = select(NoteDraft.page).where(
        NoteDraft.partnership_id == meeting.partnership_id,
        NoteDraft.user_id == by.user_id,
        NoteDraft.page.in_(codes),
    )
    on_sections = select(ItemDraft.item_id).where(
        ItemDraft.partnership_id == meeting.partnership_id,
        ItemDraft.user_id == by.user_id,
        ItemDraft.meeting_id == meeting.id,
    )
    found = {codes[page] for page in db.session.scalars(on_cases)} | set(db.session.scalars(on_sections))
    return [item_id for item_id in item_ids if item_id in found]


def _code(item_id: uuid.UUID) -> str:
    return f"item-{item_id}"


def forget_old() -> None:
    """Drop what nobody came back to. Inside `transaction()`."""
    db.session.execute(delete(ItemDraft).where(ItemDraft.saved_at < clock.now() - DRAFT_KEPT))
