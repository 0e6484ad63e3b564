"""People, places and agencies' numbers: added to a draft by its writer, to a sent case by whoever may write on it."""

import uuid

from flask import flash
from werkzeug.wrappers import Response as AnyResponse

from psg.access import Permission, requires, standing, viewer
from psg.cases import contents, matching, operations, queries
from psg.cases.addresses import case_url
from psg.cases.contents import PersonView, PlaceView
from psg.cases.forms import PersonForm, PlaceForm, ReferenceForm
from psg.cases.forms.parties import NEW
from psg.cases.models import AgencyReference, Case, CasePlace, Involvement
from psg.cases.routes.shared import bp, carry_out, show
from psg.cases.rules import CaseState
from psg.partnerships import clashing
from psg.people.matching import person_terms
from psg.web.forms import Form


def _back(case: Case) -> str:
    """Where the list of people and places of this case stands."""
    if case.state is CaseState.DRAFT:
        return case_url(case, "cases.who", _anchor="people")
    return case_url(case, "casefile.people", _anchor="people")


def _saved(case: Case, words: str) -> str:
    flash(words)
    return _back(case)


# People


@bp.route("/<partnership>/cases/<reference>/log/people/add", methods=["GET", "POST"], endpoint="draft_person_add")
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def add_person_to_draft(case: Case) -> AnyResponse:
    """Another person on a draft."""
    return _add_person(case)


@bp.route("/<partnership>/cases/<reference>/people/add", methods=["GET", "POST"], endpoint="person_add")
@requires(Permission.CASE_WRITE, case=queries.find)
def add_person(case: Case) -> AnyResponse:
    """Another person on a case."""
    return _add_person(case)


def _add_person(case: Case) -> AnyResponse:
    form = PersonForm(case.partnership_id)
    if form.validate_on_submit():
        known = _known_elsewhere(case, form)
        if known:
            form.offer(known)
        answer = form.same_as.typed[0] if form.same_as.typed else ""
        if known and not form.same_as.on_offer(answer):
            form.put_error("same_as", "Select whether it is somebody you know from another case")
        else:
            person_id = uuid.UUID(answer) if known and answer != NEW else None
            done = carry_out(form, lambda: _put_person(case, form, person_id), hold=(case,))
            if done is not None:
                return done
    return show("cases/person.html", case, form=form, adding=True, back=_back(case))


def _known_elsewhere(case: Case, form: PersonForm) -> list[tuple[uuid.UUID, str, str]]:
    """People of other cases, seen by this viewer, that it may be."""
    values = form.values_for_operation()
    terms = person_terms(values["names"], values["born"], values["details"])
    found: dict[uuid.UUID, tuple[uuid.UUID, str, str]] = {}
    for match in matching.visible_matches(viewer(), standing(), terms, but=case.id):
        for person_id, name in match.people.items():
            found.setdefault(person_id, (person_id, name, match.case.reference))
    return list(found.values())[:10]


def _put_person(case: Case, form: PersonForm, person_id: uuid.UUID | None) -> str:
    operations.add_person(case, **form.values_for_operation(), person_id=person_id, by=viewer())
    return _saved(case, "Person added.")


@bp.route(
    "/<partnership>/cases/<reference>/log/people/<uuid:involvement_id>",
    methods=["GET", "POST"],
    endpoint="draft_person",
)
@requires(Permission.CASE_DRAFT, case=queries.find_draft, involvement=queries.find_involvement)
def change_person_of_draft(case: Case, involvement: Involvement) -> AnyResponse:
    """Put right what stands about a person on a draft."""
    return _change_person(case, involvement)


@bp.route(
    "/<partnership>/cases/<reference>/people/<uuid:involvement_id>/change",
    methods=["GET", "POST"],
    endpoint="person_change",
)
@requires(Permission.CASE_WRITE, case=queries.find, involvement=queries.find_involvement)
def change_person(case: Case, involvement: Involvement) -> AnyResponse:
    """Put right what stands about a person."""
    return _change_person(case, involvement)


def _change_person(case: Case, involvement: Involvement) -> AnyResponse:
    view = _person_view(case, involvement)
    form = PersonForm(case.partnership_id, view)

    def overtaken() -> None:
        now = _person_view(case, involvement)
        theirs = {name: value for name, value in now.details.items() if name in form}
        theirs |= {"first": now.names.first, "last": now.names.last, "aliases": ", ".join(now.names.aliases)}
        clashing.show(form, involvement, theirs=theirs, version=involvement.version)

    if form.validate_on_submit():
        held = (case, involvement)
        done = carry_out(form, lambda: _save_person(case, involvement, form), hold=held, overtaken=overtaken)
        if done is not None:
            return done
    return show("cases/person.html", case, form=form, adding=False, view=view, back=_back(case))


def _person_view(case: Case, involvement: Involvement) -> PersonView:
    return next(view for view in contents.people_of(case) if view.id == involvement.id)


def _save_person(case: Case, involvement: Involvement, form: PersonForm) -> str:
    form.require_version(involvement.version)
    operations.change_person(case, involvement, **form.values_for_operation(), by=viewer())
    return _saved(case, "Saved.")


@bp.route(
    "/<partnership>/cases/<reference>/log/people/<uuid:involvement_id>/remove",
    methods=["GET", "POST"],
    endpoint="draft_person_remove",
)
@requires(Permission.CASE_DRAFT, case=queries.find_draft, involvement=queries.find_involvement)
def remove_person_of_draft(case: Case, involvement: Involvement) -> AnyResponse:
    """Take a person off a draft, after asking once."""
    return _remove_person(case, involvement)


@bp.route(
    "/<partnership>/cases/<reference>/people/<uuid:involvement_id>/remove",
    methods=["GET", "POST"],
    endpoint="person_remove",
)
@requires(Permission.CASE_WRITE, case=queries.find, involvement=queries.find_involvement)
def remove_person(case: Case, involvement: Involvement) -> AnyResponse:
    """Take a person off the case, after asking once."""
    return _remove_person(case, involvement)


def _remove_person(case: Case, involvement: Involvement) -> AnyResponse:
    form = Form()

    def remove() -> str:
        operations.remove_person(case, involvement, by=viewer())
        return _saved(case, "Person taken off the case.")

    if form.validate_on_submit() and (done := carry_out(form, remove, hold=(case, involvement))) is not None:
        return done
    what = _person_view(case, involvement).names.full
    return show("cases/remove.html", case, form=form, what=what, back=_back(case))


# Places


@bp.route("/<partnership>/cases/<reference>/log/places/add", methods=["GET", "POST"], endpoint="draft_place_add")
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def add_place_to_draft(case: Case) -> AnyResponse:
    """Another place on a draft."""
    return _add_place(case)


@bp.route("/<partnership>/cases/<reference>/places/add", methods=["GET", "POST"], endpoint="place_add")
@requires(Permission.CASE_WRITE, case=queries.find)
def add_place(case: Case) -> AnyResponse:
    """Another place on a case."""
    return _add_place(case)


def _add_place(case: Case) -> AnyResponse:
    form = PlaceForm()

    def put() -> str:
        operations.add_place(case, details=form.details(), by=viewer())
        return _saved(case, "Place added.")

    if form.validate_on_submit() and (done := carry_out(form, put, hold=(case,))) is not None:
        return done
    return show("cases/place.html", case, form=form, adding=True, back=_back(case))


@bp.route(
    "/<partnership>/cases/<reference>/log/places/<uuid:place_id>", methods=["GET", "POST"], endpoint="draft_place"
)
@requires(Permission.CASE_DRAFT, case=queries.find_draft, place=queries.find_place)
def change_place_of_draft(case: Case, place: CasePlace) -> AnyResponse:
    """Put right what stands about a place on a draft."""
    return _change_place(case, place)


@bp.route(
    "/<partnership>/cases/<reference>/places/<uuid:place_id>/change", methods=["GET", "POST"], endpoint="place_change"
)
@requires(Permission.CASE_WRITE, case=queries.find, place=queries.find_place)
def change_place(case: Case, place: CasePlace) -> AnyResponse:
    """Put right what stands about a place."""
    return _change_place(case, place)


def _change_place(case: Case, place: CasePlace) -> AnyResponse:
    view = PlaceView(place.id, place.details or {}, place.added_by, place.added_at, place.version)
    form = PlaceForm(view)

    def save() -> str:
        form.require_version(place.version)
        operations.change_place(case, place, details=form.details(), by=viewer())
        return _saved(case, "Saved.")

    def overtaken() -> None:
        clashing.show(form, place, theirs=dict(place.details or {}), version=place.version)

    if form.validate_on_submit():
        done = carry_out(form, save, hold=(case, place), overtaken=overtaken)
        if done is not None:
            return done
    return show("cases/place.html", case, form=form, adding=False, view=view, back=_back(case))


@bp.route(
    "/<partnership>/cases/<reference>/log/places/<uuid:place_id>/remove",
    methods=["GET", "POST"],
    endpoint="draft_place_remove",
)
@requires(Permission.CASE_DRAFT, case=queries.find_draft, place=queries.find_place)
def remove_place_of_draft(case: Case, place: CasePlace) -> AnyResponse:
    """Take a place off a draft, after asking once."""
    return _remove_place(case, place)


@bp.route(
    "/<partnership>/cases/<reference>/places/<uuid:place_id>/remove", methods=["GET", "POST"], endpoint="place_remove"
)
@requires(Permission.CASE_WRITE, case=queries.find, place=queries.find_place)
def remove_place(case: Case, place: CasePlace) -> AnyResponse:
    """Take a place off the case, after asking once."""
    return _remove_place(case, place)


def _remove_place(case: Case, place: CasePlace) -> AnyResponse:
    form = Form()

    def remove() -> str:
        operations.remove_place(case, place, by=viewer())
        return _saved(case, "Place taken off the case.")

    if form.validate_on_submit() and (done := carry_out(form, remove, hold=(case, place))) is not None:
        return done
    details = place.details or {}
    what = details.get("address") or details.get("description") or "this place"
    return show("cases/remove.html", case, form=form, what=what, back=_back(case))


# Agencies' own numbers


@bp.route("/<partnership>/cases/<reference>/log/numbers/add", methods=["GET", "POST"], endpoint="draft_number_add")
@requires(Permission.CASE_DRAFT, case=queries.find_draft)
def add_number_to_draft(case: Case) -> AnyResponse:
    """An agency's own number on a draft."""
    return _add_number(case)


@bp.route("/<partnership>/cases/<reference>/numbers/add", methods=["GET", "POST"], endpoint="number_add")
@requires(Permission.CASE_WRITE, case=queries.find)
def add_number(case: Case) -> AnyResponse:
    """An agency's own number on a case."""
    return _add_number(case)


def _add_number(case: Case) -> AnyResponse:
    form = ReferenceForm(case.partnership_id, standing().agency_id)

    def put() -> str:
        operations.add_reference(
            case, agency_id=form.agency.data, number=form.number.data, meaning=form.meaning.data, by=viewer()
        )
        return _saved(case, "Number added.")

    if form.validate_on_submit() and (done := carry_out(form, put, hold=(case,))) is not None:
        return done
    return show("cases/number.html", case, form=form, back=_back(case))


@bp.route(
    "/<partnership>/cases/<reference>/log/numbers/<uuid:number_id>/remove",
    methods=["GET", "POST"],
    endpoint="draft_number_remove",
)
@requires(Permission.CASE_DRAFT, case=queries.find_draft, number=queries.find_reference)
def remove_number_of_draft(case: Case, number: AgencyReference) -> AnyResponse:
    """Take a number off a draft, after asking once."""
    return _remove_number(case, number)


@bp.route(
    "/<partnership>/cases/<reference>/numbers/<uuid:number_id>/remove",
    methods=["GET", "POST"],
    endpoint="number_remove",
)
@requires(Permission.CASE_WRITE, case=queries.find, number=queries.find_reference)
def remove_number(case: Case, number: AgencyReference) -> AnyResponse:
    """Take a number off the case, after asking once."""
    return _remove_number(case, number)


def _remove_number(case: Case, number: AgencyReference) -> AnyResponse:
    form = Form()

    def remove() -> str:
        operations.remove_reference(case, number, by=viewer())
        return _saved(case, "Number removed.")

    if form.validate_on_submit() and (done := carry_out(form, remove, hold=(case,))) is not None:
        return done
    return show("cases/remove.html", case, form=form, what=number.number or "this number", back=_back(case))
