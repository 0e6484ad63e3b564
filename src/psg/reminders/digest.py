"""The words of the weekday digest: what is overdue, what is due, and one link."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from psg.access.viewer import Viewer
from psg.reminders import kinds
from psg.reminders.models import Obligation
from psg.reminders.rules import MOST_LINES, digest_subject

_WHY = "You get this on working days when something of yours is due."


def still_wanted(viewer: Viewer, obligations: Iterable[Obligation]) -> list[Obligation]:
    """Of the frozen lines those that the person still owes, may see, and has not switched off; by date."""
    by_kind: dict[str, list[Obligation]] = {}
    for obligation in obligations:
        if obligation.settled_at is None and viewer.standing(obligation.partnership_id) is not None:
            by_kind.setdefault(obligation.kind, []).append(obligation)
    muted = kinds.digest_muted(viewer.user_id) if by_kind else False
    kept: list[Obligation] = []
    for code, rows in by_kind.items():
        kind = kinds.obligation_kind(code)
        if kind is not None and (kind.always or not muted):
            wanted = set(kind.wanted(viewer, rows))
            kept += [obligation for obligation in rows if obligation.id in wanted]
    return sorted(kept, key=lambda obligation: (obligation.due_on, obligation.reference, obligation.id))


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


def reply_to(obligations: Sequence[Obligation]) -> str:
    """The coordinator's mailbox of the partnership that most lines come from."""
    counts: Mapping[uuid.UUID, int] = Counter(obligation.partnership_id for obligation in obligations)
    return kinds.contact_of(max(counts, key=lambda partnership_id: counts[partnership_id]))


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
