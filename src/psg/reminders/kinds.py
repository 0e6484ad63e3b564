"""The kinds of reminder and message. Each feature describes its own; create_app registers them, one line each.

What reminders need to know of people and partnerships stands above this package and is connected by create_app too.
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psg.access.viewer import Viewer
from psg.reminders.models import Obligation
from psg.reminders.outgoing import Outgoing
from psg.web.words import long_date

DIGEST = "digest"
"""The kind of the weekday digest, which this package writes itself."""


@dataclass(frozen=True)
class Message:
    """What is to be said. No names but the recipient's own first name, no case text: counts, references, dates, a link.

    paragraphs: text, or a sequence of texts for a list.
    link: a path below the base address, or a whole address; shown on a line of its own after the paragraphs.
    ics: a calendar file to go with it. why: the foot's first line. keep_body: False where the text holds a token.
    """

    subject: str
    paragraphs: Sequence[str | Sequence[str]]
    ics: str | bytes | None = None
    keep_body: bool = True
    link: str = ""
    why: str = "You get this because you work with PSG."


@dataclass(frozen=True)
class ObligationKind:
    """Something owed by a date.

    line(obligation, today): its words in a digest, such as "action 1 of EC-7QK4-M2, due Monday 16 November".
    next_after(obligation, told_on): the local date of the next reminder, None for none.
    records(obligations): what `wanted` needs to know of their records, by the obligation's id, read for very many at
    once in a few queries; what is missing is owed no longer.
    wanted(viewer, obligation, record): whether this person still owes it and may see it. Reads nothing.
    own_message: a message of its own in place of a line in the digest; register a MessageKind with the same code.
    always: goes out even to somebody who has switched their digest off.
    heading: the list it stands in within a digest; "" for Overdue and Due.
    subject(count): the digest's subject when it holds nothing else, such as "2 case reviews due".
    label: what the deliveries page calls it.
    """

    code: str
    line: Callable[[Obligation, date], str]
    next_after: Callable[[Obligation, date], date | None]
    records: Callable[[Sequence[Obligation]], Mapping[uuid.UUID, Any]]
    wanted: Callable[[Viewer, Obligation, Any], bool]
    own_message: bool = False
    always: bool = False
    heading: str = ""
    subject: Callable[[int], str] | None = None
    label: str = ""


@dataclass(frozen=True)
class MessageKind:
    """A message to one person.

    wanted(viewer, delivery): whether it is still to be sent. render(viewer, delivery): its words.
    needs_place: whether the person must be an active member of the delivery's partnership (not so for invitations).
    """

    code: str
    wanted: Callable[[Viewer, Outgoing], bool]
    render: Callable[[Viewer, Outgoing], Message]
    needs_place: bool = True
    label: str = ""


def due_line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - the shape of every kind's `line`
    """The usual words: what a message may call it, and its date."""
    return f"{obligation.reference}, due {long_date(obligation.due_on)}"


def themselves(obligations: Sequence[Obligation]) -> Mapping[uuid.UUID, Obligation]:
    """The `records` of a kind whose obligations say all there is to know."""
    return {obligation.id: obligation for obligation in obligations}


@dataclass(frozen=True)
class Recipient:
    """Somebody with an account that may be written to."""

    viewer: Viewer
    """The person as the rules see them now, even before they accept their invitation."""
    muted: bool = False
    """Whether the digest is switched off."""


def _unconnected(*_: Any, **__: Any) -> Any:
    raise RuntimeError("create_app has not connected the reminders")


@dataclass(frozen=True, kw_only=True)
class Directory:
    """What reminders ask about people and partnerships."""

    recipients: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Recipient]] = _unconnected
    """Those of these people who may still be written to, read afresh in a few queries."""
    holders: Callable[[uuid.UUID, str, uuid.UUID | None, uuid.UUID | None], Sequence[uuid.UUID]] = _unconnected
    """User ids who actively hold a role: (partnership, role, group, agency)."""
    settings_for: Callable[[uuid.UUID, uuid.UUID | None], Mapping[str, Any]] = _unconnected
    """Settings of a partnership or of one of its groups: the codes of reference/reminder-defaults.yaml."""
    contact_of: Callable[[uuid.UUID], str] = lambda _: ""
    """The coordinator's mailbox of a partnership; "" for none."""


@dataclass
class _Registry:
    obligations: dict[str, ObligationKind] = field(default_factory=dict)
    messages: dict[str, MessageKind] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)


_registry = _Registry()


def register(*kinds: ObligationKind | MessageKind) -> None:
    """Make kinds known. The same one may come twice; two different ones under one code are a mistake."""
    for kind in kinds:
        if isinstance(kind, ObligationKind):
            _put(_registry.obligations, kind.code, kind)
        else:
            _put(_registry.messages, kind.code, kind)


def _put(known: dict[str, Any], code: str, kind: object) -> None:
    if known.setdefault(code, kind) != kind:
        raise ValueError(f"two different kinds of reminder are called {code}")


def connect(directory: Directory) -> None:
    """Say where people and partnerships are looked up."""
    _registry.directory = directory


def obligation_kind(code: str) -> ObligationKind | None:
    """The kind of an obligation, None when no feature knows it any more."""
    return _registry.obligations.get(code)


def message_kind(code: str) -> MessageKind | None:
    """The kind of a message, None when no feature knows it any more."""
    return _registry.messages.get(code)


def codes() -> list[str]:
    """Every kind of delivery there may be, for filters."""
    return sorted({DIGEST, *_registry.messages})


def label(code: str) -> str:
    """What a page calls a kind."""
    if code == DIGEST:
        return "Weekday digest"
    kind = _registry.messages.get(code) or _registry.obligations.get(code)
    return (kind.label if kind else "") or code.replace("-", " ").replace("_", " ").capitalize()


def recipients(user_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Recipient]:
    """Those of these people who may be written to, as the access rules see them now."""
    return _registry.directory.recipients(user_ids)


def holders(
    partnership_id: uuid.UUID, role: str, group_id: uuid.UUID | None = None, agency_id: uuid.UUID | None = None
) -> list[uuid.UUID]:
    """Who holds a role, in a group and for an agency where given."""
    return list(_registry.directory.holders(partnership_id, role, group_id, agency_id))


def settings_for(partnership_id: uuid.UUID, group_id: uuid.UUID | None = None) -> Mapping[str, Any]:
    """When people are reminded, in a partnership or one of its groups."""
    return _registry.directory.settings_for(partnership_id, group_id)


def contact_of(partnership_id: uuid.UUID) -> str:
    """The coordinator's mailbox, "" for none."""
    return _registry.directory.contact_of(partnership_id)
