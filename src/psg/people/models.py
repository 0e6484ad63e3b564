"""Tables of people. What somebody's part in a case is, and where they live, belongs to the case (psg.cases)."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from psg.crypto import Sealed, sealed_json
from psg.db import Model, Owned, Versioned


class Person(Sealed, Versioned, Owned, Model):
    """Somebody that a case is about. Thin on purpose: everything else belongs to an involvement in a case."""

    __tablename__ = "people"
    __key_owner__ = "id"

    names = sealed_json()
    """{"first": str, "last": str, "aliases": [str], "known": bool}; known is False for "not known"."""
    born = sealed_json()
    """{"date": "YYYY-MM-DD"} or {"year": 1990, "about": true} or None."""
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    erased_at: Mapped[datetime | None]


class SearchTag(Owned, Model):
    """One entry of a blind index: a keyed hash, and a sealed pointer that only the search key opens.

    Deliberately joined to nothing, so that a stolen table cannot put the tags of one person together. The id is
    random, not time-ordered, for the same reason.
    """

    __tablename__ = "search_tags"
    __audited__: ClassVar[bool] = False
    __table_args__ = (Index("ix_search_tags_tag", "partnership_id", "index_name", "tag"),)

    index_name: Mapped[str] = mapped_column(String(30))
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))
    pointer: Mapped[bytes] = mapped_column(LargeBinary(200))
