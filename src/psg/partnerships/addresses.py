"""A partnership's name in addresses, for links that are written where no page is open."""

import uuid
from functools import lru_cache

from sqlalchemy import select

from psg.db import db
from psg.partnerships.models import Partnership


@lru_cache(maxsize=1024)
def slug_of(partnership_id: uuid.UUID) -> str:
    """The name in addresses, which is given once and for ever, so that it is read once. Raises NoResultFound."""
    return db.session.scalars(select(Partnership.slug).where(Partnership.id == partnership_id)).one()
