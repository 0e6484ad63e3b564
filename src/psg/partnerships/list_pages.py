"""The partnership's own lists: add, reword, retire. An entry is never deleted: cases that have it keep it."""

from dataclasses import asdict
from typing import Any

from flask import abort, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, page, requires, standing, viewer
from psg.audit.events import Event
from psg.db import DomainError, db
from psg.partnerships import operations, queries
from psg.partnerships.bases import LAWFUL_BASES
from psg.partnerships.blueprint import bp
from psg.partnerships.forms import ChangeBasisForm, ChangeTermForm, TermForm
from psg.partnerships.models import Term
from psg.partnerships.rules import code_from
from psg.partnerships.saving import save, status_of
from psg.partnerships.standard_lists import newer_words

STANDARD = "standard"
"""In an entry's address: its form opens with the standard words."""
TITLES = {
    "themes": "Themes",
    "event-kinds": "Kinds of note",
    "person-roles": "Roles of people in a case",
    LAWFUL_BASES: "Lawful bases",
    "purposes": "Purposes",
    "handling": "Handling",
    "close-reasons": "Reasons for closing a case",
    "decline-reasons": "Reasons for declining a referral",
}


@bp.route("/<partnership>/lists")
@requires(Permission.LISTS_EDIT)
def lists() -> Answer:
    """The lists there are."""
    place = standing()
    counts = {name: len(queries.terms(place.partnership_id, name)) for name in TITLES}
    return page("partnerships/lists.html", place=place, titles=TITLES, counts=counts)


@bp.route("/<partnership>/lists/<name>", methods=["GET", "POST"])
@requires(Permission.LISTS_EDIT)
def one_list(name: str) -> Answer:
    """One list, and adding to it."""
    if name not in TITLES:
        abort(404)
    place = standing()
    form = TermForm()

    def change() -> None:
        code = code_from(form.label.data)
        taken = select(Term.id).where(Term.partnership_id == place.partnership_id, Term.list == name, Term.code == code)
        if not code or db.session.scalar(taken):
            raise DomainError("The list has such an entry already. Reword that one, or choose other words.")
        operations.add_term(
            place.partnership_id, name, code=code, label=form.label.data, hint=form.hint.data, by=viewer()
        )

    to = url_for(".one_list", partnership=place.slug, name=name)
    if answer := save(form, change, to=to, done="Entry added."):
        return answer
    statement = select(Term).where(Term.partnership_id == place.partnership_id, Term.list == name)
    terms = list(db.session.scalars(statement.order_by(Term.position, Term.label)))
    return page(
        "partnerships/list.html",
        event=Event.PARTNERSHIP_LOOKED_AT,
        form=form,
        place=place,
        name=name,
        title=TITLES[name],
        terms=terms,
        newer={term.id: words for term in terms if (words := newer_words(term))},
        today=clock.today(),
        status=status_of(form),
    )


@bp.route("/<partnership>/lists/<name>/<uuid:term_id>", methods=["GET", "POST"])
@requires(Permission.LISTS_EDIT, term=queries.find_term)
def change_term(term: Term) -> Answer:
    """Reword or retire an entry. Its form opens with the standard words where those are to be taken over."""
    place = standing()
    newer = newer_words(term)

    made = ChangeBasisForm if term.list == LAWFUL_BASES else ChangeTermForm

    def values() -> dict[str, Any]:
        saved = {"label": term.label, "hint": term.hint, "valid_until": term.valid_until}
        return saved | ({"common": "yes" if term.common else "no"} if term.list == LAWFUL_BASES else {})

    taken_over = asdict(newer) if newer and request.args.get("words") == STANDARD else {}
    form = made(version=term.version, **values() | taken_over)

    def change() -> None:
        answers = form.values()
        if "common" in answers:
            answers["common"] = answers["common"] == "yes"
        operations.change_term(term, by=viewer(), **answers)

    to = url_for(".one_list", partnership=place.slug, name=term.list)
    if answer := save(form, change, to=to, done="Entry saved.", hold=(term,), values=values):
        return answer
    return page(
        "partnerships/term.html",
        event=Event.PARTNERSHIP_LOOKED_AT,
        form=form,
        place=place,
        term=term,
        newer=newer,
        taken_over=bool(taken_over),
        title=TITLES.get(term.list, term.list),
        status=status_of(form),
    )
