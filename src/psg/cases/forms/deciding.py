"""Sending, deciding, leading, closing and re-opening a case."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from psg import clock
from psg.cases import checks
from psg.cases.aftercare import CHECK_DAYS, NOT_WELL, WELL, check_on
from psg.cases.forms import choices
from psg.cases.models import Case
from psg.cases.rules import FIRST_REVIEW_DAYS, fingerprint, first_review, next_review
from psg.partnerships import queries as partnerships
from psg.web.fields import ChoiceField, LongTextField, NearDateField, Offer, SelectField, option
from psg.web.forms import Form
from psg.web.words import long_date

NOT_SURE = "not-sure"
NO_CHECK = "none"
ACCEPT, PASS_ON, DECLINE = "accept", "pass-on", "decline"


def review_offers(case: Case) -> list[Offer]:
    """Review dates worked out for the case, each with its reason; the first is the usual one."""
    today = clock.today()
    meeting = checks.next_meeting(case.partnership_id, case.group_id)
    after = f"{FIRST_REVIEW_DAYS} days after the next meeting" if meeting else f"{FIRST_REVIEW_DAYS} days from today"
    offers = [*offers_by_band(case, meeting), Offer(first_review(today, meeting), "Four weeks on", after)]
    if meeting is not None:
        offers.append(Offer(meeting, "At the next meeting"))
    offers.append(Offer(next_review(today, 7), "In a week"))
    return each_once(offers)


def offers_by_band(case: Case, meeting: date | None) -> list[Offer]:
    """What the case's band asks for, the sensible date first; nothing for a case that was never assessed.

    A group reviews its cases where it meets. A band that cannot wait for that is not chosen beforehand: who agrees to
    it agrees that the lead officer looks at the case alone, and has to say so. Its date stands second, and says why.
    meeting: the group's next.
    """
    interval = checks.band_interval(case)
    if interval is None:
        return []
    day, why = next_review(clock.today(), interval), f"{interval} days from today, as its band asks for"
    if meeting is None or day > meeting:
        return [Offer(day, f"By its band ({case.band})", why)]
    if day == meeting:
        return [Offer(day, f"By its band ({case.band}), at the next meeting", why)]
    alone = f"{why}. The group does not meet by then, so the lead officer reviews it"
    return [
        Offer(meeting, "At the next meeting"),
        Offer(day, f"Before the next meeting, by its band ({case.band})", alone),
    ]


def each_once(offers: Iterable[Offer]) -> list[Offer]:
    """The offers without those whose date stands already; the first is chosen beforehand."""
    unlike: dict[date, Offer] = {}
    for offer in offers:
        unlike.setdefault(offer.day, offer)
    first, *others = unlike.values()
    return [replace(first, preferred=True), *others]


class _LeadQuestions:
    lead_agency = SelectField("Lead agency", coerce=uuid.UUID)
    lead_officer = SelectField("Lead officer (optional)", coerce=uuid.UUID, empty="Nobody yet")
    review_on = NearDateField("Review date", earliest=clock.today, latest=lambda: clock.today() + timedelta(days=366))


def _check_lead(form: Any, partnership_id: uuid.UUID) -> None:
    """A lead agency, an officer who works for it, and a review date."""
    if not form.lead_agency.data and not form.lead_agency.errors:
        form.put_error("lead_agency", "Select the lead agency")
    if form.review_on.data is None and not form.review_on.errors:
        form.put_error("review_on", "Select when the case is reviewed")
    directory = partnerships.directory(partnership_id)
    officer = directory.member(form.lead_officer.data)
    if officer is not None and form.lead_agency.data and officer.agency_id != form.lead_agency.data:
        theirs, other = directory.agency_name(officer.agency_id), directory.agency_name(form.lead_agency.data)
        form.put_error("lead_officer", f"{officer.name} works for {theirs}, not for {other}")


class SendForm(Form):
    """Log a case, last page: which group."""

    group = ChoiceField("Which group is this for?", missing="Select which group this is for")

    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        groups = choices.groups(case.partnership_id)
        not_sure = option(NOT_SURE, "Not sure", hint="It goes to the coordinator, who chooses the group")
        self.group.choices = [*groups, not_sure]
        if self.group.typed is None and len(groups) == 1:
            self.group.data = str(groups[0].value)

    @property
    def group_id(self) -> uuid.UUID | None:
        """The group, None for not sure."""
        return None if self.group.data == NOT_SURE else uuid.UUID(self.group.data)


class DecideForm(Form, _LeadQuestions):
    """Accept, pass on or decline a referral."""

    decision = ChoiceField(
        "Decision",
        choices=[
            option(ACCEPT, "Accept"),
            option(PASS_ON, "Pass on to another group"),
            option(DECLINE, "Decline", hint="Or pass on outside this partnership: give that as the reason"),
        ],
        missing="Select what you decide",
    )
    own_group = SelectField("Group the case belongs to", coerce=uuid.UUID)
    group = SelectField("Group to pass it on to", coerce=uuid.UUID)
    reason_code = SelectField("Why it is declined")
    reason = LongTextField(
        "Reason",
        missing="Enter a reason. The referrer will see it",
        max=4000,
        rows=4,
        hint="The referrer reads it, so write it for them",
    )

    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(lead_agency=case.referrer_agency_id, version=fingerprint(case.state, case.group_id), **kwargs)
        self.case = case
        self.own_group.choices = choices.groups(case.partnership_id)
        self.group.choices = choices.groups(case.partnership_id, but=case.group_id)
        self.reason_code.choices = choices.of_list(case.partnership_id, "decline-reasons")
        self.lead_agency.choices = choices.agencies(case.partnership_id)
        self.lead_officer.choices = choices.officers(case.partnership_id)
        self.review_on.offers = review_offers(case)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What each decision needs."""
        super().validate(*args, **kwargs)
        if self.decision.data == ACCEPT:
            _check_lead(self, self.case.partnership_id)
            if self.case.group_id is None and not self.own_group.data:
                self.put_error("own_group", "Select the group this case is to belong to")
        if self.decision.data == PASS_ON and not self.group.data and not self.group.errors:
            self.put_error("group", "Select the group to pass it on to")
        if self.decision.data == DECLINE and not self.reason_code.data and not self.reason_code.errors:
            self.put_error("reason_code", "Select why it is declined")
        return not self.error_summary()


class LeadForm(Form, _LeadQuestions):
    """Lead agency, lead officer and review date of an open case."""

    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(
            lead_agency=case.lead_agency_id,
            lead_officer=case.lead_officer_id,
            review_on=case.review_on,
            version=lead_version(case),
            **kwargs,
        )
        self.case = case
        self.lead_agency.choices = choices.agencies(case.partnership_id)
        self.lead_officer.choices = choices.officers(case.partnership_id)
        self.review_on.offers = review_offers(case)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """As when a case is accepted."""
        super().validate(*args, **kwargs)
        _check_lead(self, self.case.partnership_id)
        return not self.error_summary()


def lead_version(case: Case) -> int:
    """Changes when lead or review date do."""
    return fingerprint(case.lead_agency_id, case.lead_officer_id, case.review_on)


def check_question() -> ChoiceField:
    """Whether somebody looks again at a case that is being closed: the same question wherever one is closed."""
    return ChoiceField(
        "Look at it again after it is closed?",
        hint="The lead officer is reminded then, or the coordinator where the lead officer can no longer see it",
    )


def check_choices() -> list[Any]:
    """Its answers, with the days they come to; `NO_CHECK` is the one chosen beforehand."""
    days = (option(days, f"In {days} days, on {long_date(check_on(days))}") for days in CHECK_DAYS)
    return [option(NO_CHECK, "No check"), *days]


def check_days(chosen: str | None) -> int | None:
    """In how many days somebody looks again; None for not at all."""
    return None if chosen in (None, NO_CHECK) else int(chosen)


class CloseForm(Form):
    """Why the case is closed, and what changed."""

    reason_code = ChoiceField("Why is it closed?", missing="Select why the case is closed")
    reason = LongTextField("In your own words", missing="Enter why the case is closed", max=4000, rows=4)
    changed_for_person = LongTextField(
        "What has changed for the person harmed",
        missing="Enter what has changed for the person harmed, or that nobody knows",
        max=4000,
        rows=4,
    )
    check = check_question()

    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(version=fingerprint(case.state), check=NO_CHECK, **kwargs)
        self.reason_code.choices = choices.of_list(case.partnership_id, "close-reasons")
        self.check.choices = check_choices()


class AftercareForm(Form):
    """How a closed case has gone."""

    outcome = ChoiceField(
        "What did you find?",
        choices=[
            option(WELL, "It went well: nothing more is needed"),
            option(NOT_WELL, "It should be opened again", hint="A chair or coordinator goes on to re-open it"),
        ],
        missing="Select what you found",
    )
    text = LongTextField("In your own words", missing="Enter what you found", max=4000, rows=4)


class ProposeForm(Form):
    """Ask for a case to be closed."""

    reason = LongTextField("Why it could be closed", missing="Enter why the case could be closed", max=4000, rows=4)


class ReopenForm(Form):
    """Open a case again."""

    reason = LongTextField("Why it is opened again", missing="Enter why the case is opened again", max=4000, rows=4)
    review_on = NearDateField("Review date", missing="Select when the case is reviewed", earliest=clock.today)

    def __init__(self, case: Case, **kwargs: Any) -> None:
        super().__init__(version=fingerprint(case.state), **kwargs)
        self.review_on.offers = review_offers(case)
