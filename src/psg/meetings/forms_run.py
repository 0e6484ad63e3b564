"""The form of one item: what was decided on a case, its next review, and the actions agreed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psg import clock, reference
from psg.actions.forms import put_offers
from psg.actions.owners import owner_from, owner_options
from psg.actions.rules import due_offers
from psg.cases.forms import choices
from psg.cases.forms.deciding import NO_CHECK, check_choices, check_days, check_question, each_once, offers_by_band
from psg.cases.models import Case
from psg.cases.rules import CaseState, next_review
from psg.meetings.effects import OUTSIDE, Decision
from psg.meetings.live import effect_of
from psg.meetings.models import Outcome
from psg.meetings.rules import REFERRAL_DECISIONS, Effect
from psg.meetings.words import decision_words
from psg.partnerships.queries import Directory
from psg.web.fields import ChoiceField, LongTextField, NearDateField, Offer, SelectField, TextField, option
from psg.web.forms import Form

ACTION_ROWS = (1, 2, 3)


_ENDINGS = (Effect.CLOSE, Effect.PASS_ON, Effect.DECLINE)


@dataclass(frozen=True)
class NewAction:
    """An action typed at the meeting: its owner is a person of an agency, or the agency."""

    what: str
    owner_id: uuid.UUID | None
    agency_id: uuid.UUID
    due_on: date


class OutcomeForm(Form):
    """What a meeting decided on a case, with the actions it agreed."""

    decision = ChoiceField("Decision", missing="Select what was decided")
    close_reason = SelectField("Why it is closed")
    changed_for_person = LongTextField("What has changed for the person harmed", max=4_000, rows=3)
    check = check_question()
    decline_reason = SelectField("Why it is declined")
    to_group = SelectField("Passed on to")
    lead_agency = SelectField("Lead agency", coerce=uuid.UUID)
    lead_officer = SelectField("Lead officer (optional)", coerce=uuid.UUID, empty="Not named yet")
    agreed = LongTextField("What was agreed and why", max=20_000, rows=5)
    next_review_on = NearDateField(
        "Next review",
        earliest=clock.today,
        hint="For a case that stays open. A deferred case comes to the next meeting anyway",
    )
    what_1 = TextField("What is to be done", max=2_000, hint="Begin with a verb")
    owner_1 = SelectField("Owner", coerce=owner_from)
    due_1 = NearDateField("Due date", earliest=clock.today)
    what_2 = TextField("What is to be done", max=2_000)
    owner_2 = SelectField("Owner", coerce=owner_from)
    due_2 = NearDateField("Due date", earliest=clock.today)
    what_3 = TextField("What is to be done", max=2_000)
    owner_3 = SelectField("Owner", coerce=owner_from)
    due_3 = NearDateField("Due date", earliest=clock.today)

    def decided(self) -> Decision:
        """The decision as the operations take it."""
        declines = self.decision.data == "decline"
        to_group = self.to_group.data
        return Decision(
            code=self.decision.data,
            agreed=self.agreed.data or "",
            next_review_on=self.review(),
            close_reason=(self.decline_reason.data if declines else self.close_reason.data) or "",
            changed_for_person=self.changed_for_person.data or "",
            check_days=check_days(self.check.data),
            to_group_id=uuid.UUID(to_group) if to_group and to_group != OUTSIDE else None,
            lead_agency_id=self.lead_agency.data or None,
            lead_officer_id=self.lead_officer.data or None,
        )

    def review(self) -> date | None:
        """The review that was meant. What ends the group's work on a case has none, although a date is suggested on
        the page; and for a deferred case the suggestion, left as it was, is no answer."""
        effect, day = effect_of(self.decision.data), self.next_review_on.data
        suggested = next((offer.day for offer in self.next_review_on.offers if offer.preferred), None)
        if effect in _ENDINGS or (effect is Effect.DEFER and day == suggested):
            return None
        return day  # type: ignore[no-any-return]

    def more_begun(self) -> bool:
        """Whether there is something to see in the rows that are folded away at first."""
        fields = [self[f"{name}_{number}"] for number in ACTION_ROWS[1:] for name in ("what", "owner", "due")]
        return any(field.message for field in fields) or any(
            self[f"what_{number}"].shown or any(self[f"owner_{number}"].chosen()) for number in ACTION_ROWS[1:]
        )

    def check_rows(self) -> bool:
        """Whether passing on names a forum and every begun action says what, who and when; adds the errors."""
        right = True
        if self.decision.data == "pass-on" and not self.to_group.data:
            self.to_group.put_error("Select who it is passed on to")
            right = False
        for number in ACTION_ROWS:
            what, owner, due = (self[f"{name}_{number}"] for name in ("what", "owner", "due"))
            if what.data and not owner.data:
                owner.put_error("Select who will do this action")
                right = False
            if owner.data and not what.data:
                what.put_error("Enter what is to be done")
                right = False
            if what.data and due.data is None:
                due.put_error("Select when this action is due")
                right = False
        return right

    def actions(self) -> list[NewAction]:
        """The actions typed, once `check_rows` has found them right."""
        found = []
        for number in ACTION_ROWS:
            what, owner, due = (self[f"{name}_{number}"].data for name in ("what", "owner", "due"))
            if what:
                found.append(NewAction(what, owner[0], owner[1], due))
        return found


def outcome_form(
    case: Case,
    outcome: Outcome | None,
    names: Directory,
    labels: Mapping[tuple[str, str], str],
    next_on: date | None,
    *,
    kept: Mapping[str, Any] | None = None,
) -> OutcomeForm:
    """The form for one case: what can be decided depends on whether it is a referral or an open case.

    kept: what its writer had begun with, and the version that they had seen.
    """
    before: dict[str, Any] = {}
    if outcome is not None:
        before = {
            "decision": outcome.decision,
            "agreed": outcome.agreed,
            "next_review_on": outcome.next_review_on,
        }
    form = OutcomeForm(
        kept=kept,
        lead_agency=case.lead_agency_id or case.referrer_agency_id,
        lead_officer=case.lead_officer_id,
        check=NO_CHECK,
        **before,
    )
    if form.fresh and kept is None:
        form.version.data = outcome.version if outcome else None
    form.decision.choices = decisions_for(case, outcome)
    form.next_review_on.offers = review_offers(case, next_on)
    form.close_reason.choices = _terms(labels, "close-reasons")
    form.check.choices = check_choices()
    form.decline_reason.choices = [
        option(code, labels.get(("decline-reasons", code), entry["label"]))
        for entry in reference.load("decline-reasons")["entries"]
        if (code := entry["code"]) and entry["decision"] == "declined"
    ]
    form.to_group.choices = [
        *(option(group.id, group.name) for group in names.groups if group.id != case.group_id),
        option(OUTSIDE, "A forum outside this partnership"),
    ]
    form.lead_agency.choices = [option(agency.id, agency.name) for agency in names.agencies if agency.active]
    form.lead_officer.choices = choices.officers(case.partnership_id)
    owners, due = owner_options(case.partnership_id), due_offers(clock.today(), next_on)
    for number in ACTION_ROWS:
        form[f"owner_{number}"].choices = owners
        put_offers(form[f"due_{number}"], due)
    return form


def review_offers(case: Case, next_on: date | None) -> list[Offer]:
    """Dates for the next review, each once. The first is chosen beforehand: what the case's band asks for, where it has
    been assessed and the group meets by then; else the group's next meeting; else four weeks."""
    today = clock.today()
    coming = next_on if next_on and next_on > today else None
    offers = offers_by_band(case, coming)
    if coming:
        offers.append(Offer(coming, "At the next meeting"))
    offers += [Offer(next_review(today, weeks * 7), f"In {weeks} weeks") for weeks in (4, 8, 13)]
    return each_once(offers)


def decisions_for(case: Case, outcome: Outcome | None) -> list[Any]:
    """What can be decided: about a referral, or about an open case; what was decided already stays on offer."""
    if case.state is CaseState.SENT:
        codes = list(REFERRAL_DECISIONS)
    else:
        codes = [entry["code"] for entry in reference.load("meeting-decisions")["entries"]]
    if outcome is not None and outcome.decision not in codes:
        codes.insert(0, outcome.decision)
    return [option(code, decision_words(code)) for code in codes]


def _terms(labels: Mapping[tuple[str, str], str], name: str) -> list[Any]:
    shipped = reference.labels(name)
    return [option(code, labels.get((name, code), label)) for code, label in shipped.items()]
