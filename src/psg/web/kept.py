"""Posts that came after their session had timed out, as forms take them up again.

Who keeps them says so in `web.init_app`. The page of the form is opened with `?kept=<id>`: the form fills itself with
what was typed, and its writer checks it and presses its button. Nothing is carried out by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app, g, request
from werkzeug.datastructures import MultiDict

EXTENSION = "psg.web.kept"
ARGUMENT = "kept"
"""What the address of a form's page carries when it is to take up a late post."""
FIELD = "kept_post"
"""The hidden field that a form filled in this way sends along."""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kept:
    """A late post."""

    id: uuid.UUID
    fields: MultiDict[str, str]
    until: datetime
    """When it is dropped."""


def kept_for_this_page() -> Kept | None:
    """The late post that this page is opened for, when it is the reader's own and was sent to this very page."""
    if not request.args.get(ARGUMENT):
        return None
    if "psg_kept" not in g:
        find: Callable[[], Kept | None] = current_app.extensions.get(EXTENSION, lambda: None)
        g.psg_kept = find()
    found: Kept | None = g.psg_kept
    return found


def kept_id_sent() -> str:
    """The id of the late post that the form being sent takes up; "" when it takes up none."""
    sent = request.form.get(FIELD, "") if request.method == "POST" else ""
    try:
        return str(uuid.UUID(sent)) if len(sent) == 36 else ""
    except ValueError:
        return ""


def note_shown() -> None:
    """A form that was given back stands on this page, so its words need not be shown elsewhere."""
    g.psg_kept_shown = True


def was_shown() -> bool:
    """Whether this page has shown a form that was given back."""
    return bool(g.get("psg_kept_shown"))


def drafts_of(endpoint: str) -> Callable[[View], View]:
    """Marks an address that saves drafts of a form by itself, and names the form's own page."""

    def mark(view: View) -> View:
        view.__drafts_of__ = endpoint  # type: ignore[attr-defined]
        return view

    return mark
