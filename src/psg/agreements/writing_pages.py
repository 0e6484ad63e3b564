"""Writing agreements: a new one, drafts, the file, publishing and withdrawing."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response as Answer

from psg.access import Permission, page, requires, standing, viewer
from psg.agreements import finding, operations, queries, showing
from psg.agreements.blueprint import bp
from psg.agreements.forms import AgreementForm, FileForm, VersionForm, publish_form, signatory_field
from psg.agreements.models import Agreement, AgreementVersion
from psg.audit.events import Event
from psg.db import DomainError
from psg.partnerships.forms import ConfirmForm
from psg.partnerships.queries import directory
from psg.partnerships.rules import code_from
from psg.partnerships.saving import save, status_of

_FIELDS = ("text", "purposes", "in_force_from", "sign_by", "review_on", "ends_on")


@bp.route("/<partnership>/agreements/new", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT)
def new_agreement() -> Answer:
    """A new agreement; its first version is written next."""
    place = standing()
    form = AgreementForm()

    def change() -> str:
        if form.slug.data != code_from(form.slug.data) or form.slug.data == "new":
            raise DomainError("The name in addresses must be small letters, figures and dashes.")
        agreement = operations.create_agreement(
            place.partnership_id,
            slug=form.slug.data,
            title=form.title.data,
            opens_cases=form.opens_cases.data == "yes",
            by=viewer(),
        )
        return url_for(".new_version", partnership=place.slug, agreement=agreement.slug)

    to = url_for(".agreement_list", partnership=place.slug)
    if answer := save(form, change, to=to, done="Agreement added. Write its first version."):
        return answer
    return page("agreements/new.html", form=form, place=place, status=status_of(form))


@bp.route("/<partnership>/agreements/<agreement>/new-version", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT, agreement=finding.find)
def new_version(agreement: Agreement) -> Answer:
    """A new draft."""
    place = standing()
    form = VersionForm()

    def change() -> str:
        version = operations.draft_version(agreement, by=viewer(), **form.values())
        return _address(agreement, version)

    to = url_for(".agreement_list", partnership=place.slug)
    first = not queries.versions_of(agreement)
    if _in_order(form, first=first) and (
        answer := save(form, change, to=to, done="Draft saved. Publish it when it is right.")
    ):
        return answer
    return page(
        "agreements/edit.html", form=form, place=place, agreement=agreement, number=None, status=status_of(form)
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/edit", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT, version=finding.find_draft)
def edit_version(version: AgreementVersion) -> Answer:
    """Change a draft."""
    place = standing()
    agreement = finding.agreement_of(version)

    def values() -> dict[str, Any]:
        return {name: getattr(version, name) for name in _FIELDS}

    form = VersionForm(version=version.version, **values())
    to = _address(agreement, version)

    def change() -> None:
        operations.change_draft(version, by=viewer(), **form.values())

    ready = _in_order(form, first=version.number == 1)
    if ready and (answer := save(form, change, to=to, done="Draft saved.", hold=(version,), values=values)):
        return answer
    return page(
        "agreements/edit.html",
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        form=form,
        place=place,
        agreement=agreement,
        number=version.number,
        status=status_of(form),
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/file/add", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT, version=finding.find_draft)
def add_file(version: AgreementVersion) -> Answer:
    """Add the PDF: a form of its own, so that no typed text is at stake."""
    place = standing()
    agreement = finding.agreement_of(version)
    form = FileForm()

    def change() -> None:
        content = form.file.data.stream.read()
        operations.set_file(version, name=form.file.file_name, content=content, by=viewer())

    to = _address(agreement, version)
    if answer := save(form, change, to=to, done="File added.", hold=(version,)):
        return answer
    return page(
        "agreements/file.html", form=form, place=place, agreement=agreement, version=version, status=status_of(form)
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/publish", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT, version=finding.find_draft)
def publish(version: AgreementVersion) -> Answer:
    """Name the parties and their signatories, and fix the words."""
    place = standing()
    agreement = finding.agreement_of(version)
    agencies = [agency for agency in directory(place.partnership_id).agencies if agency.active]
    form = publish_form(place.partnership_id, agencies)

    def change() -> None:
        parties = {agency_id: form[signatory_field(agency_id)].data for agency_id in form.agencies.data}
        operations.publish_version(version, parties=parties, by=viewer())

    to = _address(agreement, version)
    done = "Published. The agencies are asked to sign; those that have not signed by the date see no case."
    if answer := save(form, change, to=to, done=done, hold=(version,)):
        return answer
    return page(
        "agreements/publish.html",
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        form=form,
        place=place,
        agreement=agreement,
        version=version,
        signatories=[form[signatory_field(agency.id)] for agency in agencies],
        without_lead=[a.name for a in agencies if not showing.leads_of(place.partnership_id, a.id)],
        status=status_of(form),
    )


@bp.route("/<partnership>/agreements/<agreement>/<int(max=9999):number>/withdraw", methods=["GET", "POST"])
@requires(Permission.AGREEMENT_EDIT, version=finding.find_version)
def withdraw(version: AgreementVersion) -> Answer:
    """Withdraw a published version: no signature of it counts any more."""
    place = standing()
    agreement = finding.agreement_of(version)
    form = ConfirmForm(version=version.version)

    def change() -> None:
        operations.withdraw_version(version, by=viewer())

    to = _address(agreement, version)
    if answer := save(form, change, to=to, done="Version withdrawn.", hold=(version,)):
        return answer
    return page(
        "agreements/withdraw.html",
        event=Event.AGREEMENT_LOOKED_AT,
        record=version,
        form=form,
        place=place,
        agreement=agreement,
        version=version,
        losing=showing.losing_without(place.partnership_id, version.id),
        back=to,
        status=status_of(form),
    )


def _in_order(form: VersionForm, *, first: bool) -> bool:
    """Whether the page may try to save: not sent at all, or sent with dates that follow each other."""
    return not form.is_submitted() or (form.validate() and form.in_order(first=first))


def _address(agreement: Agreement, version: AgreementVersion) -> str:
    return url_for(
        "agreements.show_version", partnership=standing().slug, agreement=agreement.slug, number=version.number
    )
