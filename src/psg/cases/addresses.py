"""The addresses of a case's pages, by the name of the page."""

from typing import Any
from uuid import UUID

from flask import current_app, url_for

from psg.access import standing
from psg.cases.models import Case

_EXTENSION = "psg.case-addresses"


def case_url(case: Case, endpoint: str = "casefile.show", **values: Any) -> str:
    """The address of a page of a case, whichever feature the page belongs to."""
    if not all(isinstance(value, UUID) for value in values.values()):
        return url_for(endpoint, partnership=standing().slug, reference=case.reference, **values)
    # A case page has two dozen of these. Slugs, references and ids need no quoting: each is built once and filled.
    known: dict[tuple[str, ...], str] = current_app.extensions.setdefault(_EXTENSION, {})
    asked = (endpoint, *values)
    holes: dict[str, Any] = {name: UUID(int=place) for place, name in enumerate(values)}
    if asked not in known:
        known[asked] = url_for(endpoint, partnership="SLUG", reference="REFERENCE", **holes)
    address = known[asked].replace("SLUG", standing().slug).replace("REFERENCE", case.reference)
    for name, hole in holes.items():
        address = address.replace(str(hole), str(values[name]))
    return address
