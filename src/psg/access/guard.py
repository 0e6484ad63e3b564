"""The gate: every request declares its access, and the gate decides before a view runs.

Order: signed in? a place in this partnership? the agreement (before any record is loaded, so that an agency which has
not signed learns nothing of what exists)? the record? the rule? Forbidden and missing give the same answer.
"""

import inspect
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, make_response, render_template, request
from flask_login import current_user

from psg import audit
from psg.access import policy
from psg.access.facts import Facts, HasFacts, PartnershipFacts
from psg.access.permissions import NEEDS_AGREEMENT, SHOWS_CASES, Permission
from psg.access.viewer import Standing, Viewer
from psg.audit.events import Event
from psg.db import reading_done
from psg.web import nav

View = TypeVar("View", bound=Callable[..., Any])

_NOWHERE = uuid.UUID(int=0)
"""The partnership of decisions that are about the installation: nobody belongs to it."""


@dataclass(frozen=True)
class Access:
    """What an endpoint declared."""

    permission: Permission | None
    loaders: tuple[tuple[str, Callable[..., Any]], ...] = ()
    anybody: bool = False


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    view.__access__ = Access(None, anybody=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open to everybody who is signed in; shows nothing but their own things."""
    view.__access__ = Access(None)  # type: ignore[attr-defined]
    return view


def requires(permission: Permission, **loaders: Callable[..., Any]) -> Callable[[View], View]:
    """Needs a permission. Each keyword names a view argument and the loader that finds it.

    The first loader is called as `loader(viewer, standing, **url arguments it names)`, every further one as
    `loader(viewer, standing, first_record, **url arguments it names)`. The view gets the records in place of the
    url arguments, so it never handles an unchecked one. The permission is asked about the first record.
    """

    def declare(view: View) -> View:
        view.__access__ = Access(permission, tuple(loaders.items()))  # type: ignore[attr-defined]
        return view

    return declare


def viewer() -> Viewer:
    """The signed-in person."""
    person: Viewer | None = g.get("viewer")
    return person or current_user._get_current_object()  # noqa: SLF001 - no public way


def standing() -> Standing:
    """The signed-in person's place in the partnership of this page."""
    place: Standing = g.standing
    return place


def can(permission: Permission, record: HasFacts | Facts | None = None) -> bool:
    """Whether the signed-in person may do this: what templates ask before they draw a button."""
    if "viewer" not in g and not current_user.is_authenticated:
        return False
    return policy.permits(viewer(), permission, _facts_of(record))


def page(
    template: str,
    *,
    event: Event | None = None,
    record: Any = None,
    ids: Iterable[Any] = (),
    status: int = 200,
    **context: Any,
) -> Response:
    """Show a page: end the read, write the view into the audit, then render. If the audit fails, nothing is shown.

    event, record, ids: what was looked at. A page behind a permission that opens cases must name them.
    """
    access: Access | None = g.get("access")
    nav.current()  # part of what is read: asked later it would begin another transaction after the audit's
    if event is None:
        if access is not None and access.permission in SHOWS_CASES:
            raise RuntimeError(f"{request.endpoint} shows cases but names no audit event")
        reading_done()
    else:
        why = g.get("granted_by") or ""
        audit.looked(event, record, by=viewer(), partnership_id=_partnership_id(record), ids=ids, why=why)
    return make_response(render_template(template, **context), status)


def init_app(app: Flask) -> None:
    """Put the gate before every request."""
    app.before_request(_gate)
    app.jinja_env.globals.update(can=can, P=Permission)


def check_declared(app: Flask) -> None:
    """Stop the application from starting when an endpoint declares no access."""
    silent = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "__access__"))
    if silent:
        raise RuntimeError(f"these endpoints declare no access rule: {', '.join(silent)}")


def _gate() -> Any:
    if request.endpoint is None:
        return None  # nothing matched; the error page follows
    access: Access = vars(current_app.view_functions[request.endpoint])["__access__"]
    g.access = access
    if access.anybody:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    g.viewer = viewer()
    arguments = request.view_args or {}
    place = _place(arguments)
    if access.permission is None:
        return None
    if place is not None and (missing := _agreement_missing(place, access.permission)) is not None:
        return missing
    records = _load(access, place, arguments)
    subject = records[access.loaders[0][0]] if access.loaders else None
    g.granted_by = policy.granted_by(viewer(), access.permission, _facts_of(subject))
    if g.granted_by is None:
        _refuse(access.permission, subject)
    request.view_args = arguments | records
    return None


def _place(arguments: dict[str, Any]) -> Standing | None:
    g.standing = None
    if "partnership" not in arguments:
        return None
    place = viewer().standing_at(arguments.pop("partnership"))
    if place is None:
        _refuse(None)
    g.standing = place
    return place


def _agreement_missing(place: Standing, permission: Permission) -> Response | None:
    if permission not in NEEDS_AGREEMENT or place.agreement_signed:
        return None
    if not policy.could_ever(place, permission):
        return None
    audit.refused(permission, by=viewer(), partnership_id=place.partnership_id, why="agreement")
    return current_app.extensions["psg.agreement_needed"](place)  # type: ignore[no-any-return]


def _load(access: Access, place: Standing | None, arguments: dict[str, Any]) -> dict[str, Any]:
    records: dict[str, Any] = {}
    first: tuple[Any, ...] = ()
    for name, loader in access.loaders:
        wanted = inspect.signature(loader).parameters
        named = {key: arguments.pop(key) for key in list(arguments) if key in wanted}
        record = loader(viewer(), place, *first, **named)
        if record is None:
            _refuse(access.permission)
        records[name] = record
        first = first or (record,)
    return records


def _refuse(permission: Permission | None, subject: Any = None) -> None:
    place = g.get("standing")
    audit.refused(
        permission,
        by=viewer(),
        partnership_id=place.partnership_id if place else None,
        record=subject,
        why=request.endpoint or "",
    )
    abort(404)


def _facts_of(record: HasFacts | Facts | None) -> Facts:
    if record is None:
        place = g.get("standing")
        return PartnershipFacts(place.partnership_id if place else _NOWHERE)
    if hasattr(record, "facts"):
        return record.facts()
    return record


def _partnership_id(record: Any) -> Any:
    if g.get("standing") is not None:
        return g.standing.partnership_id
    return getattr(record, "partnership_id", None)
