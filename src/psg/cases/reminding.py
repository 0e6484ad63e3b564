"""Who is reminded of what about cases, and in which words. No case text, no names: references, dates and a link."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from psg import clock
from psg.access import Permission, Role, Viewer, policy
from psg.access.facts import CaseFacts
from psg.cases.models import Case
from psg.cases.queries import facts_of, load_facts
from psg.cases.rules import CaseState
from psg.db import db
from psg.partnerships.addresses import slug_of
from psg.partnerships.holding import holders_of_any
from psg.reminders import kinds
from psg.reminders import operations as reminders
from psg.reminders.kinds import Message, MessageKind, ObligationKind
from psg.reminders.models import Obligation
from psg.reminders.outgoing import Outgoing
from psg.web.words import long_date, plural

DECISIONS = {
    "accepted": "accepted",
    "declined": "declined",
    "passed-elsewhere": "declined here and passed on elsewhere",
    "passed-on": "passed on to another group",
}


def path_of(case: Case) -> str:
    """The case page, below the base address."""
    return f"/{slug_of(case.partnership_id)}/cases/{case.reference}"


# What operations call


def referral_waits(case: Case, *, again: bool = False) -> None:
    """A referral has been sent: the coordinators and the group's chairs hear of it and owe a decision.

    again: it has been passed on, so that those who had it before owe nothing any longer.
    """
    if again:
        reminders.settle(partnership_id=case.partnership_id, record_id=case.id, kind=REFERRAL_WAITING.code)
    today = clock.today()
    due_on = clock.add_working_days(today, _setting(case, "referral-waiting"))
    deciding: list[tuple[Role, uuid.UUID | None]] = [(Role.COORDINATOR, None)]
    if case.group_id is not None:
        deciding.append((Role.CHAIR, case.group_id))
    path = path_of(case)
    owed = [
        reminders.Owed(
            partnership_id=case.partnership_id,
            kind=REFERRAL_WAITING.code,
            record_id=case.id,
            stage=role.value,
            case_id=case.id,
            reference=case.reference,
            path=f"{path}/decide",
            role=role.value,
            group_id=group_id,
            due_on=due_on,
            next_on=due_on,
        )
        for role, group_id in deciding
    ]
    reminders.owe(*owed)
    told = sorted(set(holders_of_any(case.partnership_id, deciding)) - {case.referrer_id})
    _tell(case, told, NEW_REFERRAL.code, f"{path}/decide", key=f"{case.id}:{case.group_id or 'unsure'}")


def referral_decided(case: Case, decision: str) -> None:
    """The chair or coordinator has decided: nothing is owed any longer, and the referrer hears of it."""
    if decision != "passed-on":
        reminders.settle(partnership_id=case.partnership_id, record_id=case.id, kind=REFERRAL_WAITING.code)
    key = f"{case.id}:{decision}:{clock.now().isoformat(timespec='seconds')}"
    _tell(case, [case.referrer_id], REFERRAL_DECIDED.code, path_of(case), key=key, decision=decision)


def lead_named(case: Case, by: uuid.UUID | None) -> None:
    """Somebody leads the case from now on: they hear of it unless they did it themselves."""
    if case.lead_officer_id is not None and case.lead_officer_id != by:
        key = f"{case.id}:{clock.now().isoformat(timespec='seconds')}"
        _tell(case, [case.lead_officer_id], MADE_LEAD.code, path_of(case), key=key)


def case_closed(case: Case, by: uuid.UUID) -> None:
    """The case is closed: its lead officer and its referrer hear of it, unless they closed it themselves."""
    if case.ended_at is None:
        raise LookupError(f"case {case.id} is not closed")
    people = dict.fromkeys(one for one in (case.lead_officer_id, case.referrer_id) if one is not None and one != by)
    at = case.ended_at.isoformat()
    _tell(case, people, CASE_CLOSED.code, f"{path_of(case)}/timeline", key=f"{case.id}:{at}", at=at)


def review_owed(case: Case) -> None:
    """The case's review is owed by its lead officer, or by the coordinators while it has none; settled when closed."""
    if case.state is not CaseState.OPEN or case.review_on is None:
        reminders.settle(partnership_id=case.partnership_id, record_id=case.id, kind=CASE_REVIEW.code)
        return
    first = case.review_on - timedelta(days=_setting(case, "review-due-in"))
    reminders.owe(
        reminders.Owed(
            partnership_id=case.partnership_id,
            kind=CASE_REVIEW.code,
            record_id=case.id,
            case_id=case.id,
            reference=f"review of {case.reference}",
            path=path_of(case),
            user_id=case.lead_officer_id,
            role="" if case.lead_officer_id else Role.COORDINATOR.value,
            due_on=case.review_on,
            next_on=clock.working_day_on_or_after(max(first, clock.today())),
        )
    )


def nothing_owed(case: Case) -> None:
    """The case has gone: every reminder about it is settled."""
    reminders.settle(partnership_id=case.partnership_id, record_id=case.id)


def _setting(case: Case, code: str) -> int:
    return int(kinds.settings_for(case.partnership_id, case.group_id)[code])


def _tell(case: Case, user_ids: Iterable[uuid.UUID], kind: str, path: str, *, key: str, **more: str) -> None:
    details = {"case_id": str(case.id), "reference": case.reference, "path": path, **more}
    reminders.tell_all(user_ids, kind=kind, key=key[:100], partnership_id=case.partnership_id, details=details)


# Asked again when a message is about to go


def _cases(partnership_id: uuid.UUID | None, ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, Case]:
    if partnership_id is None:
        return {}
    known = [case_id for case_id in ids if case_id is not None]
    statement = select(Case).where(Case.partnership_id == partnership_id, Case.id.in_(known))
    return {case.id: case for case in load_facts(db.session.scalars(statement))}


def _told_case(delivery: Outgoing) -> Case | None:
    case_id = uuid.UUID(delivery.details["case_id"])
    return _cases(delivery.partnership_id, [case_id]).get(case_id)


def facts_by_obligation(owed: Sequence[Obligation]) -> dict[uuid.UUID, CaseFacts]:
    """What the rules may know of the cases, by obligation."""
    found: dict[uuid.UUID, CaseFacts] = {}
    for partnership_id in {obligation.partnership_id for obligation in owed}:
        here = [obligation for obligation in owed if obligation.partnership_id == partnership_id]
        facts = facts_of(partnership_id, {obligation.record_id for obligation in here})
        found |= {one.id: facts[one.record_id] for one in here if one.record_id in facts}
    return found


def _referral_wanted(viewer: Viewer, _obligation: Obligation, case: CaseFacts) -> bool:
    return case.state == CaseState.SENT and policy.permits(viewer, Permission.CASE_DECIDE, case)


def _review_wanted(viewer: Viewer, _obligation: Obligation, case: CaseFacts) -> bool:
    return case.state == CaseState.OPEN and policy.permits(viewer, Permission.CASE_READ, case)


def _referral_line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - the shape of every kind's `line`
    return f"referral {obligation.reference}, not decided; due {long_date(obligation.due_on)}"


def _review_line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - as above
    return f"{obligation.reference}, due {long_date(obligation.due_on)}"


def _referral_again(obligation: Obligation, told_on: date) -> date:
    days = int(kinds.settings_for(obligation.partnership_id, obligation.group_id)["referral-waiting"])
    return clock.add_working_days(told_on, days)


def _review_again(obligation: Obligation, told_on: date) -> date:
    if told_on < obligation.due_on:
        return clock.working_day_on_or_after(obligation.due_on)
    days = int(kinds.settings_for(obligation.partnership_id, obligation.group_id)["review-repeat"])
    return clock.working_day_on_or_after(told_on + timedelta(days=days))


def _new_wanted(viewer: Viewer, delivery: Outgoing) -> bool:
    case = _told_case(delivery)
    undecided = case is not None and case.state is CaseState.SENT
    return undecided and case is not None and policy.permits(viewer, Permission.CASE_DECIDE, case.facts())


def _new_words(_viewer: Viewer, delivery: Outgoing) -> Message:
    reference = delivery.details["reference"]
    return Message(
        subject=f"PSG: new referral {reference} waits for a decision",
        paragraphs=[f"Referral {reference} has been sent and waits for your decision: accept, pass on or decline."],
        link=delivery.details["path"],
        why="You get this because you chair the group or coordinate the partnership.",
    )


def _decided_wanted(viewer: Viewer, delivery: Outgoing) -> bool:
    case = _told_case(delivery)
    place = viewer.standing(delivery.partnership_id) if delivery.partnership_id else None
    return case is not None and place is not None and place.agreement_signed and case.referrer_id == viewer.user_id


def _decided_words(viewer: Viewer, delivery: Outgoing) -> Message:
    reference, decision = delivery.details["reference"], DECISIONS[delivery.details["decision"]]
    case = _told_case(delivery)
    readable = case is not None and policy.permits(viewer, Permission.CASE_READ, case.facts())
    follow = "The reason stands on its page." if readable else "Ask your coordinator if you want to know more."
    return Message(
        subject=f"PSG: your referral {reference} was {decision}",
        paragraphs=[f"Referral {reference}, which you sent, was {decision}. {follow}"],
        link=delivery.details["path"] if readable else "",
        why="You get this because you sent the referral.",
    )


def _lead_wanted(viewer: Viewer, delivery: Outgoing) -> bool:
    case = _told_case(delivery)
    if case is None or case.state is not CaseState.OPEN or case.lead_officer_id != viewer.user_id:
        return False
    return policy.permits(viewer, Permission.CASE_READ, case.facts())


def _lead_words(_viewer: Viewer, delivery: Outgoing) -> Message:
    reference = delivery.details["reference"]
    case = _told_case(delivery)
    review = f" Its review is due on {long_date(case.review_on)}." if case is not None and case.review_on else ""
    return Message(
        subject=f"PSG: you lead case {reference}",
        paragraphs=[f"You have been made lead officer of case {reference}.{review}"],
        link=delivery.details["path"],
        why="You get this because you were named as lead officer.",
    )


def _closed_wanted(viewer: Viewer, delivery: Outgoing) -> bool:
    """Also for those who read only open cases: that theirs is closed is all that is said. Not once it was re-opened."""
    case = _told_case(delivery)
    if case is None or case.state is not CaseState.CLOSED or case.ended_at != _closed_at(delivery):
        return False
    place = viewer.standing(case.partnership_id)
    return place is not None and place.agreement_signed and viewer.user_id in (case.lead_officer_id, case.referrer_id)


def _closed_words(viewer: Viewer, delivery: Outgoing) -> Message:
    reference = delivery.details["reference"]
    case = _told_case(delivery)
    leads = case is not None and case.lead_officer_id == viewer.user_id
    readable = case is not None and policy.permits(viewer, Permission.CASE_READ, case.facts())
    part = "you lead" if leads else "you referred"
    follow = "The reason stands on its timeline." if readable else "Ask your coordinator if you want to know more."
    return Message(
        subject=f"PSG: case {reference} was closed",
        paragraphs=[f"Case {reference}, which {part}, was closed on {long_date(_closed_at(delivery))}. {follow}"],
        link=delivery.details["path"] if readable else "",
        why=f"You get this because {part} the case.",
    )


def _closed_at(delivery: Outgoing) -> datetime:
    return datetime.fromisoformat(delivery.details["at"])


REFERRAL_WAITING = ObligationKind(
    "referral-waiting",
    _referral_line,
    _referral_again,
    facts_by_obligation,
    _referral_wanted,
    heading="Referrals to decide",
    subject=lambda count: f"{plural(count, 'referral')} to decide",
    label="Referral waiting",
)
CASE_REVIEW = ObligationKind(
    "case-review",
    _review_line,
    _review_again,
    facts_by_obligation,
    _review_wanted,
    heading="Case reviews",
    subject=lambda count: f"{plural(count, 'case review')} due",
    label="Case review due",
)
NEW_REFERRAL = MessageKind("new-referral", _new_wanted, _new_words, label="New referral")
REFERRAL_DECIDED = MessageKind("referral-decided", _decided_wanted, _decided_words, label="Referral decided")
MADE_LEAD = MessageKind("made-lead", _lead_wanted, _lead_words, label="Made lead officer")
CASE_CLOSED = MessageKind("case-closed", _closed_wanted, _closed_words, label="Case closed")

DECISION_DUE = (
    select(func.min(Obligation.due_on))
    .where(
        Obligation.partnership_id == Case.partnership_id,
        Obligation.record_id == Case.id,
        Obligation.kind == REFERRAL_WAITING.code,
        Obligation.settled_at.is_(None),
    )
    .correlate(Case)
    .scalar_subquery()
)
"""The day by which a referral's deciders owe a decision, as a column of a statement over cases."""

KINDS = (REFERRAL_WAITING, CASE_REVIEW, NEW_REFERRAL, REFERRAL_DECIDED, MADE_LEAD, CASE_CLOSED)
