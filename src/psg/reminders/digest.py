"""The words of the weekday digest: what is overdue, what is due, and one link."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from psg.access.viewer import Viewer
from psg.reminders import kinds
from psg.reminders.models import Obligation
from psg.reminders.rules import MOST_LINES, digest_subject

_WHY = "You get this on working days when something of yours is due."


def still_wanted(
    viewer: Viewer, obligations: Iterable[Obligation], records: Mapping[uuid.UUID, Any], *, muted: bool
) -> list[Obligation]:
    """Of the frozen lines those that the person still owes, may see, and has not switched off; by date."""
    kept = [obligation for obligation in obligations if _wanted(viewer, obligation, records, muted=muted)]
    return sorted(kept, key=lambda obligation: (obligation.due_on, obligation.reference, obligation.id))


def _wanted(viewer: Viewer, obligation: Obligation, records: Mapping[uuid.UUID, Any], *, muted: bool) -> bool:
    if obligation.settled_at is not None or viewer.standing(obligation.partnership_id) is None:
        return False
    kind, record = kinds.obligation_kind(obligation.kind), records.get(obligation.id)
    if kind is None or record is None or (muted and not kind.always):
        return False
    return kind.wanted(viewer, obligation, record)


def digest(obligations: Sequence[Obligation], today: date) -> kinds.Message:
    """The message for these lines, of which there is at least one."""
    sections: dict[str, list[str]] = {}
    for obligation in obligations:
        kind = _kind(obligation)
        heading = kind.heading or ("Overdue" if obligation.due_on < today else "Due")
        sections.setdefault(heading, []).append(kind.line(obligation, today))
    paragraphs: list[str | list[str]] = []
    left, room = 0, MOST_LINES
    for heading, lines in sections.items():
        shown, left, room = lines[:room], left + len(lines[room:]), max(0, room - len(lines))
        if shown:
            paragraphs += [f"{heading}:", shown]
    if left:
        paragraphs.append(f"and {left} more")
    paragraphs.append("See them:" if len(obligations) > 1 else "See it:")
    return kinds.Message(
        subject=f"PSG: {_subject(obligations, today)}", paragraphs=paragraphs, link=_link(obligations), why=_WHY
    )


def most_of(obligations: Sequence[Obligation]) -> uuid.UUID:
    """The partnership that most lines come from: an answer goes to its coordinator."""
    return Counter(obligation.partnership_id for obligation in obligations).most_common(1)[0][0]


def _subject(obligations: Sequence[Obligation], today: date) -> str:
    only = {obligation.kind for obligation in obligations}
    kind = _kind(obligations[0])
    if len(only) == 1 and kind.subject is not None:
        return kind.subject(len(obligations))
    return digest_subject([obligation.due_on for obligation in obligations], today)


def _link(obligations: Sequence[Obligation]) -> str:
    return obligations[0].path or "/my-work" if len(obligations) == 1 else "/my-work"


def _kind(obligation: Obligation) -> kinds.ObligationKind:
    kind = kinds.obligation_kind(obligation.kind)
    if kind is None:
        raise LookupError(f"no feature knows reminders of kind {obligation.kind}")
    return kind
