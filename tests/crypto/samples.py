"""Two small tables with sealed columns, outside the product's own tables."""

import uuid
from datetime import datetime

from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from psg.crypto import Sealed, sealed_json, sealed_text
from psg.db import Owned, UtcDateTime
from psg.ids import new_id


class SampleBase(DeclarativeBase):
    """Its own metadata: sample tables must not look like the product's."""

    metadata = MetaData()
    type_annotation_map = {datetime: UtcDateTime(), uuid.UUID: Uuid()}
    __audited__ = False


class _Row:
    __init__ = Owned.__init__

    partnership_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class Folder(Sealed, _Row, SampleBase):
    """Owns its data key."""

    __tablename__ = "folders"

    state: Mapped[str] = mapped_column(default="open")
    title = sealed_text()
    summary = sealed_text(deferred=True)
    answers = sealed_json()

    def __init__(self, **values):
        values.setdefault("id", new_id())
        super().__init__(**values)


class Slip(Sealed, _Row, SampleBase):
    """Sealed under its folder's key."""

    __tablename__ = "slips"
    __key_owner__ = "folder_id"

    folder_id: Mapped[uuid.UUID]
    text = sealed_text(required=True)
    reference = sealed_text()
