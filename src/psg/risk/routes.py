"""Pages of risk: how a case's score has moved, every assessment with its answers, and making a new one."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, can, page, requires, standing, viewer
from psg.audit.events import Event
from psg.cases import drafting
from psg.cases.addresses import case_url
from psg.cases.models import Case
from psg.cases.queries import find
from psg.cases.routes.shared import begun, keep_page, keep_refused
from psg.cases.rules import CaseState, Move, fingerprint, may
from psg.cases.tabs import case_counts
from psg.db import AlreadyDone, Clash, DomainError, transaction
from psg.partnerships.queries import directory, forget_directory
from psg.risk import operations, queries
from psg.risk.forms import AssessForm, CheckForm, form_for
from psg.risk.models import Scheme
from psg.risk.queries import Assessed
from psg.risk.rules import Point, Score, Scoring, change_words, differing, read, score
from psg.web.kept import drafts_of
from psg.web.words import long_date, time_of_day

bp = Blueprint("risk", __name__)


@bp.route("/<partnership>/cases/<reference>/risk")
@requires(Permission.CASE_READ, case=find)
def of_case(case: Case) -> Response:
    """The score over time, and every assessment with its answers and what they rest on."""
    erased = case.state is CaseState.ERASED
    found = [] if erased else queries.of_case(case)
    return _show(
        "risk/of_case.html",
        case,
        tab="risk",
        counts=case_counts(case),
        case_title="Erased" if erased else (case.title or "No title yet"),
        case_url=case_url,
        erased=erased,
        here=standing(),
        today=clock.today(),
        may_write=can(Permission.CASE_WRITE, case) and may(Move.WRITE, case.state),
        found=found,
        series=queries.series(found),
        numbers={assessed.record.id: number for number, assessed in enumerate(reversed(found), start=1)},
        may_assess=_may_assess(case),
    )


@bp.route("/<partnership>/cases/<reference>/risk/assess")
@requires(Permission.RISK_ASSESS, case=find)
def choose(case: Case) -> Answer:
    """Which scheme: asked only when several fit what the case is about."""
    schemes = queries.current_schemes(case.partnership_id, case.subject_kind)
    if len(schemes) == 1:
        return redirect(case_url(case, "risk.assess", scheme=schemes[0].code), 303)
    return _show("risk/choose.html", case, schemes=schemes)


@bp.route("/<partnership>/cases/<reference>/risk/assess/<scheme>", methods=["GET", "POST"])
@requires(Permission.RISK_ASSESS, case=find)
def assess(case: Case, scheme: str) -> Answer:
    """Answer the questions; check total and band; save. Until it is saved it is a draft of its writer's alone."""
    made_by = next((s for s in queries.current_schemes(case.partnership_id) if s.code == scheme), None)
    if made_by is None:
        abort(404)
    visit = _Visit(case, made_by)
    if request.method != "POST":
        return visit.opened()
    step = request.form.get("step", "check")
    answer: Answer = {"save": visit.save, "check": visit.check}.get(step, visit.questions)()
    if answer.status_code != 303:
        page_of = drafting.CasePage(case, drafting.assessment(scheme), viewer())
        keep_refused(page_of, lambda: _may_assess(case))
    return answer


@bp.route("/<partnership>/cases/<reference>/risk/assess/<scheme>/keep", methods=["POST"])
@requires(Permission.RISK_ASSESS, case=find)
@drafts_of("risk.assess")
def keep(case: Case, scheme: str) -> Answer:
    """Keep answers and what they rest on while they are being written; only the whole assessment counts."""
    if not _may_assess(case) or scheme not in {s.code for s in queries.current_schemes(case.partnership_id)}:
        abort(404)
    return keep_page(case, drafting.assessment(scheme), back="risk.assess", scheme=scheme)


class _Visit:
    """One request of the assess page: the case, the scheme and what was found about both."""

    def __init__(self, case: Case, made_by: Scheme) -> None:
        self.case, self.made_by = case, made_by
        self.scoring: Scoring = read(made_by.definition)
        found = queries.of_case(case)
        self.replaced = _replaced(found)
        counted = [
            assessed
            for assessed in queries.counting(found)
            if assessed.scoring.code == made_by.code and assessed is not self.replaced
        ]
        self.last: Assessed | None = counted[0] if counted else None
        self.version = fingerprint(found[0].record.id if found else "none")
        earlier = self.replaced or self.last
        same = earlier is not None and (earlier.scoring.code, earlier.scoring.version) == (
            made_by.code,
            made_by.version,
        )
        self.start: Assessed | None = earlier if same else None
        """Whose answers can be filled in, and whose notes can be kept; those of another version answer others."""
        self.other_version = self.last if not same else None
        self.fill = self.start is not None and request.args.get("start") == str(self.start.record.id)
        self.clash: Assessed | None = None
        """What somebody else saved while the questions were being answered."""
        self.newest = found[0] if found else None

    def _form(self, **values: Any) -> AssessForm:
        made: AssessForm = form_for(
            self.scoring, self.last, start=self.start, fill=self.fill, version=self.version, **values
        )
        return made

    def _check_form(self) -> CheckForm:
        made: CheckForm = form_for(self.scoring, self.last, CheckForm, version=self.version)
        return made

    def questions(self, form: AssessForm | None = None, **context: Any) -> Response:
        """The questions; with everything typed when they are shown again."""
        if form is None:
            form = self._form()
        if request.method == "POST" and request.form.get("step") == "edit":
            context["status"] = 200
        return self._page("risk/assess.html", form, **(begun(None) | context))

    def opened(self) -> Response:
        """The questions, or the check page again for whoever was about to save when their session timed out."""
        draft = drafting.find(self.case, viewer(), drafting.assessment(self.made_by.code))
        kept = draft.fields if draft else None
        form = self._form(kept=kept)
        if form.restored is None and draft is not None:
            return self.questions(form, **begun(draft))
        if form.restored is None or form.restored.fields.get("step") != "save":
            return self.questions(form)
        wrong = [field for field in form.questions() if not field.validate(form)]
        if wrong:
            return self.questions(form)
        return self._check_page(self._check_form(), self._outcome(form), status=200)

    def check(self) -> Response:
        """What the answers come to. Missing ones are listed and nothing typed is lost."""
        answers = self._form()
        if not answers.validate():
            return self.questions(answers, status=422)
        form = self._check_form()
        form.carry(answers)
        return self._check_page(form, self._outcome(answers), status=200)

    def save(self) -> Answer:
        """Keep the assessment, unless somebody else has made one meanwhile: then both are shown."""
        answers = self._form()
        if not answers.validate():
            return self.questions(answers, status=422)
        outcome = self._outcome(answers)
        form = self._check_form()
        form.put_bands(outcome)
        if not form.validate():
            return self._check_page(form, outcome, status=422)
        try:
            with transaction(hold=(self.case,), once=form.once_key()) as done:
                done.result = self._keep(form)
        except AlreadyDone as first:
            return redirect(first.location, 303)
        except DomainError as refusal:
            forget_directory(standing().partnership_id)
            self._explain(form, refusal)
            return self._check_page(form, outcome, status=409)
        return redirect(done.result, 303)

    def _keep(self, form: CheckForm) -> str:
        newest = queries.of_case(self.case)
        form.require_version(fingerprint(newest[0].record.id if newest else "none"))
        made = operations.assess(
            self.case,
            scheme=self.made_by,
            answers=form.answers(),
            override=form.override(),
            replaces=self.replaced.record if self.replaced else None,
            by=viewer(),
        )
        drafting.discard(self.case, drafting.assessment(self.made_by.code), by=viewer())
        outcome = score(self.scoring, *_split(form.answers()), form.override())
        review = long_date(operations.suggested_review(outcome))
        flash(
            f"Assessment saved: {outcome.total} of {outcome.maximum}, {outcome.band.label}. "
            f"This band asks for a review by {review}."
        )
        return case_url(self.case, "risk.of_case", _anchor=f"assessment-{made.id}")

    def _explain(self, form: CheckForm, refusal: DomainError) -> None:
        if not isinstance(refusal, Clash):
            form.put_error(None, str(refusal))
            return
        visit = _Visit(self.case, self.made_by)
        self.last, self.newest = visit.last, visit.newest
        form.version.data = visit.version
        if visit.newest is None:
            form.put_error(
                None, "The page did not say when it was opened, so nothing was saved. Check it, then save it"
            )
            return
        self.clash = newest = visit.newest
        who = directory(self.case.partnership_id).user(newest.record.assessed_by)
        words = f"{newest.point.total} of {newest.point.maximum}, {newest.point.band_words}"
        when = time_of_day(newest.record.assessed_at)
        form.theirs_by = who
        form.put_error(
            None, f"{who} assessed this case at {when}: {words}. Compare the two, and save yours if it still holds"
        )

    def _outcome(self, answers: AssessForm) -> Score:
        return score(self.scoring, *_split(answers.answers()))

    def _check_page(self, form: CheckForm, outcome: Score, *, status: int) -> Response:
        form.put_bands(outcome)
        return self._page(
            "risk/check.html",
            form,
            status=status,
            outcome=outcome,
            change=_change(self.last, outcome, self.made_by),
            compared=self.start,
            differing=self._differing(outcome),
            review_on=operations.suggested_review(outcome),
        )

    def _differing(self, outcome: Score) -> list[str]:
        """The questions answered otherwise than in the assessment that the answers could be filled in from."""
        before = {answer.question: answer.option for answer in self.start.answers} if self.start else {}
        return differing(before, {answer.question: answer.option for answer in outcome.answers})

    def _page(self, template: str, form: AssessForm, **context: Any) -> Response:
        return _show(
            template,
            self.case,
            form=form,
            scheme=self.made_by,
            scoring=self.scoring,
            last=self.last,
            replaced=self.replaced,
            start=self.start,
            filled=self.fill,
            other_version=self.other_version,
            clash=self.clash,
            **context,
        )


def _split(answers: dict[str, tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Options and evidence apart, as scoring takes them."""
    return (
        {question: chosen for question, (chosen, _) in answers.items()},
        {question: evidence for question, (_, evidence) in answers.items()},
    )


def _change(last: Assessed | None, outcome: Score, made_by: Scheme) -> str:
    """What changed since last time, such as "up 3 since 6 October"; "" when there is nothing to compare with."""
    if last is None:
        return ""
    now = Point(
        at=last.record.assessed_at,
        total=outcome.total,
        maximum=outcome.maximum,
        band=outcome.band.label,
        rank=outcome.band.rank,
        scheme=made_by.code,
        version=made_by.version,
    )
    words = change_words(last.point, now)
    return f"{words} since {long_date(last.record.assessed_at)}" if words else ""


def _replaced(found: list[Assessed]) -> Assessed | None:
    """The assessment that the new one is to replace, when the address names one that still counts."""
    try:
        wanted = uuid.UUID(request.args.get("replaces", ""))
    except ValueError:
        return None
    return next((assessed for assessed in queries.counting(found) if assessed.record.id == wanted), None)


def _may_assess(case: Case) -> bool:
    return case.state in (CaseState.SENT, CaseState.OPEN) and can(Permission.RISK_ASSESS, case)


def _show(template: str, case: Case, **context: Any) -> Response:
    status = context.pop("status", 200)
    return page(
        template,
        event=Event.RISK_LOOKED_AT,
        record=case,
        status=status,
        case=case,
        case_path=f"/{standing().slug}/cases/{case.reference}",
        slug=standing().slug,
        marking=standing().marking,
        directory=directory(case.partnership_id),
        **context,
    )
