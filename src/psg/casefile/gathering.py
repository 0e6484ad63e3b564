"""Everything that stands on a case page, read with as few queries as there are kinds of thing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psg import clock
from psg.actions import queries as actions
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.cases import contents, happened
from psg.cases.contents import PersonView, SmallParts
from psg.cases.happened import Events
from psg.cases.models import Case
from psg.cases.next_step import NextStep, Situation, next_step
from psg.cases.operations.recording import VISIT
from psg.cases.rules import STALE_NOW_DAYS, CaseState
from psg.meetings import queries as meetings
from psg.meetings.queries import Appearance
from psg.risk import queries as risk
from psg.risk.queries import Assessed, Series
from psg.web.words import plural

LATEST = 5
"""How many notes the case page shows."""


@dataclass
class CaseFile:
    """A case with what belongs to it, opened."""

    case: Case
    people: list[PersonView] = field(default_factory=list)
    small: SmallParts = field(default_factory=SmallParts)
    events: Events = field(default_factory=lambda: Events([], 0, 0))
    actions: list[Action] = field(default_factory=list)
    assessed: list[Assessed] = field(default_factory=list)
    """Latest first, without those that were replaced."""
    appearances: list[Appearance] = field(default_factory=list)
    since: datetime | None = None
    """When the viewer looked last, before this visit."""

    @property
    def open_actions(self) -> list[Action]:
        """What is still to be done, by date."""
        return [action for action in self.actions if action.state is ActionState.OPEN]

    @property
    def overdue(self) -> list[Action]:
        """Open actions past their date."""
        today = clock.today()
        return [action for action in self.open_actions if action.due_on < today]

    @property
    def series(self) -> Sequence[Series]:
        """The assessments as charts, the scheme used last first."""
        return risk.series(self.assessed)

    @property
    def counts(self) -> dict[str, int]:
        """For the sub-navigation."""
        return {
            "timeline": self.events.total,
            "people": len(self.people) + len(self.small.places),
            "risk": len(self.assessed),
            "actions": len(self.open_actions),
            "meetings": len(self.appearances),
        }

    @property
    def next_appearance(self) -> Appearance | None:
        """The coming meeting that has it on its published agenda."""
        today = clock.today()
        coming = [one for one in self.appearances if one.held_on >= today and one.recorded_at is None]
        return min(coming, key=lambda one: one.held_on, default=None)

    @property
    def next_step(self) -> NextStep | None:
        """What is to be done now."""
        case, coming = self.case, self.next_appearance
        answers = case.referral or {} if case.state is not CaseState.ERASED else {}
        return next_step(
            Situation(
                state=case.state,
                today=clock.today(),
                has_lead=case.lead_officer_id is not None,
                at_risk_now=bool(answers.get("at_risk_now")) and case.assessed_at is None,
                overdue_actions=len(self.overdue),
                assessed=case.assessed_at is not None,
                closure_proposed=case.closure_proposed_at is not None,
                review_on=case.review_on,
                on_agenda=coming.held_on if coming else None,
            )
        )

    @property
    def now_is_stale(self) -> bool:
        """Whether to ask if what is going on now is still right."""
        at = self.case.now_at
        return self.case.state is CaseState.OPEN and at is not None and (clock.now() - at).days >= STALE_NOW_DAYS

    @property
    def since_you_looked(self) -> list[str]:
        """What has happened since the viewer's last visit, in a few words each."""
        since, lines = self.since, []
        if since is None:
            return []
        if self.events.since:
            lines.append(plural(self.events.since, "note"))
        given = sum(1 for action in self.actions if action.set_at > since)
        ended = sum(1 for action in self.actions if action.ended_at is not None and action.ended_at > since)
        if given:
            lines.append(plural(given, "new action"))
        if ended:
            lines.append(f"{plural(ended, 'action')} finished")
        lines += self._risk_since(since)
        for decision in self.small.decisions:
            if decision.at > since:
                lines.append(f"case {decision.kind.value.replace('-', ' ')}")
        return lines

    def _risk_since(self, since: datetime) -> list[str]:
        later = [one for one in self.assessed if one.record.assessed_at > since]
        if not later:
            return []
        code = later[0].scoring.code
        before = next((o for o in self.assessed if o.record.assessed_at <= since and o.scoring.code == code), None)
        now = later[0].band.label
        return [f"risk from {before.band.label} to {now}" if before else f"risk assessed: {now}"]


def last_look(case: Case) -> datetime | None:
    """When the viewer looked before this visit; reloading within the visit does not change it."""
    known = case._seen  # noqa: SLF001 - loaders put it there for this page
    if known is None:
        return None
    _, seen_at, before_at = known
    return seen_at if clock.now() - seen_at >= VISIT else before_at


def worth_noting(case: Case) -> bool:
    """Whether this look is to be written down: not again within five minutes."""
    known = case._seen  # noqa: SLF001 - as above
    return known is None or (clock.now() - known[1]).total_seconds() >= 300


def gather(case: Case, *, events: int | None = LATEST, corrections: bool = False) -> CaseFile:
    """Read a case's page: one query for each kind of thing."""
    since = last_look(case)
    if case.state is CaseState.ERASED:
        return CaseFile(case, since=since)
    return CaseFile(
        case=case,
        people=contents.people_of(case),
        small=contents.small_parts_of(case),
        events=happened.events_of(case, limit=events, since=since, corrections=corrections),
        actions=actions.of_case(case),
        assessed=risk.counting(risk.of_case(case)),
        appearances=meetings.of_case(case),
        since=since,
    )
