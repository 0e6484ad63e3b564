"""Why a case is on an agenda, or not: pure rules over small plain facts, and one sentence for each reason.

A reason is kept as a small dictionary of codes, numbers and dates ({"code": "review-due", "on": "2026-12-01"}), because
agendas are stored and later read again; names of agencies are put in when the sentence is made.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psg.meetings.rules import OFF_REASONS, Reason, Section

Why = Mapping[str, Any]
DayWords = Callable[[date], str]
AgencyName = Callable[[uuid.UUID], str]


@dataclass(frozen=True, kw_only=True)
class LiveCase:
    """What the rules need to know of a case as it stands today; no text."""

    case_id: uuid.UUID
    reference: str
    waiting: bool
    """A referral that nobody has decided yet."""
    about_person: bool
    about_place: bool
    referrer_agency_id: uuid.UUID
    sent_on: date | None = None
    sent_at: datetime | None = None
    """The moment of sending: which of two that are otherwise alike came first."""
    at_risk: bool = False
    """The referral says that somebody is at risk now."""
    accepted_on: date | None = None
    review_on: date | None = None
    band_rank: int = 0
    risk_rose_on: date | None = None
    """The day of the latest assessment, when it came out higher than the one before."""
    closure_proposed: bool = False
    overdue: Mapping[uuid.UUID, int] = field(default_factory=dict)
    """Overdue actions by owning agency."""
    asked_by: tuple[uuid.UUID, ...] = ()
    """Agencies that asked for it to be discussed."""
    carried: str = ""
    """Why the last meeting left it open: deferred, not-reached or parked."""
    carried_from: date | None = None


@dataclass(frozen=True)
class Point:
    """The meeting that an agenda is for."""

    held_on: date
    last_held_on: date | None = None
    referrals_close: date | None = None
    """The last day on which a new referral is sent for it; None when it takes whatever waits."""


_DATED = {
    Reason.ACCEPTED.value: "accepted {}, not talked about yet",
    Reason.RISK_RISE.value: "risk went up on {}",
    Reason.REVIEW_DUE.value: "review due {}",
}


def reasons_for(case: LiveCase, meeting: Point) -> tuple[Why, ...]:
    """Every reason for discussing a case at a meeting, the weightiest first; none means it is left off."""
    found: list[Why] = []
    if case.waiting:
        found.append(_new_referral(case, meeting))
    if case.closure_proposed:
        found.append({"code": Reason.FOR_CLOSURE.value})
    if not case.waiting and case.accepted_on and (not meeting.last_held_on or case.accepted_on > meeting.last_held_on):
        found.append({"code": Reason.ACCEPTED.value, "on": _iso(case.accepted_on)})
    if case.overdue:
        by_agency = {str(agency): case.overdue[agency] for agency in sorted(case.overdue, key=str)}
        found.append({"code": Reason.OVERDUE_ACTIONS.value, "by_agency": by_agency})
    if case.risk_rose_on and (meeting.last_held_on is None or case.risk_rose_on >= meeting.last_held_on):
        found.append({"code": Reason.RISK_RISE.value, "on": _iso(case.risk_rose_on)})
    if case.carried:
        found.append({"code": Reason.CARRIED_OVER.value, "how": case.carried, "on": _iso(case.carried_from)})
    if not case.waiting and case.review_on and case.review_on <= meeting.held_on:
        found.append({"code": Reason.REVIEW_DUE.value, "on": _iso(case.review_on)})
    found += [{"code": Reason.ASKED_FOR.value, "agency": str(agency)} for agency in case.asked_by]
    return tuple(found)


def _new_referral(case: LiveCase, meeting: Point) -> Why:
    """That it is a new referral; "closed" and "at_risk" are said only of one that was sent after referrals closed."""
    why: dict[str, Any] = {
        "code": Reason.NEW_REFERRAL.value,
        "on": _iso(case.sent_on),
        "agency": str(case.referrer_agency_id),
    }
    if case.sent_on is None or meeting.referrals_close is None or case.sent_on <= meeting.referrals_close:
        return why
    return why | {"closed": _iso(meeting.referrals_close), "at_risk": case.at_risk}


def calls_for(reasons: Iterable[Why]) -> bool:
    """Whether today's reasons put a case on the agenda. A late referral alone waits, unless somebody is at risk."""
    return any(not why.get("closed") or why["at_risk"] for why in reasons)


NOT_NOTED: Why = {"code": "not-noted"}
"""Kept with a case that came on by itself and has a place by now, until the chair has taken note of it. No reason."""


def to_keep(reasons: Iterable[Why]) -> list[dict[str, Any]]:
    """Reasons as an agenda stores them: without what a referral says under seal of somebody's risk."""
    return [{key: said for key, said in why.items() if key != "at_risk"} for why in reasons]


def section_for(case: LiveCase) -> Section:
    """Where a case naturally stands. A case about a person and a place stands with the people."""
    if case.waiting:
        return Section.NEW_REFERRALS
    if case.closure_proposed:
        return Section.CLOSURE
    return Section.OPEN_PLACES if case.about_place and not case.about_person else Section.OPEN_PEOPLE


def natural_order(case: LiveCase) -> tuple[Any, ...]:
    """Its natural place in a section. The order is total, so an agenda that nobody changed reads the same every time.

    Higher band first; then the earlier date: of a referral the day it was sent, of an open case its review, and without
    a review last; then whichever was sent first, to the moment; and at the very end the reference, which is unique.
    """
    return (-case.band_rank, (case.sent_on if case.waiting else case.review_on) or date.max, *_came_first(case))


def review_order(case: LiveCase) -> tuple[Any, ...]:
    """The order of cases that nothing calls for: review due first, without a review last, ties as above."""
    return (case.review_on or date.max, *_came_first(case))


def _came_first(case: LiveCase) -> tuple[Any, ...]:
    return (case.sent_at is None, case.sent_at.timestamp() if case.sent_at else 0.0, case.reference)


def sentence(why: Why, *, day: DayWords, agency: AgencyName) -> str:
    """One reason in words, to follow "Why here:"."""
    match why.get("code"):
        case Reason.NEW_REFERRAL.value:
            sent = f", sent {day(date.fromisoformat(why['on']))}" if why.get("on") else ""
            return f"new referral{sent} by {agency(uuid.UUID(why['agency']))}{_late_words(why, day)}"
        case Reason.FOR_CLOSURE.value:
            return "proposed for closure"
        case Reason.OVERDUE_ACTIONS.value:
            counts = {uuid.UUID(key): int(number) for key, number in why["by_agency"].items()}
            total = sum(counts.values())
            names = ", ".join(sorted(agency(key) for key in counts))
            return f"{total} {'action is' if total == 1 else 'actions are'} overdue ({names})"
        case Reason.CARRIED_OVER.value:
            return _carried_words(why, day)
        case code if code in _DATED:
            return _DATED[code].format(day(date.fromisoformat(why["on"])))
        case Reason.ASKED_FOR.value:
            return f"asked for by {agency(uuid.UUID(why['agency']))}"
        case code:
            raise ValueError(f"no words for the reason {code}")


def why_here(reasons: tuple[Why, ...], *, day: DayWords, agency: AgencyName) -> str:
    """All reasons of an item as one sentence without its full stop: "2 actions are overdue (Housing); risk went up"."""
    if not reasons:
        return "put on for this meeting"
    return "; ".join(sentence(why, day=day, agency=agency) for why in reasons)


def why_left_off(case: LiveCase | None, off_reason: str, *, day: DayWords, closed: str = "") -> str:
    """Why a case is not on the agenda, in a few words. closed: the day on which referrals did, of one sent later."""
    if off_reason in OFF_REASONS:
        return f"taken off: {OFF_REASONS[off_reason]}"
    if off_reason:
        return off_reason
    if case is None:
        return "no longer a case of this group"
    if closed:
        return f"new referral, sent after referrals closed on {day(date.fromisoformat(closed))}"
    if case.review_on is None:
        return "no review date is set and nothing has changed"
    return f"review not due until {day(case.review_on)}"


def codes(reasons: tuple[Why, ...]) -> frozenset[str]:
    """The kinds of a case's reasons, for comparing an agenda with what is so today."""
    return frozenset(str(why["code"]) for why in reasons)


def _late_words(why: Why, day: DayWords) -> str:
    if not why.get("closed"):
        return ""
    risk = ", somebody is at risk now" if why.get("at_risk") else ""
    return f", after referrals closed on {day(date.fromisoformat(why['closed']))}{risk}"


def _carried_words(why: Why, day: DayWords) -> str:
    since = f" from {day(date.fromisoformat(why['on']))}" if why.get("on") else ""
    if why.get("how") == "parked":
        return f"parked{since} until now"
    return f"carried over{since}, {'deferred' if why.get('how') == 'deferred' else 'not reached'}"


def _iso(day: date | datetime | None) -> str | None:
    if isinstance(day, datetime):
        raise TypeError("reasons hold local dates")
    return day.isoformat() if day else None
