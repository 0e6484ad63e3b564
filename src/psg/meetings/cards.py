"""What an agenda shows of a case: reference, working title, band. Never a name, an address or a note."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, select
from sqlalchemy import case as sql_case

from psg import clock
from psg.access import Role, Standing, Viewer
from psg.cases.fence import PREPARED, Sight, in_sight, parameters, sight_of
from psg.cases.models import Case, CaseNamed
from psg.cases.rules import CaseState, SubjectKind, Tone
from psg.crypto import datakeys, open_rows
from psg.crypto.datakeys import DataKey
from psg.db import ask, db
from psg.meetings.reasons import LiveCase

ERASED_TITLE = "Erased"


@dataclass(frozen=True)
class Card:
    """A case as a line of an agenda shows it."""

    case_id: uuid.UUID
    reference: str
    title: str
    state: CaseState
    group_id: uuid.UUID | None
    subject_kind: SubjectKind | None
    referrer_agency_id: uuid.UUID
    lead_agency_id: uuid.UUID | None
    lead_officer_id: uuid.UUID | None
    sent_at: datetime | None
    accepted_at: datetime | None
    review_on: date | None
    band: str
    tone: Tone
    band_rank: int
    rose_at: datetime | None
    closure_proposed: bool
    at_risk: bool
    """A referral that nobody has decided yet says that somebody is at risk now."""
    score: str
    """Score in words, such as '18 of 24, up 3'."""
    mine: bool
    """Whether the viewer leads it or owns an action on it."""

    def live(self, **more: Any) -> LiveCase:
        """The part of it that the rules look at."""
        return LiveCase(
            case_id=self.case_id,
            reference=self.reference,
            waiting=self.state is CaseState.SENT,
            about_person=self.subject_kind in (SubjectKind.PERSON, SubjectKind.BOTH),
            about_place=self.subject_kind in (SubjectKind.PLACE, SubjectKind.BOTH),
            referrer_agency_id=self.referrer_agency_id,
            sent_on=_day(self.sent_at),
            sent_at=self.sent_at,
            accepted_on=_day(self.accepted_at),
            review_on=self.review_on,
            band_rank=self.band_rank,
            risk_rose_on=_day(self.rose_at),
            closure_proposed=self.closure_proposed,
            at_risk=self.at_risk,
            **more,
        )


_COLUMNS: tuple[Any, ...] = (
    Case.id,
    Case.reference,
    Case.state,
    Case.group_id,
    Case.subject_kind,
    Case.referrer_agency_id,
    Case.lead_agency_id,
    Case.lead_officer_id,
    Case.sent_at,
    Case.accepted_at,
    Case.review_on,
    Case.band,
    Case.band_tone,
    Case.band_rank,
    Case.band_direction,
    Case.assessed_at,
    Case.closure_proposed_at,
    sql_case((Case.state == CaseState.SENT, Case.referral.column)),
    Case.title.column,
    Case.summary.column,
)


def find(viewer: Viewer, standing: Standing, *where: ColumnElement[bool]) -> dict[uuid.UUID, Card]:
    """Cards of the cases that a person may see and that meet the conditions: one query, however many there are."""
    if not standing.agreement_signed:
        return {}
    statement = _statement(sight_of(viewer, standing), standing.partnership_id, *where)
    return _opened(standing.partnership_id, db.session.execute(statement))


def by_ids(viewer: Viewer, standing: Standing, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Card]:
    """Cards of these cases, as far as the person may see them."""
    if not standing.agreement_signed:
        return {}
    values = {"partnership": standing.partnership_id, "cases": list(case_ids), **parameters(viewer, standing)}
    return _opened(standing.partnership_id, ask(_BY_IDS[Role.COORDINATOR in standing.roles], values))


def _statement(sight: Sight, partnership_id: Any, *where: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            names(sight.user_id).label("mine"),
            DataKey.id,
            DataKey.kind,
            DataKey.kek_id,
            DataKey.wrapped,
            *_COLUMNS,
        )
        .outerjoin(DataKey, and_(DataKey.partnership_id == Case.partnership_id, DataKey.id == Case.id))
        .where(Case.partnership_id == partnership_id, in_sight(sight), *where)
    )


def _opened(partnership_id: uuid.UUID, found: Iterable[Any]) -> dict[uuid.UUID, Card]:
    rows = [tuple(row) for row in found]
    datakeys.adopt(partnership_id, [row[1:5] for row in rows if row[1] is not None])
    return _cards(partnership_id, [row[5:] for row in rows], [bool(row[0]) for row in rows])


def _cards(partnership_id: uuid.UUID, rows: list[Any], mine: list[bool]) -> dict[uuid.UUID, Card]:
    texts = open_rows(partnership_id, Case, ("title", "summary"), [(row[0], row[0], row[-2], row[-1]) for row in rows])
    waiting = [(row[0], row[0], row[-3]) for row in rows if row[-3] is not None]
    opened = open_rows(partnership_id, Case, ("referral",), waiting)
    at_risk = {
        row[0]: bool((text[0] or {}).get("at_risk_now")) for row, text in zip(waiting, opened, strict=True) if text
    }
    cards: dict[uuid.UUID, Card] = {}
    for is_mine, row, text in zip(mine, rows, texts, strict=True):
        (case_id, reference, state, group_id, kind, referrer, agency, officer) = row[:8]
        (sent_at, accepted_at, review_on, band, tone, rank, direction, assessed_at, proposed_at) = row[8:17]
        cards[case_id] = Card(
            case_id=case_id,
            reference=reference,
            title=(text[0] or "No title yet") if text else ERASED_TITLE,
            state=state,
            group_id=group_id,
            subject_kind=kind,
            referrer_agency_id=referrer,
            lead_agency_id=agency,
            lead_officer_id=officer,
            sent_at=sent_at,
            accepted_at=accepted_at,
            review_on=review_on,
            band=band or "Not assessed",
            tone=tone,
            band_rank=rank,
            rose_at=assessed_at if direction > 0 else None,
            closure_proposed=proposed_at is not None,
            at_risk=at_risk.get(case_id, False),
            score=(text[1] or "") if text else "",
            mine=is_mine,
        )
    return cards


def names(user_id: Any) -> ColumnElement[bool]:
    """Cases on which a person is named: lead officer or owner of an action."""
    return (
        select(CaseNamed.case_id)
        .where(
            CaseNamed.partnership_id == Case.partnership_id,
            CaseNamed.case_id == Case.id,
            CaseNamed.user_id == user_id,
        )
        .exists()
    )


_BY_IDS = {
    coordinates: _statement(
        sight, bindparam("partnership", type_=Uuid()), Case.id.in_(bindparam("cases", expanding=True, type_=Uuid()))
    )
    for coordinates, sight in PREPARED.items()
}
"""Built once: every page of an agenda asks it."""


def _day(moment: datetime | None) -> date | None:
    return clock.local(moment).date() if moment else None
