"""What stands around the rows of the list of cases: its heading, filters, headed columns and links to other lists.

It is the same for everybody who may do the same and filters alike, so it is drawn once for each and remembered. What is
drawn comes from the values of `Around` alone, never from the request.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from markupsafe import Markup

from psg.cases.listing import Filters, Shown, Sort
from psg.cases.rules import TONE_WORDS, Tone
from psg.web.stencil import draw, select_options

STATES = {
    Shown.OPEN: "Open",
    Shown.WAITING: "Waiting for a decision",
    Shown.CLOSED: "Closed",
    Shown.DECLINED: "Declined",
    Shown.MINE: "My drafts",
}
_WORDS, _ROWS = "\ue000words\ue001", "\ue000rows\ue001"
"""Stand for what differs each time."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """All that decides what stands around the rows."""

    slug: str
    may_log: bool
    may_settle: bool
    filters: Filters
    agencies: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, str], ...]
    themes: tuple[tuple[str, str], ...]
    theme: str
    """Words of the theme in use, which may be one that is offered no more."""
    bands: tuple[tuple[Tone, str], ...]

    def above(self, words: str) -> Markup:
        """What stands above the table. words: how many cases there are."""
        return _drawn(self)[0].replace(_WORDS, words)

    def table(self, rows: Markup) -> Markup:
        """The table with its rows."""
        return _drawn(self)[1].replace(_ROWS, rows)

    def address(self, filters: Filters, after: str = "") -> str:
        """Of the list with these filters, from its count on: whoever filters, sorts or pages reads on there."""
        values: dict[str, Any] = {
            "state": filters.shown.value if filters.shown is not Shown.OPEN else None,
            "sort": filters.sort.value if filters.sort is not Sort.REVIEW else None,
            "agency": filters.agency_id,
            "band": filters.tone.value if filters.tone else None,
            "review": "overdue" if filters.overdue else None,
            "theme": filters.theme or None,
            "group": filters.group_id,
            "after": after or None,
        }
        given = {name: value for name, value in values.items() if value is not None}
        plain = url_for("cases.index", partnership=self.slug, _anchor="count")
        return plain.replace("#", f"?{urlencode(given)}#", 1) if given else plain

    @property
    def chips(self) -> list[dict[str, str]]:
        """One for each filter in use, with the address of the list without it."""
        return [{"text": words, "href": self.address(without)} for words, without in self._in_use()]

    def _in_use(self) -> Iterator[tuple[str, Filters]]:
        filters = self.filters
        if filters.agency_id:
            yield f"Led by {dict(self.agencies)[str(filters.agency_id)]}", replace(filters, agency_id=None)
        if filters.tone:
            yield dict(self.bands).get(filters.tone, TONE_WORDS[filters.tone]), replace(filters, tone=None)
        if filters.overdue:
            yield "Review overdue", replace(filters, overdue=False)
        if filters.theme:
            yield self.theme, replace(filters, theme="")
        if filters.group_id:
            yield dict(self.groups)[str(filters.group_id)], replace(filters, group_id=None)


@lru_cache(maxsize=256)
def _drawn(around: Around) -> tuple[Markup, Markup]:
    """What stands above the table, and the table without its rows."""
    filters = around.filters
    place = {"slug": around.slug, "may_log": around.may_log, "may_settle": around.may_settle}
    plain = around.address(Filters(shown=filters.shown, sort=filters.sort))
    return (
        draw("cases/around.html", "above", place, _fields(around), filters, _WORDS, around.chips, plain),
        draw("cases/around.html", "table", _columns(around), _ROWS),
    )


def _fields(around: Around) -> dict[str, Markup]:
    """What the filter row offers."""
    filters = around.filters
    bands = [(tone.value, words) for tone, words in around.bands]
    overdue = [("overdue", "Review overdue")]
    return {
        "state": select_options([(shown.value, words) for shown, words in STATES.items()], filters.shown.value),
        "agency": select_options(around.agencies, str(filters.agency_id or ""), empty="Any agency"),
        "band": select_options(bands, filters.tone or "", empty="Any band"),
        "review": select_options(overdue, "overdue" if filters.overdue else "", empty="Any date"),
        "theme": select_options(around.themes, filters.theme, empty="Any theme"),
        "group": select_options(around.groups, str(filters.group_id or ""), empty="Any group"),
    }


def _columns(around: Around) -> list[dict[str, Any]]:
    filters = around.filters

    def column(text: str, sort: Sort, direction: str) -> dict[str, Any]:
        chosen = filters.order is sort
        address = around.address(replace(filters, sort=sort))
        return {"text": text, "sort": address, "direction": direction if chosen else None}

    review = column("Review due", Sort.REVIEW, "ascending") if filters.shown is Shown.OPEN else {"text": "Review due"}
    return [
        column("Case", Sort.REFERENCE, "ascending"),
        {"text": "About"},
        column("Band", Sort.BAND, "descending"),
        {"text": "Lead"},
        {"text": "Open actions", "numeric": True},
        review,
        column("Last activity", Sort.ACTIVITY, "descending"),
    ]
