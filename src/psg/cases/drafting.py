"""Pages that somebody is still writing, kept sealed under the case's key: one draft for each person, case and page.

The page sends what stands in it a few seconds after its writer stops typing. Nothing of it counts as said before the
form itself is sent; then the draft goes. What nobody comes back to is dropped after `DRAFT_KEPT`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from flask import Response, request
from sqlalchemy import delete, func, select

from psg import clock
from psg.access import Viewer
from psg.cases.models import Case, NoteDraft
from psg.cases.rules import DRAFT_KEPT, kept_until
from psg.db import db
from psg.ids import new_id

NOTE, NOW, WHAT, WHY = "note", "now", "what", "why"
Fields = Mapping[str, str | list[str]]

LAST_WRITTEN = (
    select(func.max(NoteDraft.saved_at))
    .where(NoteDraft.partnership_id == Case.partnership_id, NoteDraft.case_id == Case.id)
    .correlate(Case)
    .scalar_subquery()
)
"""When a page of the case was last saved by itself; None for never. It is no activity on the case, whose record says
nothing of pages being written, but a referral is not deleted under the hands of its writer."""

_LONGEST = 60_000
_UNSEEN = frozenset({"csrf_token", "once", "version", "kept_post", "then", "step"})


def assessment(scheme: str) -> str:
    """The page of an assessment by a scheme."""
    return f"risk-{scheme}"


def sent_fields() -> dict[str, str | list[str]]:
    """What stands in the form that a page has just sent to be kept, by field name."""
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in request.form.lists()
        if name not in _UNSEEN and any(values)
    }


def sent_having_seen(version: object) -> Fields:
    """What stands in the form, with the version that its writer has seen: what somebody else saves meanwhile is shown
    to them before they replace it."""
    seen = str(version or "")
    return {**sent_fields(), **({"version": seen} if seen.isdigit() and len(seen) < 10 else {})}


def refused(fields: Fields) -> Response | None:
    """The answer to a page whose fields cannot be kept: too long, or with what no store can carry."""
    words = [word for value in fields.values() for word in ([value] if isinstance(value, str) else value)]
    if sum(map(len, words)) > _LONGEST:
        return Response(status=409)
    return Response(status=422) if any("\x00" in word for word in words) else None


def find(case: Case, by: Viewer, page: str) -> NoteDraft | None:
    """What a person has begun to write on a page of the case."""
    statement = select(NoteDraft).where(
        NoteDraft.partnership_id == case.partnership_id,
        NoteDraft.case_id == case.id,
        NoteDraft.user_id == by.user_id,
        NoteDraft.page == page,
    )
    return db.session.scalar(statement)


def begun(case: Case, by: Viewer) -> set[str]:
    """The pages of the case that a person has begun to write on."""
    statement = select(NoteDraft.page).where(
        NoteDraft.partnership_id == case.partnership_id,
        NoteDraft.case_id == case.id,
        NoteDraft.user_id == by.user_id,
    )
    return set(db.session.scalars(statement))


def keep(case: Case, page: str, fields: Fields, *, by: Viewer) -> None:
    """Keep a page that is being written, in place of what was kept of it before. Inside `transaction()`."""
    draft = find(case, by, page)
    if draft is None:
        draft = NoteDraft(
            partnership_id=case.partnership_id,
            id=new_id(),
            case_id=case.id,
            user_id=by.user_id,
            page=page,
            saved_at=clock.now(),
        )
        db.session.add(draft)
    draft.fields = dict(fields)
    draft.saved_at = clock.now()
    db.session.flush()


def discard(case: Case, page: str, *, by: Viewer) -> None:
    """Forget a page that was being written: it has been sent, or is not wanted. Inside `transaction()`."""
    draft = find(case, by, page)
    if draft is not None:
        db.session.delete(draft)
        db.session.flush()


class DraftPage(Protocol):
    """A page as one person writes on it: where what they write is kept."""

    @property
    def held(self) -> Any:
        """The record that is locked while the draft changes."""

    def keep(self, fields: Fields) -> None:
        """Keep what is being written. Inside `transaction()`."""

    def discard(self) -> None:
        """Forget it. Inside `transaction()`."""


@dataclass(frozen=True)
class CasePage:
    """A page about a case, as one person writes on it."""

    case: Case
    page: str
    by: Viewer

    @property
    def held(self) -> Case:
        """The case."""
        return self.case

    def find(self) -> NoteDraft | None:
        """What they have begun to write."""
        return find(self.case, self.by, self.page)

    def keep(self, fields: Fields) -> None:
        """Keep what is being written. Inside `transaction()`."""
        keep(self.case, self.page, fields, by=self.by)

    def discard(self) -> None:
        """Forget it. Inside `transaction()`."""
        discard(self.case, self.page, by=self.by)


def removed_on(case: Case) -> date:
    """The day on which a referral that has not been sent is deleted if its writer does not go on with it."""
    written_at = db.session.scalar(
        select(LAST_WRITTEN).where(Case.partnership_id == case.partnership_id, Case.id == case.id)
    )
    return kept_until(max(case.last_activity_at, written_at or case.last_activity_at))


def forget_old() -> None:
    """Drop what nobody came back to. Inside `transaction()`."""
    db.session.execute(delete(NoteDraft).where(NoteDraft.saved_at < clock.now() - DRAFT_KEPT))
