"""Forms of running a meeting: who came, and what was decided on a case."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psg import clock, reference
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.meetings.effects import OUTSIDE, Decision
from psg.meetings.models import Attendance, Meeting, Outcome
from psg.meetings.recording import Presence
from psg.meetings.rules import REFERRAL_DECISIONS, Attended
from psg.meetings.words import ATTENDED_WORDS, decision_words
from psg.partnerships.queries import Directory, Member
from psg.web.fields import ChoiceField, DateField, LongTextField, NearDateField, Offer, SelectField, TextField, option
from psg.web.forms import Form

ACTION_ROWS = (1, 2, 3)


class OutcomeForm(Form):
    """What a meeting decided on a case, with the actions it agreed."""

    decision = ChoiceField("Decision", missing="Select what was decided")
    agreed = LongTextField("What was agreed and why", max=20_000, rows=5)
    next_review_on = NearDateField("Next review", earliest=clock.today)
    close_reason = SelectField("Why it is closed")
    changed_for_person = LongTextField("What has changed for the person harmed", max=4_000, rows=3)
    decline_reason = SelectField("Why it is declined")
    to_group = SelectField("Passed on to")
    lead_agency = SelectField("Lead agency", coerce=uuid.UUID)
    lead_officer = SelectField("Lead officer (optional)", coerce=uuid.UUID, empty="Not named yet")
    what_1 = TextField("What is to be done", max=2_000, hint="Begin with a verb")
    owner_1 = SelectField("Owner")
    due_1 = DateField("Due date", earliest=clock.today)
    what_2 = TextField("What is to be done", max=2_000)
    owner_2 = SelectField("Owner")
    due_2 = DateField("Due date", earliest=clock.today)
    what_3 = TextField("What is to be done", max=2_000)
    owner_3 = SelectField("Owner")
    due_3 = DateField("Due date", earliest=clock.today)

    def decided(self) -> Decision:
        """The decision as the operations take it."""
        declines = self.decision.data == "decline"
        to_group = self.to_group.data
        return Decision(
            code=self.decision.data,
            agreed=self.agreed.data or "",
            next_review_on=self.next_review_on.data,
            close_reason=(self.decline_reason.data if declines else self.close_reason.data) or "",
            changed_for_person=self.changed_for_person.data or "",
            to_group_id=uuid.UUID(to_group) if to_group and to_group != OUTSIDE else None,
            lead_agency_id=self.lead_agency.data or None,
            lead_officer_id=self.lead_officer.data or None,
        )

    def check_rows(self) -> bool:
        """Whether passing on names a forum and every begun action has an owner and a date; adds the errors."""
        right = True
        if self.decision.data == "pass-on" and not self.to_group.data:
            self.to_group.put_error("Select who it is passed on to")
            right = False
        for number in ACTION_ROWS:
            what, owner, due = (self[f"{name}_{number}"] for name in ("what", "owner", "due"))
            if what.data and not owner.data:
                owner.put_error("Select who will do this action")
                right = False
            if what.data and due.data is None:
                due.put_error("Enter when this action is due")
                right = False
        return right

    def actions(self) -> list["NewAction"]:
        """The actions that were typed."""
        found = []
        for number in ACTION_ROWS:
            if self[f"what_{number}"].data:
                kind, _, owner = self[f"owner_{number}"].data.partition(":")
                found.append(
                    NewAction(
                        what=self[f"what_{number}"].data,
                        user_id=uuid.UUID(owner) if kind == "person" else None,
                        agency_id=uuid.UUID(owner) if kind == "agency" else None,
                        due_on=self[f"due_{number}"].data,
                    )
                )
        return found


@dataclass(frozen=True)
class NewAction:
    """An action typed at the meeting: its owner is a person or an agency."""

    what: str
    user_id: uuid.UUID | None
    agency_id: uuid.UUID | None
    due_on: date


def outcome_form(
    case: Case, outcome: Outcome | None, names: Directory, labels: Mapping[tuple[str, str], str], next_on: date | None
) -> OutcomeForm:
    """The form for one case: what can be decided depends on whether it is a referral or an open case."""
    today = clock.today()
    due = clock.add_working_days(next_on, -1) if next_on else None
    usual: dict[str, Any] = {f"due_{number}": due if due and due >= today else None for number in ACTION_ROWS}
    before: dict[str, Any] = {}
    if outcome is not None:
        before = {
            "decision": outcome.decision,
            "agreed": outcome.agreed,
            "next_review_on": outcome.next_review_on,
        }
    form = OutcomeForm(
        lead_agency=case.lead_agency_id or case.referrer_agency_id, lead_officer=case.lead_officer_id, **usual, **before
    )
    if form.fresh:
        form.version.data = outcome.version if outcome else None
    form.decision.choices = decisions_for(case, outcome)
    form.next_review_on.offers = _review_offers(next_on)
    form.close_reason.choices = _terms(labels, "close-reasons")
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
    people = [person for person in names.people if person.active]
    form.lead_officer.choices = [option(p.user_id, p.name, group=names.agency(p.agency_id)) for p in _grouped(people)]
    owners = owner_options(people, names)
    for number in ACTION_ROWS:
        form[f"owner_{number}"].choices = owners
    return form


def decisions_for(case: Case, outcome: Outcome | None) -> list[Any]:
    """What can be decided: about a referral, or about an open case; what was decided already stays on offer."""
    if case.state is CaseState.SENT:
        codes = list(REFERRAL_DECISIONS)
    else:
        codes = [entry["code"] for entry in reference.load("meeting-decisions")["entries"]]
    if outcome is not None and outcome.decision not in codes:
        codes.insert(0, outcome.decision)
    return [option(code, decision_words(code)) for code in codes]


def owner_options(people: Sequence[Member], names: Directory) -> list[Any]:
    """Who may be given an action: each agency as a whole, and its people under it."""
    options = []
    for agency in names.agencies:
        own = [person for person in people if person.agency_id == agency.id]
        if not agency.active:
            continue
        options.append(option(f"agency:{agency.id}", f"{agency.short_name}, to give out", group=agency.name))
        options += [option(f"person:{person.user_id}", person.name, group=agency.name) for person in own]
    return options


def attendance_form(members: Sequence[Member], rows: Iterable[Attendance], meeting: Meeting) -> Any:
    """A form with radios and a deputy's name for each member. Its class is made for the members of this group."""
    came = {row.user_id: row for row in rows}
    fields: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for number, member in enumerate(members, start=1):
        fields[f"came_{number}"] = ChoiceField(
            f"How {member.name} came",
            inline=True,
            choices=[option(value, word) for value, word in ATTENDED_WORDS.items()],
            coerce=Attended,
        )
        fields[f"deputy_{number}"] = TextField(f"Deputy for {member.name}", max=120)
        if member.user_id in came:
            given[f"came_{number}"] = came[member.user_id].attended
            given[f"deputy_{number}"] = came[member.user_id].deputy
    made: type[Form] = type("AttendanceForm", (Form,), fields)
    form = made(**given)
    if form.fresh:
        form.version.data = meeting.version
    return form


def presences(form: Any, members: Sequence[Member]) -> dict[uuid.UUID, Presence]:
    """Who came, from a form that was found right; people without an answer are left out."""
    found = {}
    for number, member in enumerate(members, start=1):
        attended = form[f"came_{number}"].data
        if attended is not None:
            found[member.user_id] = Presence(member.agency_id, attended, form[f"deputy_{number}"].data or "")
    return found


def _grouped(people: Iterable[Member]) -> list[Member]:
    return sorted(people, key=lambda person: (str(person.agency_id), person.name))


def _terms(labels: Mapping[tuple[str, str], str], name: str) -> list[Any]:
    shipped = reference.labels(name)
    return [option(code, labels.get((name, code), label)) for code, label in shipped.items()]


def _review_offers(next_on: date | None) -> list[Offer]:
    today = clock.today()
    offers = []
    if next_on and next_on > today:
        offers.append(Offer(next_on, "At the next meeting"))
    for weeks in (8, 13):
        day = clock.working_day_on_or_after(date.fromordinal(today.toordinal() + weeks * 7))
        offers.append(Offer(day, f"In {weeks} weeks"))
    return offers
