"""The lawful bases that a partnership names as its usual ones: a new referral begins with them."""

import uuid
from collections.abc import Collection

from sqlalchemy import select

from psg.audit import Actor
from psg.db import DomainError, db
from psg.partnerships import queries
from psg.partnerships.models import Term
from psg.partnerships.operations import change_term

LAWFUL_BASES = "lawful-bases"
"""The name of their list."""


def usual(partnership_id: uuid.UUID) -> list[str]:
    """The codes of those that are valid today, in order."""
    return [term.code for term in queries.terms(partnership_id, LAWFUL_BASES) if term.common]


def name_usual(partnership_id: uuid.UUID, codes: Collection[str], *, by: Actor) -> bool:
    """Make these the usual ones and no others; whether that changed any. Inside `transaction()`.

    Raises DomainError for a code that is none of the partnership's bases.
    """
    bases = list(
        db.session.scalars(
            select(Term).where(Term.partnership_id == partnership_id, Term.list == LAWFUL_BASES).order_by(Term.position)
        )
    )
    if unknown := sorted(set(codes) - {base.code for base in bases}):
        raise DomainError(
            f"{', '.join(unknown)} is not one of the partnership's lawful bases, which are "
            f"{', '.join(base.code for base in bases)}."
        )
    others = [base for base in bases if base.common != (base.code in codes)]
    for base in others:
        change_term(
            base, label=base.label, hint=base.hint, valid_until=base.valid_until, common=base.code in codes, by=by
        )
    return bool(others)
