"""After a case was closed: somebody looks again after 30 or 90 days, and says how it went.

The check is owed by the lead officer where they may still read the closed case, else by the coordinators. The case
stays closed; what was found is an entry on its timeline.
"""

from datetime import date, timedelta
from uuid import UUID

from psg import clock
from psg.access import Permission, Role, Viewer, policy
from psg.access.facts import CaseFacts
from psg.cases import operations
from psg.cases.models import Case, Event
from psg.cases.reminding import facts_by_obligation, path_of
from psg.cases.rules import CaseState, When
from psg.db import DomainError
from psg.reminders import kinds
from psg.reminders import operations as reminders
from psg.reminders.kinds import ObligationKind
from psg.reminders.models import Obligation
from psg.web.words import long_date, plural

CHECK_DAYS = (30, 90)
WELL, NOT_WELL = "well", "not-well"
FIRST, REOPEN = "", "reopen"
"""Stages: the check itself, and what the coordinators owe where somebody found that it did not go well."""
_KIND = "after-closure"
_ENTRY = {WELL: "Checked after closing: it went well.", NOT_WELL: "Checked after closing: it should be opened again."}


def check_on(days: int) -> date:
    """The day of a check so many days from today: a working day."""
    return clock.working_day_on_or_after(clock.today() + timedelta(days=days))


def plan(case: Case, days: int | None) -> date | None:
    """Owe a check of a case that is being closed, or none. Inside `transaction()`; gives its day."""
    if days is None:
        settle(case)
        return None
    due_on = check_on(days)
    _owe(case, due_on, user_id=case.lead_officer_id if _lead_officer_reads(case) else None)
    return due_on


def due(case: Case) -> date | None:
    """When the closed case is to be looked at again; None when nobody owes that."""
    return next((one.due_on for one in _open(case) if one.stage == FIRST), None)


def wants_reopening(case: Case) -> bool:
    """Whether somebody found that it did not go well, and it has not been decided what follows."""
    return any(one.stage == REOPEN for one in _open(case))


def say_how_it_went(case: Case, *, outcome: str, text: str, by: Viewer) -> Event:
    """Write down what the check found; the coordinators owe a look where it did not go well. Inside `transaction()`."""
    if case.state is not CaseState.CLOSED or due(case) is None:
        raise DomainError("No check of this case is owed any more.")
    what = f"{_ENTRY[outcome]} {text}".strip()
    event = operations.add_event(case, kind="review", when=When.day(clock.today()), what=what, by=by)
    settle(case)
    if outcome == NOT_WELL:
        _owe(case, clock.add_working_days(clock.today(), 1), stage=REOPEN)
    return event


def settle(case: Case) -> None:
    """Nothing of this is owed any longer. Inside `transaction()`."""
    reminders.settle(partnership_id=case.partnership_id, record_id=case.id, kind=_KIND)


def _owe(case: Case, due_on: date, *, user_id: UUID | None = None, stage: str = FIRST) -> None:
    reminders.owe(
        reminders.Owed(
            partnership_id=case.partnership_id,
            kind=_KIND,
            record_id=case.id,
            stage=stage,
            case_id=case.id,
            reference=("re-opening of " if stage else "check of closed case ") + case.reference,
            path=f"{path_of(case)}/{'reopen' if stage else 'check'}",
            user_id=user_id,
            role="" if user_id else Role.COORDINATOR.value,
            due_on=due_on,
            next_on=due_on,
        )
    )


def _lead_officer_reads(case: Case) -> bool:
    """Whether the lead officer may be written to and may read the case now that it is closed."""
    if case.lead_officer_id is None:
        return False
    found = kinds.recipients([case.lead_officer_id]).get(case.lead_officer_id)
    return found is not None and policy.permits(found.viewer, Permission.CASE_READ, case.facts())


def _open(case: Case) -> list[Obligation]:
    owed = reminders.owed(case.partnership_id, case.id)
    return [one for one in owed if one.kind == _KIND and one.settled_at is None]


def _wanted(viewer: Viewer, _obligation: Obligation, case: CaseFacts) -> bool:
    return case.state == CaseState.CLOSED and policy.permits(viewer, Permission.CASE_READ, case)


def _line(obligation: Obligation, today: date) -> str:  # noqa: ARG001 - the shape of every kind's `line`
    return f"{obligation.reference}, due {long_date(obligation.due_on)}"


def _again(obligation: Obligation, told_on: date) -> date:
    days = int(kinds.settings_for(obligation.partnership_id, obligation.group_id)["review-repeat"])
    return clock.working_day_on_or_after(told_on + timedelta(days=days))


AFTER_CLOSURE = ObligationKind(
    _KIND,
    _line,
    _again,
    facts_by_obligation,
    _wanted,
    heading="Checks after closing",
    subject=lambda count: f"{plural(count, 'closed case')} to check",
    label="Check after closing",
)
