"""What people answer when they assess risk: a form made from the scheme's questions."""

from typing import Any

from wtforms import ValidationError

from psg import clock
from psg.risk.queries import Assessed
from psg.risk.rules import Question, Score, Scoring, kept_note
from psg.web.fields import ChoiceField, LongTextField, ManyField, option
from psg.web.forms import Form
from psg.web.words import full_date, long_date

ANSWER, EVIDENCE, HOLDS = "answer-", "evidence-", "holds-"
AGREE, OTHER = "yes", "other"
_MOST = 4_000


class AssessForm(Form):
    """The questions of one scheme, each with room for what the answer rests on."""

    scoring: Scoring
    start: Assessed | None = None
    """The assessment whose answers can be filled in, and whose notes can be kept."""

    def answers(self) -> dict[str, tuple[str, str]]:
        """{question: (option, evidence)}, as the operation takes them."""
        return {
            question.code: (self[ANSWER + question.code].data, self.evidence(question.code))
            for question in self.scoring.questions
        }

    def evidence(self, question: str) -> str:
        """What an answer rests on: the earlier note with its date, where somebody says it still holds, and the new."""
        new: str = self[EVIDENCE + question].data
        before = self.start.answer(question) if self.start is not None else None
        holds = HOLDS + question in self and bool(self[HOLDS + question].data)
        if self.start is None or before is None or not holds:
            return new
        return kept_note(before.evidence, full_date(self.start.record.assessed_at), new, full_date(clock.today()))

    def validate(self, extra_validators: Any = None) -> bool:
        """Also what is kept and what is new have to fit together."""
        right: bool = super().validate(extra_validators)
        for question in self.scoring.questions if right else ():
            if (length := len(self.evidence(question.code))) > _MOST:
                words = f"The earlier note and the new one must be {_MOST:,} characters or less together"
                self.put_error(EVIDENCE + question.code, f"{words}. You have {length:,}")
                right = False
        return right

    def parts(self) -> list[tuple[ChoiceField, ManyField | None, LongTextField]]:
        """Each question's fields in order: the answer, whether the earlier note still holds, and what is new."""
        return [
            (self[ANSWER + q.code], self._fields.get(HOLDS + q.code), self[EVIDENCE + q.code])
            for q in self.scoring.questions
        ]


class CheckForm(AssessForm):
    """The same answers, carried along unseen, and whether people agree with the band."""

    agree = ChoiceField(
        "Do you agree with this band?",
        choices=[option(AGREE, "Yes"), option(OTHER, "No, set another band")],
        missing="Select whether you agree with this band",
    )
    band = ChoiceField("Which band")
    reason = LongTextField("Why", max=2_000, rows=3, hint="Both bands stay visible, with your reason.")

    def carry(self, answers: AssessForm) -> None:
        """Carry what the answers rest on as it is going to be saved, notes that still hold included."""
        for question in self.scoring.questions:
            self[EVIDENCE + question.code].typed = [answers.evidence(question.code)]

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


def form_for(
    scoring: Scoring,
    last: Assessed | None,
    base: type[AssessForm] = AssessForm,
    *,
    start: Assessed | None = None,
    fill: bool = False,
    **values: Any,
) -> Any:
    """A form of the scheme's questions. Last answers stand beside each question as text, and none is chosen.

    start: an assessment by the same version, whose notes can be kept one by one; fill: its answers are chosen too.
    """
    members: dict[str, Any] = {"scoring": scoring, "start": start}
    for number, question in enumerate(scoring.questions, start=1):
        before = start.answer(question.code) if start is not None else None
        members[ANSWER + question.code] = ChoiceField(
            f"{number}. {question.text}",
            choices=[option(choice.code, choice.label) for choice in question.options],
            hint=_hint(question, last),
            missing=f"Answer question {number}, or select Not known",
            default=before.option if before is not None and fill else None,
        )
        asks = base is AssessForm and before is not None and before.evidence
        if asks and start is not None and before is not None:
            members[HOLDS + question.code] = ManyField(
                f"Note of {long_date(start.record.assessed_at)} on question {number}",
                choices=[option(start.record.id, "It still holds: keep it, with its date")],
                hint=before.evidence,
            )
        members[EVIDENCE + question.code] = LongTextField(
            "What this rests on now (optional)" if asks else "What this rests on (optional)",
            max=_MOST,
            rows=2,
            hint="" if asks else _last_evidence(question, last),
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
