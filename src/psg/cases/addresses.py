"""The addresses of a case's pages, by the name of the page."""

from typing import Any

from flask import current_app, url_for

from psg.access import standing
from psg.cases.models import Case

_EXTENSION = "psg.case-addresses"


def case_url(case: Case, endpoint: str = "casefile.show", **values: Any) -> str:
    """The address of a page of a case, whichever feature the page belongs to."""
    if values:
        return url_for(endpoint, partnership=standing().slug, reference=case.reference, **values)
    # A case page has two dozen of these. Slugs and references need no quoting, so each is built once and filled.
    known: dict[str, str] = current_app.extensions.setdefault(_EXTENSION, {})
    if endpoint not in known:
        known[endpoint] = url_for(endpoint, partnership="SLUG", reference="REFERENCE")
    return known[endpoint].replace("SLUG", standing().slug).replace("REFERENCE", case.reference)
