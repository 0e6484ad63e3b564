"""A person's own part of my work, over all their partnerships at once: a fixed number of queries whatever there is."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all

from psg import clock
from psg.access import Role, Standing, Viewer
from psg.accounts import sessions
from psg.accounts.models import UserSession
from psg.actions import lists as actions
from psg.actions import queries as action_queries
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases import queries as cases
from psg.cases.drafting import LAST_WRITTEN
from psg.cases.models import Case, Event
from psg.cases.next_step import Situation, next_step
from psg.cases.reminding import DECISION_DUE
from psg.cases.rules import CaseState, Tone, kept_until
from psg.crypto import datakeys, open_rows
from psg.crypto.datakeys import DataKey
from psg.db import db
from psg.meetings.models import Meeting
from psg.partnerships.models import Group
from psg.web.words import plural
from psg.worklist.figures import NO_GROUP

LEAD, DRAFT, REFERRAL, SENT, CHANGED, OWNED = "lead", "draft", "referral", "sent", "changed", "owned"
_MOST = {LEAD: 30, DRAFT: 10, REFERRAL: 20, SENT: 20, CHANGED: 10, OWNED: 60}


@dataclass(frozen=True)
class CaseLine:
    """A case as my work shows it."""

    place: Standing
    id: uuid.UUID
    reference: str
    title: str
    state: CaseState
    band: str
    tone: Tone
    direction: int
    assessed_at: datetime | None
    review_on: date | None
    sent_at: datetime | None
    created_at: datetime
    closure_proposed: bool
    at_risk_now: bool
    removed_on: date
    """The day on which it is deleted if it is a draft that nobody goes on with."""
    group: str
    decision_due: date | None
    """The day by which a referral's deciders owe a decision; None when nothing is to be decided."""
    notes: int
    """How many notes others have entered since the person's last visit."""

    @property
    def href(self) -> str:
        """Its page."""
        return f"/{self.place.slug}/cases/{self.reference}"


@dataclass(frozen=True)
class DueLine:
    """An action of this person."""

    place: Standing
    action: actions.ActionRow
    meeting_on: date | None


@dataclass(frozen=True)
class LedLine:
    """A case that this person leads, and what to do next."""

    case: CaseLine
    step: str
    href: str
    """Where the step begins; "" when that is the case's page."""


@dataclass(frozen=True)
class News:
    """What others did on a case since this person was last here."""

    case: CaseLine
    words: str


@dataclass(frozen=True)
class Own:
    """Everything of a person's own."""

    due: list[DueLine]
    cases: list[LedLine]
    drafts: list[CaseLine]
    referrals: list[CaseLine]
    """Referrals that they may decide."""
    sent: list[CaseLine]
    """Referrals of their own that wait for somebody else's decision."""
    since: datetime | None
    news: list[News]

    def shown(self) -> defaultdict[uuid.UUID, set[uuid.UUID]]:
        """The cases on the page by partnership, for the audit."""
        found: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        on_cases = [*(led.case for led in self.cases), *(item.case for item in self.news)]
        for line in (*on_cases, *self.drafts, *self.referrals, *self.sent):
            found[line.place.partnership_id].add(line.id)
        for due in self.due:
            found[due.place.partnership_id].add(due.action.case_id)
        return found


def own_work(viewer: Viewer) -> Own:
    """What this person has to do, leads, has begun, may decide, and has missed."""
    places = {place.partnership_id: place for place in viewer.standings.values() if place.agreement_signed}
    since = last_visit(viewer)
    found = _cases(viewer, places, since)
    rows = actions.mine(viewer)
    meetings = _meeting_dates({row.meeting_id for row in rows if row.meeting_id})
    late = action_queries.overdue_in([line.id for line in found[LEAD]])
    deciding = {line.id for line in found[REFERRAL]}
    return Own(
        due=[DueLine(places[row.partnership_id], row, meetings.get(row.meeting_id)) for row in rows],
        cases=[_led(line, late.get(line.id, ())) for line in found[LEAD]],
        drafts=found[DRAFT],
        referrals=sorted(found[REFERRAL], key=lambda line: not line.at_risk_now),
        sent=[line for line in found[SENT] if line.id not in deciding],
        since=since,
        news=_news(found[CHANGED], since),
    )


def last_visit(viewer: Viewer) -> datetime | None:
    """When this person was last here, in an earlier session; None for the first time."""
    now = sessions.current()
    statement = select(func.max(UserSession.seen_at)).where(UserSession.user_id == viewer.user_id)
    if now is not None:
        statement = statement.where(UserSession.id_hash != now.id_hash)
    return db.session.scalar(statement)


def may_decide(places: Iterable[Standing]) -> ColumnElement[bool] | None:
    """Which sent cases this person may decide: their partnership's as coordinator, their group's as chair."""
    ways: list[ColumnElement[bool]] = []
    for place in places:
        if Role.COORDINATOR in place.roles:
            ways.append(Case.partnership_id == place.partnership_id)
        elif chairs := [group for group, held in place.groups.items() if Role.CHAIR in held]:
            ways.append(and_(Case.partnership_id == place.partnership_id, Case.group_id.in_(chairs)))
    return or_(*ways) if ways else None


def _cases(viewer: Viewer, places: dict[uuid.UUID, Standing], since: datetime | None) -> dict[str, list[CaseLine]]:
    """The cases of every block in one query, their keys with them."""
    found: dict[str, list[CaseLine]] = {kind: [] for kind in _MOST}
    if not places:
        return found
    here = Case.partnership_id.in_(list(places))
    sight = or_(*(cases.visible(viewer, place) for place in places.values()))
    parts = [
        _pick(LEAD, Case.review_on, here, Case.state == CaseState.OPEN, Case.lead_officer_id == viewer.user_id),
        _pick(DRAFT, Case.created_at, here, Case.state == CaseState.DRAFT, Case.referrer_id == viewer.user_id),
        _pick(SENT, Case.sent_at, here, Case.state == CaseState.SENT, Case.referrer_id == viewer.user_id),
        _pick(OWNED, Case.id, here, Case.state == CaseState.OPEN, _owns_an_action(viewer, places)),
    ]
    if (decided := may_decide(places.values())) is not None:
        parts.append(_pick(REFERRAL, Case.sent_at, Case.state == CaseState.SENT, decided))
    if since is not None:
        accepted = Case.state.in_((CaseState.OPEN, CaseState.CLOSED))
        changed = (here, accepted, Case.last_activity_at > since, sight)
        parts.append(_pick(CHANGED, Case.last_activity_at.desc(), *changed))
    picked = union_all(*parts).subquery()
    statement = (
        select(picked.c.kind, *_COLUMNS, _notes_of_others(viewer, since).label("notes"))
        .join(Case, and_(Case.partnership_id == picked.c.partnership_id, Case.id == picked.c.id))
        .outerjoin(Group, and_(Group.partnership_id == Case.partnership_id, Group.id == Case.group_id))
        .outerjoin(DataKey, and_(DataKey.partnership_id == Case.partnership_id, DataKey.id == Case.id))
        .where(sight)
        .order_by(Case.review_on, Case.sent_at, Case.id)
    )
    rows = db.session.execute(statement).all()
    for partnership_id, place in places.items():
        for kind, line in _open([row for row in rows if row.partnership_id == partnership_id], place):
            found[kind].append(line)
    return found


_SEALED_TITLE: Any = Case.title.column
_SEALED_REFERRAL: Any = Case.referral.column
_COLUMNS: tuple[Any, ...] = (
    Case.partnership_id,
    Case.id,
    Case.reference,
    Case.state,
    Case.band,
    Case.band_tone,
    Case.band_direction,
    Case.assessed_at,
    Case.review_on,
    Case.sent_at,
    Case.created_at,
    Case.closure_proposed_at,
    Case.last_activity_at,
    LAST_WRITTEN.label("last_written"),
    Group.name.label("group"),
    DECISION_DUE.label("decision_due"),
    _SEALED_TITLE.label("title_sealed"),
    _SEALED_REFERRAL.label("referral_sealed"),
    DataKey.id.label("key_id"),
    DataKey.kind.label("key_kind"),
    DataKey.kek_id,
    DataKey.wrapped,
)


def _pick(kind: str, order: Any, *where: ColumnElement[bool]) -> Any:
    some = select(Case.partnership_id, Case.id).where(*where).order_by(order).limit(_MOST[kind]).subquery()
    return select(literal(kind).label("kind"), some.c.partnership_id, some.c.id)


def _owns_an_action(viewer: Viewer, places: Iterable[uuid.UUID]) -> ColumnElement[bool]:
    owned = select(Action.case_id).where(
        Action.partnership_id.in_(list(places)),
        Action.owner_id == viewer.user_id,
        Action.state == ActionState.OPEN,
    )
    owns: ColumnElement[bool] = Case.id.in_(owned)
    return owns


def _open(rows: Sequence[Any], place: Standing) -> Iterable[tuple[str, CaseLine]]:
    keys = [(row.key_id, row.key_kind, row.kek_id, row.wrapped) for row in rows if row.key_id is not None]
    datakeys.adopt(place.partnership_id, keys)
    sealed = [(row.id, row.id, row.title_sealed, row.referral_sealed) for row in rows]
    texts = open_rows(place.partnership_id, Case, ("title", "referral"), sealed)
    for row, text in zip(rows, texts, strict=True):
        if text is None:
            continue
        yield (
            row.kind,
            CaseLine(
                place=place,
                id=row.id,
                reference=row.reference,
                title=text[0] or "No title yet",
                state=row.state,
                band=row.band or "Not assessed",
                tone=row.band_tone,
                direction=row.band_direction,
                assessed_at=row.assessed_at,
                review_on=row.review_on,
                sent_at=row.sent_at,
                created_at=row.created_at,
                closure_proposed=row.closure_proposed_at is not None,
                at_risk_now=bool((text[1] or {}).get("at_risk_now")),
                removed_on=kept_until(max(row.last_activity_at, row.last_written or row.last_activity_at)),
                group=row.group or NO_GROUP,
                decision_due=row.decision_due,
                notes=row.notes,
            ),
        )


def _led(line: CaseLine, late: Sequence[uuid.UUID]) -> LedLine:
    """The case with its next step; `late` are its overdue actions."""
    step = next_step(
        Situation(
            state=line.state,
            today=clock.today(),
            has_lead=True,
            at_risk_now=line.at_risk_now and line.assessed_at is None,
            overdue_actions=len(late),
            assessed=line.assessed_at is not None,
            closure_proposed=line.closure_proposed,
            review_on=line.review_on,
        )
    )
    if step is None:
        return LedLine(line, "", "")
    actions_page = f"/{line.place.slug}/actions/{late[0]}" if len(late) == 1 else f"{line.href}/actions"
    return LedLine(line, step.text, actions_page if step.where == "actions" else "")


def _meeting_dates(ids: set[uuid.UUID]) -> dict[uuid.UUID | None, date]:
    if not ids:
        return {}
    rows = db.session.execute(select(Meeting.id, Meeting.held_on).where(Meeting.id.in_(ids)))
    return {row.id: row.held_on for row in rows}


def _notes_of_others(viewer: Viewer, since: datetime | None) -> ColumnElement[int]:
    """How many notes others have entered since, as a column of a statement over cases."""
    if since is None:
        return literal(0)
    return (
        select(func.count())
        .where(
            Event.partnership_id == Case.partnership_id,
            Event.case_id == Case.id,
            Event.entered_at > since,
            Event.entered_by != viewer.user_id,
        )
        .correlate(Case)
        .scalar_subquery()
    )


def _news(changed: Sequence[CaseLine], since: datetime | None) -> list[News]:
    if since is None:
        return []
    news = [News(line, _news_words(line, since)) for line in changed]
    return [item for item in news if item.words]


def _news_words(line: CaseLine, since: datetime) -> str:
    words = []
    if line.notes:
        words.append(plural(line.notes, "note"))
    if line.assessed_at is not None and line.assessed_at > since:
        way = {1: "risk up to", -1: "risk down to"}.get(line.direction, "risk assessed:")
        words.append(f"{way} {line.band}")
    if line.state is CaseState.CLOSED:
        words.append("closed")
    return ", ".join(words)
