"""A field for one uploaded file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import has_request_context, request
from werkzeug.datastructures import FileStorage
from wtforms.utils import unset_value

from psg.text import clean_file_name
from psg.web.fields.base import KitField


class FileField(KitField):
    """One file. `data` is a werkzeug FileStorage or None; `file_name` is its name made fit to be shown.

    A browser cannot be given a chosen file back, so files have a form of their own: no typed text is at stake.
    endings:  allowed endings such as ("pdf", "docx"); the content must still be checked by whoever keeps it.
    """

    macro = "file"

    def __init__(self, label: str, *, endings: Sequence[str] = (), max_bytes: int = 10_000_000, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.endings = tuple(ending.lower().lstrip(".") for ending in endings)
        self.max_bytes = max_bytes

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, None)
        if formdata is None or not has_request_context():
            return
        sent = [file for file in request.files.getlist(self.name) if file.filename]
        if len(sent) > 1:
            self.process_errors.append(f"{self.said}: select one file")
        elif sent:
            self.data = sent[0]

    @property
    def file_name(self) -> str:
        """The file's name without path and hidden characters."""
        return clean_file_name(self.data.filename or "") if isinstance(self.data, FileStorage) else ""

    def wrong(self) -> str | None:
        ending = self.file_name.rpartition(".")[2].lower()
        if self.endings and ending not in self.endings:
            return f"{self.said} must be a {' or '.join(self.endings).upper()} file"
        stream = self.data.stream
        size = stream.seek(0, 2)
        stream.seek(0)
        if size == 0:
            return f"{self.said} is empty"
        if size > self.max_bytes:
            return f"{self.said} must be smaller than {self.max_bytes // 1_000_000} MB"
        return None

    @property
    def shown(self) -> str:
        return ""
