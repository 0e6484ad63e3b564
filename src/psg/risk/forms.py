"""What people answer when they assess risk: a form made from the scheme's questions."""

from typing import Any

from wtforms import ValidationError

from psg.risk.queries import Assessed
from psg.risk.rules import Question, Score, Scoring
from psg.web.fields import ChoiceField, LongTextField, option
from psg.web.forms import Form
from psg.web.words import long_date

ANSWER, EVIDENCE = "answer-", "evidence-"
AGREE, OTHER = "yes", "other"
_MOST = 4_000


class AssessForm(Form):
    """The questions of one scheme, each with room for what the answer rests on."""

    scoring: Scoring

    def answers(self) -> dict[str, tuple[str, str]]:
        """{question: (option, evidence)}, as the operation takes them."""
        return {
            question.code: (self[ANSWER + question.code].data, self[EVIDENCE + question.code].data)
            for question in self.scoring.questions
        }

    def pairs(self) -> list[tuple[Question, ChoiceField, LongTextField]]:
        """Each question with its two fields, in order."""
        return [(q, self[ANSWER + q.code], self[EVIDENCE + q.code]) for q in self.scoring.questions]


class CheckForm(AssessForm):
    """The same answers, carried along unseen, and whether people agree with the band."""

    agree = ChoiceField(
        "Do you agree with this band?",
        choices=[option(AGREE, "Yes"), option(OTHER, "No, set another band")],
        missing="Select whether you agree with this band",
    )
    band = ChoiceField("Which band")
    reason = LongTextField("Why", max=2_000, rows=3, hint="Both bands stay visible, with your reason.")

    def put_bands(self, outcome: Score) -> None:
        """Offer every band but the one that was scored."""
        self.band.choices = [
            option(band.code, band.label) for band in self.scoring.bands if band.code != outcome.scored.code
        ]

    def validate_band(self, field: Any) -> None:
        """Another band has to be named."""
        if self.agree.data == OTHER and not field.data:
            raise ValidationError("Select which band")

    def validate_reason(self, field: Any) -> None:
        """Another band needs a reason."""
        if self.agree.data == OTHER and not field.data:
            raise ValidationError("Enter why another band is right")

    def override(self) -> tuple[str, str] | None:
        """The band that people set, with their reason."""
        return (self.band.data, self.reason.data) if self.agree.data == OTHER else None


def form_for(scoring: Scoring, last: Assessed | None, base: type[AssessForm] = AssessForm, **values: Any) -> Any:
    """A form of the scheme's questions. Last answers stand beside each question as text, and none is chosen."""
    members: dict[str, Any] = {"scoring": scoring}
    for number, question in enumerate(scoring.questions, start=1):
        members[ANSWER + question.code] = ChoiceField(
            f"{number}. {question.text}",
            choices=[option(choice.code, choice.label) for choice in question.options],
            hint=_hint(question, last),
            missing=f"Answer question {number}, or select Not known",
        )
        members[EVIDENCE + question.code] = LongTextField(
            "What this rests on (optional)", max=_MOST, rows=2, hint=_last_evidence(question, last)
        )
    return type("SchemeForm", (base,), members)(**values)


def _hint(question: Question, last: Assessed | None) -> str:
    words = [question.help] if question.help else []
    if last is not None and (label := last.answer_label(question.code)):
        words.append(f"On {long_date(last.record.assessed_at)}: {label}.")
    return " ".join(words)


def _last_evidence(question: Question, last: Assessed | None) -> str:
    answer = last.answer(question.code) if last is not None else None
    return f"Last time: {answer.evidence}" if answer is not None and answer.evidence else ""
