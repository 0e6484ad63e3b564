"""The words of a posted form, found without building it."""

import pytest

from psg.cases.forms import ReopenForm, WhyForm
from psg.meetings.forms_run import OutcomeForm
from psg.web.labels import labels_for

assert WhyForm, ReopenForm
assert OutcomeForm


def test_questions_have_the_words_of_their_form() -> None:
    assert labels_for(["why_agencies", "lawful_basis", "purpose", "csrf_token", "then"]) == {
        "why_agencies": "Why several agencies are needed",
        "lawful_basis": "What allows you to share this",
        "purpose": "What it is shared for",
    }


def test_parts_of_a_date_say_which_they_are() -> None:
    sent = ["decision", "agreed", "next_review_on-choice", "next_review_on-day"]
    found = labels_for(sent)
    assert [found[name] for name in sent] == ["Decision", "What was agreed and why", "Next review", "Next review, day"]


def test_the_form_with_the_fewest_questions_was_meant() -> None:
    assert labels_for(["reason", "review_on-day"])["reason"] == "Why it is opened again"


@pytest.mark.parametrize("names", [["reason"], ["unheard_of"], [], ["-", ""]])
def test_what_could_be_several_forms_or_none_has_no_label(names: list[str]) -> None:
    assert labels_for(names) == {}
