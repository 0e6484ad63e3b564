"""Signing in three steps (what it opens, the words, the signature), and ending a signature."""

from datetime import timedelta

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import Permission, page, requires, standing, viewer
from psg.accounts import passwords, throttle
from psg.accounts import queries as accounts
from psg.agreements import finding, operations, queries, showing
from psg.agreements.blueprint import bp
from psg.agreements.forms import EndForm, SignForm
from psg.agreements.models import Agreement, AgreementParty, AgreementVersion, Signature
from psg.audit.events import Event
from psg.db import AlreadyDone, DomainError, reading_done, transaction
from psg.partnerships.people import who_would_lose_access
from psg.partnerships.queries import directory
from psg.partnerships.saving import save, status_of
from psg.web.fields import option
from psg.web.words import time_of_day

_SIGN = "/<partnership>/agreements/<agreement>/<int(max=9999):number>/sign"


@bp.route(_SIGN)
@requires(Permission.AGREEMENT_SIGN, party=finding.party_for, version=finding.version_of)
def sign(party: AgreementParty, version: AgreementVersion) -> Answer:
    """First step: what signing opens."""
    return _step("agreements/sign_what.html", party, version)


@bp.route(_SIGN + "/text")
@requires(Permission.AGREEMENT_SIGN, party=finding.party_for, version=finding.version_of)
def sign_text(party: AgreementParty, version: AgreementVersion) -> Answer:
    """Second step: the full words."""
    return _step("agreements/sign_text.html", party, version)


@bp.route(_SIGN + "/confirm", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_SIGN, party=finding.party_for, version=finding.version_of)
def sign_confirm(party: AgreementParty, version: AgreementVersion) -> Answer:
    """Third step: name, post, authority and password."""
    place = standing()
    agreement = finding.agreement_of(version)
    member = directory(place.partnership_id).member(viewer().user_id)
    form = SignForm(name=viewer().name, post=member.post if member else "")
    sentence = f"I am authorised to sign for {directory(place.partnership_id).agency_name(party.agency_id)}."
    form.authority.choices = [option("yes", sentence)]
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            status = _check_password(form)
        if status == 200:
            problem = _signed(form, party, version, sentence)
            if problem is None:
                return redirect(_at(".signed", agreement, version), 303)
            form.put_error(None, problem)
            status = 409
    return _step("agreements/sign_confirm.html", party, version, form=form, sentence=sentence, status=status)


def _check_password(form: SignForm) -> int:
    """200 when the password is the signatory's own; otherwise the status of the page that says why not."""
    user = accounts.get(viewer().user_id)
    at = throttle.source(f"signing {viewer().user_id}", request.remote_addr or "", None)
    if wait := throttle.seconds_to_wait(at):
        until = clock.local(clock.now() + timedelta(seconds=wait))
        form.password.put_error(f"Too many tries. Try again at {time_of_day(until)}")
        return 429
    reading_done()
    if user is not None and passwords.matches(user.password_hash, form.password.data):
        return 200
    with transaction():
        throttle.failed(at)
        audit.security(
            Event.SIGN_IN_FAILED,
            user_id=viewer().user_id,
            partnership_id=standing().partnership_id,
            why="password at signing",
        )
    form.password.put_error("Password is not right")
    return 422


def _signed(form: SignForm, party: AgreementParty, version: AgreementVersion, sentence: str) -> str | None:
    """Sign; the reason when the rules refuse."""
    at = throttle.source(f"signing {viewer().user_id}", request.remote_addr or "", None)
    agreement = finding.agreement_of(version)
    try:
        with transaction(once=form.once_key(), hold=(version,)) as change:
            throttle.succeeded(at)
            audit.security(Event.PASSWORD_CONFIRMED, user_id=viewer().user_id, partnership_id=version.partnership_id)
            operations.sign(
                version,
                agency_id=party.agency_id,
                name=form.name.data,
                post=form.post.data,
                authority=sentence,
                by=viewer(),
            )
            change.result = _at(".signed", agreement, version)
    except AlreadyDone:
        return None
    except DomainError as problem:
        return str(problem)
    return None


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/signed")
@requires(Permission.AGREEMENT_SIGN, party=finding.party_for, version=finding.version_of)
def signed(party: AgreementParty, version: AgreementVersion) -> Answer:
    """The panel after signing."""
    signature = _current(party, version)
    if signature is None:
        return redirect(_at(".sign", finding.agreement_of(version), version))
    return _step("agreements/signed.html", party, version, signature=signature)


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/end/<uuid:agency_id>", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_END, signature=finding.find_signature, version=finding.version_of)
def end_signature(signature: Signature, version: AgreementVersion) -> Answer:
    """End an agency's signature, after saying how many people lose sight of every case at once."""
    place = standing()
    agreement = finding.agreement_of(version)
    form = EndForm()

    def change() -> None:
        operations.end_signature(signature, reason=form.reason.data, by=viewer())

    to = _at(".show_version", agreement, version)
    if answer := save(form, change, to=to, hold=(signature,)):
        flash("The signature has ended.")
        return answer
    losing = showing.losing_without(place.partnership_id, signature.id)
    return page(
        "agreements/end.html",
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        form=form,
        place=place,
        agreement=agreement,
        version=version,
        agency=directory(place.partnership_id).agency_name(signature.agency_id),
        losing=sum(count for _, count in losing),
        back=to,
        status=status_of(form),
    )


def _step(template: str, party: AgreementParty, version: AgreementVersion, **context: object) -> Answer:
    place = standing()
    agreement = finding.agreement_of(version)
    return page(
        template,
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        place=place,
        agreement=agreement,
        version=version,
        agency=directory(place.partnership_id).agency_name(party.agency_id),
        people=who_would_lose_access(place.partnership_id, party.agency_id),
        can_sign=queries.stands(version) and _current(party, version) is None,
        **context,  # type: ignore[arg-type]
    )


def _current(party: AgreementParty, version: AgreementVersion) -> Signature | None:
    signatures = queries.signatures_of(version.partnership_id, [version.id])
    return next((s for s in signatures if s.agency_id == party.agency_id and s.ended_at is None), None)


def _at(endpoint: str, agreement: Agreement, version: AgreementVersion) -> str:
    return url_for(endpoint, partnership=standing().slug, agreement=agreement.slug, number=version.number)
