"""Who leads a case, who is named on it, when it is reviewed, and how its band stands in lists."""

import uuid
from datetime import date, datetime

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.audit import Event
from psg.cases import reminding
from psg.cases.models import Case, CaseNamed
from psg.cases.operations.shared import require, touch
from psg.cases.rules import TONE_ORDER, Move, NamedAs, Tone
from psg.db import DomainError, add_if_free, db
from psg.ids import new_id

__all__ = ["name_person", "set_band", "set_lead", "set_review", "touch", "unname_person"]


def set_lead(case: Case, *, lead_agency_id: uuid.UUID, lead_officer_id: uuid.UUID | None, by: Viewer) -> None:
    """Give the case to a lead agency and, when one is named, a lead officer, who may see it from now on."""
    require(Move.LEAD, case)
    new_officer = put_lead(case, lead_agency_id, lead_officer_id)
    touch(case)
    if new_officer:
        reminding.lead_named(case, by.user_id)
    reminding.review_owed(case)
    audit.record(Event.CASE_LEAD_CHANGED, case, by=by, fields=("lead_agency", "lead_officer"))
    db.session.flush()


def put_lead(case: Case, lead_agency_id: uuid.UUID, lead_officer_id: uuid.UUID | None) -> bool:
    """Set lead agency and officer; True when there is another officer than before."""
    case.lead_agency_id = lead_agency_id
    changed = case.lead_officer_id != lead_officer_id
    if changed:
        unname_person(case, source_id=case.id, named_as=NamedAs.LEAD_OFFICER)
        case.lead_officer_id = lead_officer_id
    if lead_officer_id is not None:
        name_person(case, user_id=lead_officer_id, named_as=NamedAs.LEAD_OFFICER, source_id=case.id)
    return changed and lead_officer_id is not None


def set_review(case: Case, *, review_on: date, by: Viewer) -> None:
    """Set the day by which the case is looked at again: today or later."""
    require(Move.LEAD, case)
    put_review(case, review_on)
    touch(case)
    audit.record(Event.CASE_REVIEW_DATE_SET, case, by=by, fields=("review_on",))
    db.session.flush()


def put_review(case: Case, review_on: date) -> None:
    """Set the review date and the reminder of it."""
    if review_on < clock.today():
        raise DomainError("The review date must be today or later.")
    case.review_on = review_on
    reminding.review_owed(case)


def name_person(case: Case, *, user_id: uuid.UUID, named_as: NamedAs, source_id: uuid.UUID) -> None:
    """Let somebody see the case while it is open, for a reason. Twice for the same reason changes nothing."""
    wanted = CaseNamed(
        partnership_id=case.partnership_id,
        id=new_id(),
        case_id=case.id,
        user_id=user_id,
        named_as=named_as,
        source_id=source_id,
    )
    add_if_free(wanted)


def unname_person(case: Case, *, source_id: uuid.UUID, named_as: NamedAs) -> None:
    """Take back what an action or the lead has named somebody for."""
    db.session.flush()
    named = select(CaseNamed).where(
        CaseNamed.partnership_id == case.partnership_id,
        CaseNamed.case_id == case.id,
        CaseNamed.source_id == source_id,
        CaseNamed.named_as == named_as,
    )
    for row in db.session.scalars(named):
        db.session.delete(row)
    db.session.flush()


def set_band(case: Case, *, band: str, tone: Tone, direction: int, summary: str, at: datetime) -> None:
    """Let the latest assessment stand on the case. The caller writes the audit event of the assessment."""
    case.band = band
    case.band_tone = tone
    case.band_rank = TONE_ORDER[tone]
    case.band_direction = direction
    case.summary = summary
    case.assessed_at = at
    touch(case)
    db.session.flush()
