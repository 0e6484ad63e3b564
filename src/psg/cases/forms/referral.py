"""Log a case, pages 2 and 3: what is happening, and why this group."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from psg import clock, reference
from psg.cases.forms import choices
from psg.cases.models import Case
from psg.cases.rules import Precision, When
from psg.cases.values import codes
from psg.partnerships import bases
from psg.text import PartialDate
from psg.web.fields import ChoiceField, LongTextField, ManyField, PartialDateField, TextField, option
from psg.web.forms import Form

YES, NO = "yes", "no"


class WhatForm(Form):
    """Page 2."""

    title = TextField(
        "Working title",
        missing="Enter a working title",
        max=120,
        hint="A few words that say what it is about, without anybody's name",
    )
    narrative = LongTextField("What has been happening", missing="Enter what has been happening", rows=8)
    since = PartialDateField("Since when (optional)", latest=clock.today)
    last_time = PartialDateField("When it last happened (optional)", latest=clock.today)
    themes = ManyField("What it is about")
    more_themes = ManyField("More themes")
    at_risk_now = ChoiceField(
        "Is anybody at risk now?",
        choices=[option(YES, "Yes"), option(NO, "No")],
        missing="Select whether anybody is at risk now",
    )

    def __init__(self, case: Case, had: Sequence[str], **kwargs: Any) -> None:
        answers = case.referral or {}
        kwargs |= {
            "title": case.title,
            "narrative": case.narrative,
            "since": partial_of(answers.get("since")),
            "last_time": partial_of(answers.get("last_time")),
            "at_risk_now": _answered(answers.get("at_risk_now")),
            "themes": had,
            "more_themes": had,
        }
        super().__init__(**kwargs)
        self.themes.choices = choices.of_list(case.partnership_id, "themes", common=True)
        self.more_themes.choices = choices.of_list(case.partnership_id, "themes", common=False)
        for field in (self.themes, self.more_themes):
            if field.typed is None:
                field.data = [code for code in had if field.on_offer(code)]

    def refuse_names(self, last_names: Sequence[str]) -> None:
        """Nobody's name belongs into the title: it stands in lists and on agendas."""
        words = {word.strip(".,;:'\"()").casefold() for word in (self.title.data or "").split()}
        if any(name.casefold() in words for name in last_names if len(name) > 2):
            self.put_error("title", "Enter the working title without a person's name")

    def for_operation(self) -> dict[str, Any]:
        """What `operations.set_what` takes."""
        return {
            "title": self.title.data,
            "narrative": self.narrative.data,
            "themes": [*self.themes.data, *self.more_themes.data],
            "referral": {
                "since": When.of(self.since.data) if self.since.data else None,
                "last_time": When.of(self.last_time.data) if self.last_time.data else None,
                "at_risk_now": self.at_risk_now.data == YES,
            },
        }


class WhyForm(Form):
    """Page 3."""

    tried = LongTextField("What has been tried so far (optional)", max=10_000, rows=4)
    why_agencies = LongTextField(
        "Why several agencies are needed", missing="Enter why several agencies are needed", max=10_000, rows=4
    )
    wants = LongTextField("What the person harmed wants (optional)", max=10_000, rows=3)
    lawful_basis = ManyField("What allows you to share this")
    more_bases = ManyField("Other things that allow it")
    purpose = ManyField("What it is shared for", missing="Select what it is shared for")
    handling = ManyField("How it must be handled", hint="Select all that apply")

    def __init__(self, case: Case, **kwargs: Any) -> None:
        answers = case.referral or {}
        begun = bool(case.lawful_basis)
        usual = bases.usual(case.partnership_id)
        kwargs |= {name: answers.get(name, "") for name in ("tried", "why_agencies", "wants")}
        kwargs |= {
            "lawful_basis": codes(case.lawful_basis) if begun else usual,
            "purpose": codes(case.purpose),
            "handling": codes(case.handling) if begun else ["normal"],
        }
        super().__init__(**kwargs)
        offered = choices.of_list(case.partnership_id, bases.LAWFUL_BASES)
        self.lawful_basis.hint = _BEGUN_WITH if usual else _NOT_BEGUN
        first = {*often_bases(clock.today()), *usual, *codes(case.lawful_basis)}
        self.lawful_basis.choices = [choice for choice in offered if choice.value in first]
        self.more_bases.choices = [choice for choice in offered if choice.value not in first]
        self.purpose.choices = choices.of_list(case.partnership_id, "purposes")
        self.handling.choices = choices.of_list(case.partnership_id, "handling")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Usual handling stands alone."""
        super().validate(*args, **kwargs)
        if not self.lawful_basis.data and not self.more_bases.data and not self.lawful_basis.errors:
            self.put_error("lawful_basis", "Select what allows you to share this")
        if "normal" in (self.handling.data or []) and len(self.handling.data) > 1:
            self.put_error("handling", "Select usual handling alone, or the others without it")
        return not self.error_summary()

    def for_operation(self) -> dict[str, Any]:
        """What `operations.set_why` takes."""
        return {
            "lawful_basis": [*self.lawful_basis.data, *self.more_bases.data],
            "purpose": self.purpose.data,
            "handling": self.handling.data or ["normal"],
            "referral": {name: self[name].data for name in ("tried", "why_agencies", "wants")},
        }


def _answered(stored: bool | None) -> str | None:
    return None if stored is None else (YES if stored else NO)


_SENSITIVE = "Sensitive facts are those about health, ethnicity, religion, sexuality or crime"
_BEGUN_WITH = (
    "What your partnership names as its usual basis is ticked. Read each line, and untick what does not hold here. "
    f"{_SENSITIVE}"
)
_NOT_BEGUN = (
    "Tick every line that holds for this referral. None is ticked beforehand: it depends on your agency and on what "
    f"you tell. {_SENSITIVE}"
)


def often_bases(on: date) -> list[str]:
    """The bases that most referrals rest on. They stand first and are not chosen: that is for the partnership, or for
    whoever refers."""
    return [entry["code"] for entry in reference.current("lawful-bases", on) if entry["usual"]]


def partial_of(stored: Mapping[str, Any] | None) -> PartialDate | None:
    """A stored answer as the field takes it."""
    when = when_of_stored(stored)
    return when.partial() if when else None


def when_of_stored(stored: Mapping[str, Any] | None) -> When | None:
    """A stored answer as a moment known in part."""
    if not stored:
        return None
    day = stored.get("sort_on")
    return When(date.fromisoformat(day) if day else None, Precision(stored["precision"]), stored.get("words") or "")
